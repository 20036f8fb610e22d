import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { loginFlags, openWithApp, refusedGrant } from '../support/grant.js';
import { ADMIN_ALIAS, CI_USER, type Answer, type Workplace } from '../support/workplace.js';

const KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const CUT = `{"account":"local","service":"sfdx","key":"${KEY}`;

describe('A damaged file of the CLI', function () {
  let workplace: Workplace;
  let login: string[];

  beforeEach(async () => {
    const { workplace: place, clientId } = await openWithApp();
    workplace = place;
    login = loginFlags(workplace, clientId);
    await workplace.save('server.key', await readFile(workplace.path('server.key'), 'utf8').catch(() => ''));
  });
  afterEach(() => workplace.close());

  const keyChain = (): string => join(workplace.home, '.sfdx', 'key.json');
  const state = (name: string): string => join(workplace.home, '.sfdx', name);

  /** The command fails with the code, names the file, and says nothing of what is in it. */
  async function damaged(args: string[], path: string, ownProcess = false): Promise<Answer<never>> {
    const answer = await workplace.json<never>(args, { ownProcess });
    const text = JSON.stringify(answer);
    expect(answer.data?.code, text).to.equal('store_damaged');
    expect(answer.data).to.include({ path });
    expect(answer.actions?.join('\n')).to.include(`mv ${path} ${path}.damaged`);
    expect(text).not.to.include('c0ffee');
    return answer;
  }

  it('stops a login before anything is asked of the org, as the key chain', async () => {
    await writeFile(keyChain(), CUT, { mode: 0o600 });
    const { data } = await refusedGrant(workplace, 'store_damaged', login);
    expect(data).to.include({ path: keyChain() });
    expect(workplace.org.requests).to.deep.equal([]);
  });

  it('is named by every command that reads the admin’s login, as the key chain', async () => {
    await writeFile(keyChain(), `${CUT}"}\n${KEY}`, { mode: 0o600 });
    for (const command of ['connect', 'rotate']) {
      await damaged([command, '--target-org', ADMIN_ALIAS, '--name', 'Ci'], keyChain());
    }
    await damaged(['doctor', ...login, '--target-org', ADMIN_ALIAS], keyChain());
    const doctor = await workplace.json<{ findings: Array<{ code: string }> }>(['doctor', ...login]);
    expect(doctor.status).to.equal(1);
    expect(doctor.result.findings.map(({ code }) => code)).to.include('store_damaged');
  });

  it('is mended by what the error tells to paste: the next login makes a new one', async () => {
    await writeFile(keyChain(), '', { mode: 0o600 });
    await damaged(['grant', ...login], keyChain());
    await rm(keyChain());
    expect((await workplace.json(['grant', ...login])).status).to.equal(0);
    // What was stored with the other key can't be read again.
    const { data, actions } = await workplace.json<never>(['connect', '--target-org', ADMIN_ALIAS, '--name', 'Ci']);
    expect(data?.code).to.equal('store_undecryptable');
    expect(actions?.join('\n')).to.include('sf org list');
  });

  it('may be the list of aliases', async () => {
    await writeFile(state('alias.json'), '{"orgs":{"c0ffee":');
    await damaged(['revoke', '--target-org', 'ci'], state('alias.json'));
    await damaged(['grant', ...login, '--alias', 'ci'], state('alias.json'));
    await damaged(['connect', '--target-org', ADMIN_ALIAS, '--name', 'Ci'], state('alias.json'));
  });

  it('isn’t one with a byte order mark, which a new default takes off', async () => {
    const path = join(workplace.home, '.sf', 'config.json');
    await mkdir(join(workplace.home, '.sf'), { recursive: true });
    await writeFile(path, '\uFEFF{"org-api-version":"64.0"}');
    const { status, warnings } = await workplace.json(['grant', ...login, '--set-default']);
    expect(status, JSON.stringify(warnings)).to.equal(0);
    expect(JSON.parse(await readFile(path, 'utf8'))).to.deep.equal({
      'org-api-version': '64.0',
      'target-org': CI_USER,
    });
  });

  for (const name of ['alias.json', 'key.json', `${CI_USER}.json`]) {
    it(`may be a folder, or a link to nothing or to itself, in the place of ${name}`, async function () {
      if (process.platform === 'win32') this.skip();
      const path = state(name);
      const places = [() => mkdir(path), () => symlink(path, path), () => symlink(state('nowhere'), path)];
      for (const make of places) {
        await rm(path, { recursive: true, force: true });
        await make();
        await damaged(['grant', ...login, '--alias', 'ci'], path);
        const { result } = await workplace.json<{ findings: Array<{ code: string }> }>(['doctor', ...login]);
        expect(result.findings.map(({ code }) => code)).to.include('store_damaged');
        // Through a link to nothing, core makes the file.
        if (name === 'alias.json' && make !== places.at(-1))
          await damaged(['snippet', '--for', 'shell', '--target-org', 'ci'], path);
      }
      expect(workplace.org.requestsTo(/token/).length).to.equal(places.length);
    });
  }

  it('is told as JSON before flags are read, as the configuration', async function () {
    if (process.platform === 'win32') this.skip();
    const path = join(workplace.home, '.sf', 'config.json');
    await mkdir(join(workplace.home, '.sf'), { recursive: true });
    for (const make of [() => mkdir(path), () => symlink(path, path)]) {
      await rm(path, { recursive: true, force: true });
      await make();
      for (const args of [['list'], ['grant', ...login], ['inspect', 'server.crt']]) await damaged(args, path, true);
    }
  });

  it('is a key chain that others may read, since the CLI refuses that', async function () {
    if (process.platform === 'win32') this.skip();
    await chmod(keyChain(), 0o644);
    const { data, actions } = await workplace.json<never>(['grant', ...login]);
    expect(data).to.deep.equal({ code: 'store_mode_refused', path: keyChain(), mode: '644' });
    expect(actions?.[0]).to.include(`chmod 600 ${keyChain()}`);
  });

  it('is told apart from a key chain of the system that gives nothing out', async function () {
    if (process.platform !== 'linux') this.skip();
    const tool = workplace.path('secret-tool');
    await writeFile(
      tool,
      '#!/bin/sh\n[ "$1" = store ] && cat >/dev/null\necho "secret-tool: Cannot autolaunch D-Bus without X11 \\$DISPLAY" >&2\nexit 1\n',
      { mode: 0o755 },
    );
    const env = { SF_USE_GENERIC_UNIX_KEYCHAIN: 'false', SFDX_SECRET_TOOL_PATH: tool };
    for (const args of [
      ['grant', ...login],
      ['connect', '--target-org', ADMIN_ALIAS, '--name', 'Ci'],
    ]) {
      const answer = await workplace.json<never>(args, { env });
      const { data, actions } = answer;
      expect(data?.code, JSON.stringify(answer)).to.equal('key_chain_refused');
      expect(String(data?.['reason'])).to.include(args[0] === 'grant' ? 'D-Bus' : 'admin@acme.example.com');
      expect(actions?.[0]).to.include('export SF_USE_GENERIC_UNIX_KEYCHAIN=true');
    }
  });
});
