import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loginFlags, openWithApp } from '../support/grant.js';
import { environment, RUN_JS } from '../support/plugin.js';
import { ADMIN_ALIAS, type Answer, type Workplace } from '../support/workplace.js';

/** A user that the machine doesn't know. */
const UID = 61_234;
const OTHER = 61_235;

const isRoot = process.getuid?.() === 0;
const canBeOther =
  isRoot &&
  spawnSync(process.execPath, [RUN_JS, 'jwt', '--help'], { uid: UID, env: { HOME: '/nonexistent' } }).status === 0;

describe('Whose HOME it is', function () {
  let workplace: Workplace;
  let login: string[];

  before(function () {
    if (!canBeOther) this.skip();
  });
  beforeEach(async () => {
    const { workplace: place, clientId } = await openWithApp();
    workplace = place;
    login = loginFlags(workplace, clientId);
    chmodSync(workplace.home, 0o755);
  });
  afterEach(() => workplace.close());

  /** Runs `sf jwt` as a user, with whatever differs in the environment; undefined takes a variable away. */
  function runAs(uid: number, args: string[], env: Record<string, string | undefined> = {}) {
    const variables = Object.entries({ ...environment({ home: workplace.home }), ...env });
    const child = spawnSync(process.execPath, [RUN_JS, 'jwt', ...args], {
      uid,
      gid: uid,
      cwd: workplace.cwd,
      encoding: 'utf8',
      env: Object.fromEntries(variables.filter(([, value]) => value !== undefined)),
    });
    return child;
  }
  const answerOf = (stdout: string): Answer<never> => JSON.parse(stdout) as Answer<never>;

  /** The key is there for whoever runs the command. */
  function giveAll(uid: number): void {
    execFileSync('chown', ['-R', `${uid}:${uid}`, workplace.home]);
    for (const folder of ['.sf', '.sfdx']) {
      if (existsSync(join(workplace.home, folder))) chmodSync(join(workplace.home, folder), 0o700);
    }
  }

  const all = (): string[] =>
    readdirSync(workplace.home, { recursive: true, encoding: 'utf8' }).map((name) => join(workplace.home, name));
  const foreign = (uid: number): string[] =>
    all().filter((path) => lstatSync(path).uid !== uid && !path.endsWith('.log'));

  // The two logins below come from another process than this one, which answers them: so it mustn't be blocked.
  async function loginAs(uid: number, args: string[], env: Record<string, string | undefined> = {}) {
    const { spawn } = await import('node:child_process');
    const variables = Object.entries({ ...environment({ home: workplace.home }), ...env });
    const child = spawn(process.execPath, [RUN_JS, 'jwt', ...args, '--json'], {
      uid,
      gid: uid,
      cwd: workplace.cwd,
      env: Object.fromEntries(variables.filter(([, value]) => value !== undefined)),
    });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    return answerOf(stdout);
  }

  it('stays so when root logs in there: whatever is written belongs to the user', async () => {
    giveAll(UID);
    const names = ['--alias', 'ci', '--set-default', '--key-storage', 'copy'];
    const answer = await loginAs(0, ['grant', ...login, ...names]);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expect(all().some((path) => path.endsWith('ci@acme.example.com.json'))).to.equal(true);
    expect(foreign(UID)).to.deep.equal([]);
  });

  it('stays so when root connects there', async () => {
    giveAll(UID);
    const args = ['--name', 'Another', '--certificate-file', 'server.crt', '--jwt-key-file', 'server.key'];
    const answer = await loginAs(0, ['connect', '--target-org', ADMIN_ALIAS, ...args]);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expect(all().some((path) => /jwt-apps.\w+\.json$/.test(path))).to.equal(true);
    expect(foreign(UID)).to.deep.equal([]);
  });

  it('stays so when it was empty', async () => {
    for (const folder of ['.sf', '.sfdx']) rmSync(join(workplace.home, folder), { recursive: true, force: true });
    giveAll(UID);
    const answer = await loginAs(0, ['grant', ...login, '--alias', 'ci', '--set-default']);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expect(foreign(UID)).to.deep.equal([]);
  });

  it('is not taken over by another user, who may write there but can’t keep the owner', async () => {
    giveAll(UID);
    execFileSync('chmod', ['-R', 'a+rwX', workplace.home]);
    chmodSync(join(workplace.home, '.sfdx', 'key.json'), 0o600);
    chownSync(join(workplace.home, '.sfdx', 'key.json'), OTHER, OTHER);
    const before = all()
      .filter((path) => !path.endsWith('.log'))
      .sort();
    const { data, actions } = await loginAs(OTHER, ['grant', ...login, '--alias', 'ci']);
    expect(data).to.include({ code: 'owner_unkept', uid: UID });
    expect(actions?.join('\n')).to.include(`id -un ${UID}`);
    expect(
      all()
        .filter((path) => !path.endsWith('.log'))
        .sort(),
    ).to.deep.equal(before);
    expect(foreign(UID)).to.deep.equal([join(workplace.home, '.sfdx', 'key.json')]);
  });

  const homes: Array<[name: string, env: () => Record<string, string | undefined>]> = [
    ['unset, for a user without an entry in passwd', () => ({ HOME: undefined, USERPROFILE: undefined })],
    ['empty', () => ({ HOME: '', USERPROFILE: '' })],
    ['the root folder', () => ({ HOME: '/' })],
    ['missing', () => ({ HOME: '/no/such/home' })],
    ['a file', () => ({ HOME: join(workplace.cwd, 'server.crt') })],
    ['a device', () => ({ HOME: '/dev/null' })],
    ['not writable', () => ({ HOME: join(workplace.home, 'closed') })],
    ['a relative path', () => ({ HOME: 'home' })],
  ];
  for (const [name, env] of homes) {
    it(`may be ${name}: what stores nothing works, and what must store says what to do`, () => {
      mkdirSync(join(workplace.home, 'closed'), { mode: 0o555 });
      giveAll(UID);
      const inspected = runAs(UID, ['inspect', 'server.crt', '--json'], env());
      expect(inspected.stderr).to.equal('');
      expect(inspected.status).to.equal(0);
      const refused = runAs(UID, ['grant', ...login, '--json'], env());
      expect(refused.stderr).to.equal('');
      const { data, actions } = answerOf(refused.stdout);
      expect(data?.code).to.equal('store_unwritable');
      expect(actions?.join('\n')).to.include('export HOME="$(mktemp -d)"');
      expect(workplace.org.requests).to.deep.equal([]);
    });
  }
});
