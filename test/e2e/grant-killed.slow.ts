import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { entryOf, openWithApp, stateFile } from '../support/grant.js';
import { expireLocks } from '../support/stored.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const KILL_AT = join(import.meta.dirname, '..', 'support', 'kill-at.cjs');

describe('sf jwt grant at the same time, and killed at any step', () => {
  const USERS = Array.from({ length: 10 }, (_, number) => `ci${number}@acme.example.com`);
  let workplace: Workplace;
  let clientId: string;
  let key: string;

  before(async () => {
    ({ workplace, clientId } = await openWithApp({
      users: [{ username: CI_USER }, ...USERS.map((username) => ({ username }))],
    }));
    for (const username of USERS) workplace.org.setup.assignPermissionSet(username, 'Ci');
    ({ key } = await pairOf());
  });
  after(() => workplace.close());

  const args = (username: string, ...more: string[]): string[] => {
    const login = ['--username', username, '--client-id', clientId, '--instance-url', workplace.org.url];
    return ['grant', ...login, '--jwt-key-file', '-', ...more];
  };

  /** What sf would trip over: every state file is whole, and what leads somewhere leads to something. */
  async function expectWhole(home: string): Promise<void> {
    const names = readdirSync(join(home, '.sfdx')).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    for (const name of names)
      expect(JSON.parse(readFileSync(join(home, '.sfdx', name), 'utf8')), name).to.be.an('object');
    const { orgs = {} } = (await stateFile(home, '.sfdx/alias.json')) as { orgs?: Record<string, string> };
    for (const username of Object.values(orgs))
      expect(existsSync(join(home, '.sfdx', `${username}.json`))).to.equal(true);
    for (const username of [CI_USER, ...USERS]) {
      if (!existsSync(join(home, '.sfdx', `${username}.json`))) continue;
      const { privateKey } = await entryOf(home, username);
      expect(readFileSync(privateKey as string, 'utf8')).to.equal(key);
    }
  }

  it('twenty at once in a HOME that knew no login: ten users, and ten times the same one', async () => {
    const home = workplace.path('fresh-home');
    mkdirSync(home);
    const users = [...USERS, ...USERS.map(() => CI_USER)];
    const results = await Promise.all(
      users.map((username, number) =>
        workplace.jwt([...args(username, '--alias', `alias${number}`), '--json'], { home, input: key }),
      ),
    );
    for (const { status, stdout, stderr } of results) expect(status, stdout + stderr).to.equal(0);
    await expectWhole(home);
    const { orgs } = (await stateFile(home, '.sfdx/alias.json')) as { orgs: Record<string, string> };
    expect(Object.keys(orgs)).to.have.length(20);
    const locks = readdirSync(join(home, '.sfdx')).filter((name) => name.endsWith('.lock') || name.startsWith('.'));
    expect(locks, 'left behind').to.deep.equal([]);
    const tokens = USERS.concat(CI_USER).map((username) => accessTokenOf(home, username));
    for (const token of tokens) expect(token).to.match(/^00D\w{12}!/);
  });

  it('kill -9 before any step of the change leaves each file whole, and the next login clears up', async () => {
    await workplace.jwt(args(CI_USER, '--alias', 'ci', '--set-default', '--json'), { input: key });
    let status: number | null = null;
    let kills = 0;
    for (; status === null; kills += 1) {
      const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1) };
      ({ status } = await workplace.jwt(args(CI_USER, '--alias', `ci${kills}`, '--set-default'), { input: key, env }));
      await expectWhole(workplace.home);
      await expireLocks(workplace.home);
    }
    expect(status).to.equal(0);
    expect(kills, 'steps').to.be.above(12);
    const folders = [
      join(workplace.home, '.sfdx'),
      join(workplace.home, '.sf'),
      join(workplace.home, '.sf', 'jwt-keys'),
    ];
    const left = folders.flatMap((folder) => readdirSync(folder)).filter((name) => /\.(new|old)\.|\.lock$/.test(name));
    expect(left, 'left behind').to.deep.equal([]);
  });

  /** The token as sf reads it, which takes the key that it was encrypted with. */
  function accessTokenOf(home: string, username: string): string {
    const program = `
      import { AuthInfo } from '@salesforce/core';
      const info = await AuthInfo.create({ username: process.argv[1] });
      process.stdout.write(info.getFields(true).accessToken);`;
    return execFileSync(process.execPath, ['--input-type=module', '-e', program, username], {
      cwd: join(import.meta.dirname, '..', '..'),
      env: { ...process.env, HOME: home, SF_USE_GENERIC_UNIX_KEYCHAIN: 'true', SF_DISABLE_LOG_FILE: 'true' },
      encoding: 'utf8',
    });
  }
});
