import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtRevokeResult } from '../../src/commands/jwt/revoke.js';
import { granted, loginFlags, openWithApp, stateFile } from '../support/grant.js';
import { hasTerminal, runOnTerminal } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { copyEntry, editEntry, entryPath, filesWith } from '../support/stored.js';
import { ADMIN, ADMIN_ALIAS, CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

const OTHER = 'other@acme.example.com';

type Row = JwtRevokeResult['logins'][number];

describe('sf jwt revoke', () => {
  let workplace: Workplace;
  let flags: string[];
  let token: string;

  beforeEach(async () => {
    const opened = await openWithApp();
    workplace = opened.workplace;
    flags = loginFlags(workplace, opened.clientId);
  });
  afterEach(() => workplace.close());

  async function grant(...more: string[]): Promise<void> {
    await granted(workplace, [...flags, ...more]);
    const { responseBody } = workplace.org.requestsTo(/\/oauth2\/token$/).at(-1)!;
    token = (JSON.parse(responseBody) as { access_token: string }).access_token;
  }

  async function revoke(...args: string[]): Promise<Answer<JwtRevokeResult>> {
    const answer = await workplace.json<JwtRevokeResult>(['revoke', ...args]);
    if (answer.data === undefined) expectSchema('jwt-revoke', answer.result);
    return answer;
  }

  /** Revokes one login: it succeeds. */
  async function revoked(name = CI_USER): Promise<Row> {
    const answer = await revoke('--target-org', name);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expect(answer.result.logins).to.have.length(1);
    expect(answer.result.logins[0]).to.include({ username: CI_USER, removed: true });
    return answer.result.logins[0]!;
  }

  const revocations = (): number => workplace.org.requestsTo(/\/oauth2\/revoke$/).length;

  const statusOfToken = async (): Promise<number> => {
    const query = `${workplace.org.url}/services/data/v60.0/query?q=SELECT+Id+FROM+Account`;
    return (await fetch(query, { headers: { authorization: `Bearer ${token}` } })).status;
  };

  it('revokes the token at the org, and leaves nothing of the login on this machine', async () => {
    await grant('--alias', 'ci', '--set-default', '--set-default-dev-hub', '--key-storage', 'copy');
    await grant('--alias', 'build', '--key-storage', 'copy');
    expect(await statusOfToken()).to.equal(200);
    const copy = join(workplace.home, '.sf', 'jwt-keys', `${workplace.org.orgId}.${CI_USER}.key`);
    expect(existsSync(copy)).to.equal(true);
    const row = await revoked();
    expect(row).to.deep.equal({
      username: CI_USER,
      removed: true,
      token: 'revoked',
      aliases: ['ci', 'build'],
      defaults: ['target-org', 'target-dev-hub'],
      keyCopies: [copy],
    });
    expect(await statusOfToken()).to.equal(401);
    expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
    expect(existsSync(copy)).to.equal(false);
    const { orgs } = (await stateFile(workplace.home, '.sfdx/alias.json')) as { orgs: object };
    expect(orgs).to.deep.equal({ [ADMIN_ALIAS]: ADMIN });
    expect(await stateFile(workplace.home, '.sf/config.json')).to.deep.equal({});
    expect(existsSync(entryPath(workplace.home, ADMIN))).to.equal(true);
  });

  it('finds the login by any of its aliases, and leaves the key file of the user', async () => {
    await grant('--alias', 'ci');
    await grant('--alias', 'build');
    const { key } = await pairOf();
    const row = await revoked('build');
    expect(row).to.deep.include({ aliases: ['ci', 'build'], keyFile: workplace.path('server.key'), keyCopies: [] });
    expect(await readFile(workplace.path('server.key'), 'utf8')).to.equal(key);
    expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
  });

  it('unsets the defaults of the project and the global ones, by alias and by username, and keeps the others', async () => {
    await grant('--alias', 'ci', '--set-default');
    const config = join(workplace.home, '.sf', 'config.json');
    await writeFile(
      config,
      JSON.stringify({ 'target-org': 'ci', 'target-dev-hub': ADMIN_ALIAS, 'org-api-version': '60.0' }),
    );
    await writeFile(workplace.path('sfdx-project.json'), '{"packageDirectories":[{"path":"force-app"}]}');
    await mkdir(workplace.path('force-app'));
    await mkdir(workplace.path('.sf'));
    const local = { 'target-dev-hub': CI_USER, 'target-org': ADMIN_ALIAS };
    await writeFile(workplace.path('.sf/config.json'), JSON.stringify(local));
    expect((await revoked()).defaults).to.have.members(['target-org', 'target-dev-hub']);
    expect(await stateFile(workplace.home, '.sf/config.json')).to.deep.equal({
      'target-dev-hub': ADMIN_ALIAS,
      'org-api-version': '60.0',
    });
    expect(JSON.parse(await readFile(workplace.path('.sf/config.json'), 'utf8'))).to.deep.equal({
      'target-org': ADMIN_ALIAS,
    });
    expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
  });

  it('asks nothing of a configuration that does not name the login', async () => {
    await grant('--alias', 'ci', '--key-storage', 'copy');
    await writeFile(workplace.path('sfdx-project.json'), '{"packageDirectories":[{"path":"force-app"}]}');
    await mkdir(workplace.path('force-app'));
    await mkdir(workplace.path('.sf'));
    const foreign = workplace.path('.sf/config.json');
    await writeFile(foreign, '{"org-metadata-rest-deploy":"true"}');
    // Its lock can't be taken, as in a folder that can't be written: this isn't the folder that a lock is.
    await writeFile(`${foreign}.lock`, '');
    await utimes(`${foreign}.lock`, new Date(0), new Date(0));
    expect(await revoked('ci')).to.deep.include({ aliases: ['ci'], defaults: [] });
    expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
    expect(await readFile(foreign, 'utf8')).to.equal('{"org-metadata-rest-deploy":"true"}');
  });

  it('takes the user out of the list of users of the org, and removes a list that gets empty', async () => {
    await grant();
    const list = join(workplace.home, '.sfdx', `${workplace.org.orgId}.json`);
    await writeFile(list, JSON.stringify({ usernames: [ADMIN, CI_USER] }));
    await revoked();
    expect(await stateFile(workplace.home, `.sfdx/${workplace.org.orgId}.json`)).to.deep.equal({ usernames: [ADMIN] });
    await grant();
    await writeFile(list, JSON.stringify({ usernames: [CI_USER] }));
    await revoked();
    expect(existsSync(list)).to.equal(false);
  });

  it('leaves the login of the same user in another state folder alone', async () => {
    const other = workplace.path('other-home');
    await mkdir(other);
    await granted(workplace, [...flags, '--alias', 'ci'], { home: other });
    const before = await readFile(entryPath(other), 'utf8');
    await grant('--alias', 'ci');
    await revoked();
    expect(await readFile(entryPath(other), 'utf8')).to.equal(before);
    expect(await stateFile(other, '.sfdx/alias.json')).to.deep.equal({ orgs: { ci: CI_USER } });
  });

  it('keeps the copy of a key that a scratch org of this login uses, until that one goes too', async () => {
    await grant('--key-storage', 'copy');
    await copyEntry(workplace.home, OTHER, { isScratch: true });
    const copy = join(workplace.home, '.sf', 'jwt-keys', `${workplace.org.orgId}.${CI_USER}.key`);
    expect((await revoked()).keyCopies).to.deep.equal([]);
    expect(existsSync(copy)).to.equal(true);
    const { result } = await revoke('--target-org', OTHER);
    expect(result.logins[0]?.keyCopies).to.deep.equal([copy]);
    expect(existsSync(copy)).to.equal(false);
  });

  describe('when the org', () => {
    for (const words of ['invalid_token', 'unsupported_token_type'] as const) {
      it(`says ${words} of a token that has ended, takes it for revoked`, async () => {
        workplace.org.switches.deadTokenRevocation = words;
        await grant();
        workplace.org.expireSessions();
        const answer = await revoke('--target-org', CI_USER);
        expect(answer.result.logins[0]?.token).to.equal('ended');
        expect(answer.warnings ?? []).to.deep.equal([]);
        expect(existsSync(entryPath(workplace.home))).to.equal(false);
      });
    }

    it('refuses to revoke a token that lives, warns in its words, and removes the login', async () => {
      await grant('--alias', 'ci');
      workplace.org.faults.add({
        match: { path: /\/oauth2\/revoke$/ },
        respond: {
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ error: 'unsupported_token_type', error_description: `not today: ${token}` }),
        },
      });
      const answer = await revoke('--target-org', 'ci');
      expect(answer.status).to.equal(0);
      expect(answer.result.logins[0]).to.include({ token: 'alive', removed: true });
      expect(answer.result.logins[0]?.tokenReason).to.equal('unsupported_token_type: not today: […]');
      expect(answer.warnings?.join()).to.contain('unsupported_token_type: not today');
      expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
    });

    it('answers with a page, whatever its status, does not believe it', async () => {
      for (const status of [200, 503]) {
        await grant();
        const page = '<html><body>Data Not Available</body></html>';
        workplace.org.faults.add({ match: { path: /\/oauth2\/revoke$/ }, respond: { status, body: page } });
        const answer = await revoke('--target-org', CI_USER);
        expect(answer.result.logins[0]).to.include({ token: 'alive', removed: true });
        expect(answer.warnings?.join()).to.contain(`HTTP ${String(status)}`);
        workplace.org.faults.clear();
      }
    });

    it('is gone, warns, and removes the login all the same', async () => {
      await grant('--alias', 'ci', '--set-default');
      const closed = createServer();
      await new Promise<void>((resolve) => closed.listen(0, 'localhost', resolve));
      const { port } = closed.address() as AddressInfo;
      await new Promise((resolve) => closed.close(resolve));
      await editEntry(workplace.home, { instanceUrl: `http://localhost:${String(port)}` });
      const answer = await revoke('--target-org', 'ci');
      expect(answer.status).to.equal(0);
      expect(answer.result.logins[0]).to.include({ token: 'alive', removed: true });
      expect(answer.warnings?.join()).to.contain('ECONNREFUSED');
      expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
    });

    it('never answers, gives it up after --timeout', async () => {
      await grant();
      workplace.org.faults.add({ match: { path: /\/oauth2\/revoke$/ }, hang: true });
      const answer = await revoke('--target-org', CI_USER, '--timeout', '1');
      expect(answer.result.logins[0]).to.include({ token: 'alive', tokenReason: 'timeout', removed: true });
    });
  });

  it('removes a login whose token cannot be decrypted, and says that it lives on', async () => {
    await grant();
    const { accessToken } = (await stateFile(workplace.home, `.sfdx/${CI_USER}.json`)) as { accessToken: string };
    const at = accessToken.length - 33;
    const flipped = `${accessToken.slice(0, at - 2)}${accessToken[at - 2] === '0' ? '1' : '0'}${accessToken.slice(at - 1)}`;
    await editEntry(workplace.home, { accessToken: flipped });
    const answer = await revoke('--target-org', CI_USER);
    expect(answer.status).to.equal(0);
    expect(answer.result.logins[0]).to.include({ token: 'unreadable', removed: true });
    expect(answer.warnings?.join()).to.contain(`The access token of ${CI_USER} can't be read`);
    expect(revocations()).to.equal(0);
    expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
  });

  it('removes a login without a token', async () => {
    await grant();
    await editEntry(workplace.home, { accessToken: undefined });
    expect((await revoked()).token).to.equal('none');
  });

  describe('when a file cannot be written', () => {
    /** A link to a file whose name is as long as a name may be, so that the temporary one beside it is too long. */
    async function makeUnwritable(path: string): Promise<() => Promise<void>> {
      const long = join(workplace.home, `${'x'.repeat(250)}.json`);
      await rename(path, long);
      await symlink(long, path);
      return () => rename(long, path);
    }

    const messageOf = async (name: string): Promise<string> => {
      const answer = await revoke('--target-org', name);
      expect([answer.status, answer.data?.code], JSON.stringify(answer)).to.deep.equal([1, 'store_unfinished']);
      expect(answer.actions?.join()).to.contain('the same command again');
      return answer.message ?? '';
    };

    it('after the secrets are gone, says so, and the same command finishes it', async () => {
      await grant('--alias', 'ci', '--key-storage', 'copy');
      const mend = await makeUnwritable(join(workplace.home, '.sfdx', 'alias.json'));
      expect(await messageOf('ci'))
        .to.contain('ENAMETOOLONG')
        .and.to.contain('revoked at the org already')
        .and.not.to.contain('unchanged');
      expect(existsSync(entryPath(workplace.home))).to.equal(false);
      await mend();
      expect(await revoked('ci')).to.deep.include({ aliases: ['ci'], keyCopies: [] });
      expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
    });

    it('and only a list of users is left, the same command finishes it too', async () => {
      await grant();
      const list = join(workplace.home, '.sfdx', `${workplace.org.orgId}.json`);
      await writeFile(list, JSON.stringify({ usernames: [ADMIN, CI_USER] }));
      const mend = await makeUnwritable(list);
      await messageOf(CI_USER);
      await mend();
      await revoked();
      expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
    });
  });

  describe('refuses, and changes nothing,', () => {
    async function refused(code: string, ...args: string[]): Promise<Answer<JwtRevokeResult>> {
      const before = await workplace.files();
      const answer = await revoke(...args);
      expect([answer.status, answer.data?.code]).to.deep.equal([1, code]);
      expect(answer.actions).not.to.deep.equal([]);
      expect(await workplace.files()).to.deep.equal(before);
      expect(revocations()).to.equal(0);
      return answer;
    }

    it('a login of another kind, with the way', async () => {
      const { actions } = await refused('login_not_jwt', '--target-org', ADMIN_ALIAS);
      expect(actions?.join()).to.contain(`sf org logout --target-org ${ADMIN}`);
    });

    it('a login that is not stored, whatever it is called', async () => {
      await writeFile(join(workplace.home, 'precious.json'), '{}');
      for (const name of ['nobody@acme.example.com', 'no-alias', '../precious', '../../x@y.z']) {
        await refused('login_not_stored', '--target-org', name);
      }
      await refused('flag_empty', '--target-org', '');
    });

    it('a damaged entry, and a damaged file of aliases', async () => {
      await grant();
      await writeFile(entryPath(workplace.home, OTHER), '{"accessToken":"5ecret');
      const { message } = await refused('store_damaged', '--target-org', OTHER);
      expect(message).not.to.contain('5ecret');
      await writeFile(join(workplace.home, '.sfdx', 'alias.json'), '{');
      await refused('store_damaged', '--target-org', CI_USER);
    });

    it('flags that say two things, or none', async () => {
      expect((await workplace.jwt(['revoke'])).status).to.equal(2);
      expect((await workplace.jwt(['revoke', '--all', '--target-org', CI_USER])).status).to.equal(2);
    });
  });

  describe('--all', () => {
    it('ends every JWT login and no other, with a table', async () => {
      await grant('--alias', 'ci', '--set-default', '--key-storage', 'copy');
      await copyEntry(workplace.home, OTHER, { privateKey: workplace.path('server.key'), accessToken: undefined });
      const { status, stdout } = await workplace.jwt(['revoke', '--all', '--no-prompt']);
      expect(status, stdout).to.equal(0);
      for (const word of ['Username', CI_USER, OTHER, 'revoked', 'none stored', 'Logins ended: 2.']) {
        expect(stdout, word).to.contain(word);
      }
      expect([...filesWith(workplace, CI_USER), ...filesWith(workplace, OTHER)]).to.deep.equal([]);
      expect(existsSync(entryPath(workplace.home, ADMIN))).to.equal(true);
      expect(await statusOfToken()).to.equal(401);
      const again = await revoke('--all');
      expect([again.status, again.result]).to.deep.equal([0, { logins: [] }]);
    });

    it('ends the others when one fails, and exits with 68', async () => {
      await grant('--key-storage', 'none');
      await writeFile(entryPath(workplace.home, OTHER), '{"accessToken":"5ecret');
      const { status, result, warnings } = await revoke('--all');
      expect(status).to.equal(68);
      expect(result.logins.map(({ username, removed, token: fate }) => [username, removed, fate])).to.deep.equal([
        [CI_USER, true, 'revoked'],
        [OTHER, false, 'unreadable'],
      ]);
      expect(result.logins[1]).to.include({ tokenReason: 'invalid JSON, position 22' });
      expect(result.logins[1]?.error?.code).to.equal('store_damaged');
      expect(warnings?.join()).to.contain(`The access token of ${OTHER} can't be read`);
      expect(existsSync(entryPath(workplace.home, OTHER))).to.equal(true);
    });

    it('exits with 1 when none is ended', async () => {
      await writeFile(entryPath(workplace.home, OTHER), '{"accessToken":"5ecret');
      const { status, result } = await revoke('--all');
      expect([status, result.logins.map(({ removed }) => removed)]).to.deep.equal([1, [false]]);
    });

    it('removes copies of keys to which no login leads any more', async () => {
      await grant('--key-storage', 'copy');
      const folder = join(workplace.home, '.sf', 'jwt-keys');
      const orphan = join(folder, `00D000000000009AAA.${OTHER}.key`);
      await writeFile(orphan, 'left', { mode: 0o600 });
      await writeFile(join(folder, `.00D000000000009AAA.${OTHER}-0123456789abcdef.new.key`), 'left', { mode: 0o600 });
      await writeFile(join(folder, 'mine.key'), 'stays');
      const { status, result } = await revoke('--all');
      expect(status).to.equal(0);
      expect(result.logins.map(({ username }) => username)).to.deep.equal([CI_USER, OTHER]);
      expect(result.logins[1]?.keyCopies).to.have.length(2);
      expect(filesWith(workplace, OTHER)).to.deep.equal([]);
      expect(existsSync(join(folder, 'mine.key'))).to.equal(true);
    });
  });

  describe('cleans up after an interrupted run that left', () => {
    it('only an alias and defaults', async () => {
      await grant('--alias', 'ci', '--set-default');
      await rm(entryPath(workplace.home));
      expect(await revoked('ci')).to.deep.include({ token: 'none', aliases: ['ci'], defaults: ['target-org'] });
      expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
      expect(await stateFile(workplace.home, '.sf/config.json')).to.deep.equal({});
    });

    it('only the copy of the key', async () => {
      await grant('--key-storage', 'copy');
      await rm(entryPath(workplace.home));
      expect((await revoked()).keyCopies).to.have.length(1);
      expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
    });
  });

  describe('at a terminal', () => {
    beforeEach(async function () {
      if (!hasTerminal) this.skip();
      await grant();
    });

    const ask = (answer: string, ...args: string[]): ReturnType<typeof runOnTerminal> =>
      runOnTerminal(['jwt', 'revoke', ...args], [{ expect: 'on this machine', type: answer }], {
        home: workplace.home,
        cwd: workplace.cwd,
      });

    it('asks, and changes nothing after a no', async () => {
      const { status, stdout } = await ask('n\r', '--target-org', CI_USER);
      expect(status).to.equal(0);
      expect(stdout)
        .to.contain(`End the JWT login of ${CI_USER} on this machine?`)
        .and.to.contain('Nothing was changed.');
      expect(existsSync(entryPath(workplace.home))).to.equal(true);
      expect((await ask('n\r', '--all')).stdout)
        .to.contain('Nothing was changed.')
        .and.to.contain(CI_USER);
      expect(existsSync(entryPath(workplace.home))).to.equal(true);
    });

    it('goes on after a yes', async () => {
      const { status, stdout } = await ask('y\r', '--target-org', CI_USER);
      expect(status, stdout).to.equal(0);
      expect(stdout).to.contain(`Ended the login of ${CI_USER}.`).and.to.contain('is yours and stays');
      expect(existsSync(entryPath(workplace.home))).to.equal(false);
    });

    it('asks nothing with --no-prompt', async () => {
      const { status, stdout } = await workplace.onTerminal(['revoke', '-o', CI_USER, '--no-prompt']);
      expect(status, stdout).to.equal(0);
      expect(stdout).not.to.contain('?');
      expect(existsSync(entryPath(workplace.home))).to.equal(false);
    });
  });
});
