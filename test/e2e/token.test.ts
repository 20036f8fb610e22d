import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { JwtTokenResult } from '../../src/commands/jwt/token.js';
import { environment, hasTerminal, RUN_JS, runOnTerminal } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { openDesk, replaced, type Desk } from '../support/tokens.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER, pairOf, type Answer } from '../support/workplace.js';

const PAGE = '/lightning/page/home?a=b&c=d#e';
const FAST_CLOCK = join(import.meta.dirname, '..', 'support', 'fast-clock.cjs');

describe('sf jwt token', () => {
  let desk: Desk;

  before(async () => {
    desk = await openDesk();
  });
  after(() => desk.workplace.close());
  beforeEach(() => {
    desk.workplace.org.requests.splice(0);
    desk.workplace.org.faults.clear();
  });
  afterEach(() => {
    desk.workplace.org.switches.singleAccess = 'served';
    desk.workplace.org.switches.repeatedGrant = 'new-token';
  });

  const token = async (...args: string[]): Promise<JwtTokenResult> => {
    const answer = await desk.json<JwtTokenResult>(['token', ...desk.flags, ...args]);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expectSchema('jwt-token', answer.result);
    return answer.result;
  };
  /** Fails, and hands out no token on the way. */
  const refused = async (code: string, args: string[], env: Record<string, string> = {}): Promise<Answer<never>> => {
    const answer = await desk.json<never>(['token', ...args], { env });
    expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
    expect(answer.actions).to.have.length.above(0);
    for (const issued of desk.workplace.org.data.sessions.keys()) expect(JSON.stringify(answer)).not.to.contain(issued);
    return answer;
  };
  const requests = (): string[] => desk.workplace.org.requests.map(({ method, path }) => `${method} ${path}`);

  it('prints the token and a line break into a pipe, after one request, and stores nothing', async () => {
    const files = await desk.workplace.files();
    const { status, stdout, stderr } = await desk.jwt(['token', ...desk.flags]);
    expect([status, stderr]).to.deep.equal([0, '']);
    const { org } = desk.workplace;
    expect(stdout).to.match(/^\S+\n$/);
    expect(org.data.liveSession(stdout.trim())?.userId).to.equal(org.user(CI_USER)?.id);
    expect(requests()).to.deep.equal(['POST /services/oauth2/token']);
    expect(await desk.workplace.files()).to.deep.equal(files);
  });

  it('gives curl its Authorization header', async () => {
    const { org, home, cwd } = desk.workplace;
    const script = `curl --silent --show-error --header "Authorization: Bearer $("$0" "$@")" ${org.url}/services/oauth2/userinfo`;
    const argv = ['-c', script, process.execPath, RUN_JS, 'jwt', 'token', ...desk.flags];
    const { stdout } = await promisify(execFile)('sh', argv, { cwd, env: environment({ home }) });
    expect(JSON.parse(stdout)).to.include({ preferred_username: CI_USER });
  });

  it('tells with --json where the token counts, for whom, and for what', async () => {
    const { accessToken, ...rest } = await token();
    const { org } = desk.workplace;
    expect(org.data.liveSession(accessToken), accessToken).not.to.equal(undefined);
    const userId = org.user(CI_USER)?.id;
    expect(rest).to.deep.equal({ instanceUrl: org.url, orgId: org.orgId, userId, scope: 'api web' });
  });

  it('warns on a terminal, and nowhere else', async function () {
    needs(this, hasTerminal, 'python3 with pty');
    const { home, cwd, org } = desk.workplace;
    const { status, stdout } = await runOnTerminal(['jwt', 'token', ...desk.flags], [], { home, cwd });
    expect(status).to.equal(0);
    expect(stdout).to.match(/Warning: The access token was printed to a terminal/);
    const issued = stdout.split(/\s+/).filter((word) => org.data.liveSession(word) !== undefined);
    expect(issued).to.have.length(1);
    const door = await runOnTerminal(['jwt', 'token', ...desk.flags, '--path', '/'], [], { home, cwd });
    expect(door.stdout)
      .to.match(/frontdoor\.jsp\?otp=/)
      .and.not.to.contain('Warning');
  });

  describe('takes the key', () => {
    it('from SF_JWT_KEY, from standard input, and from an encrypted file', async () => {
      const { key } = await pairOf();
      const passphrase = 'correct horse';
      const locked = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
      await desk.workplace.save('locked.key', locked.toString());
      const at = (file?: string): string[] => ['token', ...replaced(desk.flags, '--jwt-key-file', file)];
      const answers = [
        await desk.jwt(at(), { env: { SF_JWT_KEY: Buffer.from(key).toString('base64') } }),
        await desk.jwt(at('-'), { input: key }),
        await desk.jwt(at('locked.key'), { env: { SF_JWT_KEY_PASSPHRASE: passphrase } }),
      ];
      const { data } = desk.workplace.org;
      for (const { stdout, stderr } of answers) expect(data.liveSession(stdout.trim()), stderr).not.to.equal(undefined);
      await refused('key_missing', replaced(desk.flags, '--jwt-key-file'));
      await refused('key_passphrase_missing', replaced(desk.flags, '--jwt-key-file', 'locked.key'));
    });
  });

  describe('with --path', () => {
    it('prints a URL that opens a session at the page, once, and no token', async () => {
      const { status, stdout, stderr } = await desk.jwt(['token', ...desk.flags, '--path', PAGE]);
      expect([status, stderr]).to.deep.equal([0, '']);
      const { org } = desk.workplace;
      for (const issued of org.data.sessions.keys()) expect(stdout).not.to.contain(issued);
      const first = await fetch(stdout.trim(), { redirect: 'manual' });
      expect([first.status, first.headers.get('location')]).to.deep.equal([302, `${org.url}${PAGE}`]);
      const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
      expect(await (await fetch(`${org.url}${PAGE}`, { headers: { cookie } })).text()).to.contain(CI_USER);
      expect((await fetch(stdout.trim(), { redirect: 'manual' })).headers.get('set-cookie')).to.equal(null);
    });

    it('gives the token and the URL with --json', async () => {
      const result = await token('--path', '/lightning/setup/SetupOneHome/home');
      expect(result.frontdoorUrl).to.match(/\/secur\/frontdoor\.jsp\?otp=\w+/);
      expect(result.frontdoorUrl).not.to.contain(result.accessToken);
      expect(result.frontdoorSingleUse).to.equal(true);
    });

    it('falls back to the older URL where there is none for single use, and says what it holds', async () => {
      desk.workplace.org.switches.singleAccess = 'missing';
      const { status, stdout, stderr } = await desk.jwt(['token', ...desk.flags, '--path', PAGE]);
      expect(status).to.equal(0);
      expect(stderr).to.match(/^Warning: The org has no single-use URLs/);
      const url = new URL(stdout);
      expect([url.pathname, url.searchParams.get('retURL')]).to.deep.equal(['/secur/frontdoor.jsp', PAGE]);
      const opened = await fetch(url, { redirect: 'manual' });
      expect(opened.headers.get('location')).to.equal(`${desk.workplace.org.url}${PAGE}`);
      const answer = await desk.json<JwtTokenResult>(['token', ...desk.flags, '--path', PAGE]);
      expect([answer.result.frontdoorSingleUse, answer.warnings?.length]).to.deep.equal([false, 1]);
    });

    it('refuses what is no path in the org, before anything is sent', async () => {
      for (const path of ['https://evil.example.com/', '//evil.example.com']) {
        const { data } = await refused('front_door_path_illegal', [...desk.flags, '--path', path]);
        expect(data).to.include({ path });
      }
      expect(requests()).to.deep.equal([]);
    });

    it('refuses where neither web nor full is among the scopes, and full is enough', async () => {
      const { org } = desk.workplace;
      org.setup.changeScopes('Ci', ['Api', 'Chatter', 'RefreshToken']);
      const { data } = await refused('front_door_scope_missing', [...desk.flags, '--path', '/']);
      expect(data).to.include({ scope: 'api chatter_api' });
      expect(requests()).to.deep.equal(['POST /services/oauth2/token']);
      expect((await token()).scope).to.equal('api chatter_api');
      org.setup.changeScopes('Ci', ['Full', 'RefreshToken']);
      expect((await token('--path', '/')).frontdoorSingleUse).to.equal(true);
      org.setup.changeScopes('Ci', ['Api', 'Web', 'RefreshToken']);
    });

    it('says how the app gets the scope, whatever its name and its other scopes', async () => {
      const { setup } = desk.workplace.org;
      setup.changeScopes('Ci', ['Api', 'RefreshToken']);
      const { actions } = await refused('front_door_scope_missing', [...desk.flags, '--path', '/']);
      const [, line = ''] = /: sf jwt (connect .*)$/.exec(actions?.[0] ?? '') ?? [];
      expect(line).to.contain(`--target-org ${ADMIN_ALIAS} --client-id ${desk.clientId} `);
      const words = line.split(' ');
      // Users who approve an app themselves may log in without this one, and connect leaves no app without it.
      setup.changeScopes('Ci', ['Api']);
      const { status, message } = await desk.json(words);
      expect(status, message).to.equal(0);
      expect((await token('--path', '/')).frontdoorSingleUse).to.equal(true);
      setup.changeScopes('Ci', ['Api', 'Web', 'RefreshToken']);
    });

    it('tells in the org’s words why there is no URL, without the token', async () => {
      const { org } = desk.workplace;
      org.switches.repeatedGrant = 'same-token';
      const { accessToken } = await token();
      const match = { path: /singleaccess$/ };
      const says = async (fault: object, ...args: string[]): Promise<unknown> => {
        org.faults.clear();
        org.faults.add({ match, ...fault });
        return (await refused('front_door_failed', [...desk.flags, '--path', '/', ...args])).data?.['reason'];
      };
      expect(await says({ respond: { status: 403, body: 'Bad_OAuth_Token' } })).to.equal('HTTP 403 Bad_OAuth_Token');
      expect(await says({ respond: { status: 500, body: `no door for ${accessToken}` } })).to.equal(
        'HTTP 500 no door for […]',
      );
      const body = '{"frontdoor_uri":"javascript:alert(1)"}';
      expect(await says({ respond: { status: 200, body } })).to.contain('HTTP 200');
      expect(await says({ hang: true }, '--timeout', '1')).to.equal('timeout');
    });
  });

  describe('fails as grant does', () => {
    const refuse = (error: string, error_description: string, times = Infinity): void => {
      const respond = { status: 400, body: JSON.stringify({ error, error_description }) };
      desk.workplace.org.faults.add({ match: { path: /oauth2\/token$/ }, times, respond });
    };

    it('for a key that the app does not know, in the words of the org', async () => {
      await desk.workplace.savePair('other', 'other');
      const { status, data, message } = await refused(
        'signature_mismatch',
        replaced(desk.flags, '--jwt-key-file', 'other.key'),
      );
      expect(status).to.equal(1);
      expect(data).to.include({ error: 'invalid_client', error_description: 'invalid client credentials' });
      expect(message).to.contain('invalid_client: invalid client credentials');
    });

    it('prints nothing on standard output then', async () => {
      const { status, stdout, stderr } = await desk.jwt(['token', ...replaced(desk.flags, '--client-id', '3MVG9no')]);
      expect([status, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(/^Error \(ClientIdUnknownError\)/);
    });

    it('for an endpoint that is silent longer than --timeout', async () => {
      desk.workplace.org.faults.add({ match: { path: /oauth2\/token$/ }, hang: true });
      const { data } = await refused('token_endpoint_timeout', [...desk.flags, '--timeout', '1']);
      expect(data).to.include({ seconds: 1 });
    });

    it('but waits for a new app with --wait, and says on what on standard error', async () => {
      refuse('app_not_found', 'External client app is not installed in this org', 1);
      const { status, stdout, stderr } = await desk.jwt(['token', ...desk.flags, '--wait', '1']);
      expect(status).to.equal(0);
      expect(stdout).to.match(/^\S+\n$/);
      expect(stderr).to.contain('app_not_found: External client app is not installed in this org');
    });

    it('with 69 when the wait was in vain', async () => {
      refuse('app_not_found', 'External client app is not installed in this org');
      const env = { NODE_OPTIONS: `--require=${FAST_CLOCK}` };
      const { status, message } = await refused('app_not_in_org', [...desk.flags, '--wait', '1'], env);
      expect(status).to.equal(69);
      expect(message).to.match(/wait of 1 minutes ran out/);
    });
  });
});
