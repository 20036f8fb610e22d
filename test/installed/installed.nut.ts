import { statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { expect } from 'chai';
import { startOrg, type Org } from '../emulator/index.js';
import { FakeGh } from '../support/ci-tools.js';
import { installPlugin, packPlugin } from '../support/packed-plugin.js';
import { makeSfHome, sf, type SfHome, type SfResult } from '../support/sf-cli.js';

const COUNT_MODULES = join(import.meta.dirname, '..', 'support', 'count-modules.cjs');

/** The packed plugin inside the real Salesforce CLI, installed as a user installs it: nothing of the checkout is used. */
describe('the packed plugin in the real sf', function () {
  this.timeout(600_000);

  let folder: string;
  let home: SfHome;
  let org: Org;
  let files: string[];

  const run = async (line: string, words: string[] = []): Promise<SfResult> =>
    sf([...line.split(' '), ...words], { home, cwd: folder });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-installed-'));
    home = await makeSfHome();
    org = await startOrg({ kind: 'production', devHub: true, switches: { propagationMs: 1_500 } });
    ({ files } = await packPlugin());
    await installPlugin(home);
  });

  after(async () => {
    await org.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('holds what runs and what explains, and nothing of the tests', () => {
    const folders = new Set(files.map((path) => path.split('/')[0]!));
    expect([...folders].sort()).to.deep.equal(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'lib', 'oclif.manifest.json', 'package.json', 'schemas'].sort(),
    );
    expect(files.filter((path) => /test|emulator/.test(path))).to.deep.equal([]);
    expect(files.filter((path) => path.startsWith('bin/')).sort()).to.deep.equal([
      ...['bin/home.js', 'bin/run.cmd', 'bin/run.js'],
    ]);
  });

  it('is one small package, with the licences of what is in it', async () => {
    const modules = join(home.path, '.local', 'share', 'sf', 'node_modules');
    expect((await readdir(modules)).filter((name) => !name.startsWith('.'))).to.deep.equal(['sf-plugin-jwt']);
    const entries = await readdir(modules, { recursive: true, withFileTypes: true });
    const sizes = entries
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.below(20 * 2 ** 20);
    const notices = await readFile(join(modules, 'sf-plugin-jwt', 'lib', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['@salesforce/core', '@oclif/core', '@jsforce/jsforce-node', 'undici', 'yaml'])
      expect(notices).to.match(new RegExp(`^${name} \\d`, 'm'));
  });

  it('costs other commands a few kilobytes: the hook that waits for `sf doctor`', async () => {
    const log = join(folder, 'modules.log');
    const options = `${home.env['NODE_OPTIONS'] ?? ''} --require=${JSON.stringify(COUNT_MODULES)}`;
    const loadedBy = async (line: string): Promise<string[]> => {
      await rm(log, { force: true });
      await sf(line.split(' '), { home, cwd: folder, env: { NODE_OPTIONS: options, MODULES_LOG: log } });
      return (await readFile(log, 'utf8')).split('\n').filter((path) => /sf-plugin-jwt.lib/.test(path));
    };
    const hook = await loadedBy('org list');
    expect(hook.map((path) => basename(path).replace(/^chunk-.*/, 'chunk'))).to.have.members([
      'before-sf-doctor.js',
      'chunk',
    ]);
    const bytes = hook.map((path) => statSync(path).size).reduce((sum, size) => sum + size, 0);
    expect(bytes).to.be.below(6_000);
    expect(await loadedBy('jwt list')).to.have.length.within(1, 40);
  });

  it('shows the exit codes in the help of sf', async () => {
    const { stdout } = await run('jwt connect --help');
    expect(stdout)
      .to.contain('EXIT CODES')
      .and.to.match(/68\s+The app is deployed, but some users failed/);
    expect(stdout).to.contain('SF_JWT_KEY');
  });

  it('goes from nothing to an org that other sf commands use, and survives the end of the access token', async () => {
    const { accessToken, username } = org.admin;
    const admin = await sf(
      ['org', 'login', 'access-token', '--instance-url', org.url, '--alias', 'admin', '--no-prompt'],
      {
        home,
        env: { SF_ACCESS_TOKEN: accessToken },
      },
    );
    expect(admin.status, admin.stderr).to.equal(0);

    const keygen = await run('jwt keygen --json');
    expect(keygen.status, keygen.stdout).to.equal(0);

    const connect = await run('jwt connect --target-org admin --certificate-file server.crt --json');
    expect(connect.status, connect.stdout).to.equal(0);
    const { clientId, users } = connect.json.result as { clientId: string; users: unknown };
    expect(users).to.deep.equal([{ username, assigned: 'assigned', verified: true }]);

    const line = `jwt grant --jwt-key-file server.key --alias ci --set-default --instance-url ${org.url} --json`;
    const grant = await run(line, ['--username', username, '--client-id', clientId]);
    expect(grant.status, grant.stdout).to.equal(0);

    const display = await run('org display --target-org ci --json');
    expect(display.json.result).to.include({ username, clientId, instanceUrl: org.url, connectedStatus: 'Connected' });

    org.expireSessions();
    const query = await run('data query --json --query', ['SELECT Username FROM User WHERE IsActive = true']);
    expect(query.status, query.stdout).to.equal(0);
    expect(
      (query.json.result as { records: Array<{ Username: string }> }).records.map((row) => row.Username),
    ).to.include(username);

    const row = { username, 'client-id': clientId, 'instance-url': org.url, 'alias': 'fleet' };
    await writeFile(join(folder, 'orgs.yaml'), JSON.stringify({ orgs: [row] }));
    await writeFile(join(folder, 'orgs.csv'), `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`);
    const fleet = await run('jwt fleet grant --orgs-file orgs.yaml --jwt-key-file server.key --json');
    expect(fleet.status, fleet.stdout).to.equal(0);
    expect(fleet.json.result).to.deep.include({ failed: [], skipped: [] });
    const again = await run('jwt fleet grant --orgs-file orgs.csv --jwt-key-file server.key --resume');
    expect(again.stdout, again.stderr).to.match(/│ 2 +│.*│ fleet +│ 00D\w{15} +│ worked already/);
  });

  it('sets up a pipeline in one line, and takes the app back', async () => {
    const gh = await FakeGh.in(join(folder, 'ci-tools'));
    const { username } = org.admin;
    const target = ['--for', 'github', '--repository', 'acme/app', '--username', username];
    const setup = await sf(
      ['jwt', 'setup', '--target-org', 'admin', '--name', 'Pipeline', ...target, '--no-prompt', '--json'],
      { home, cwd: folder, env: { ...gh.env, PATH: [gh.env['PATH'], home.env['PATH']].join(delimiter) } },
    );
    expect(setup.status, setup.stdout).to.equal(0);
    expect(setup.json.result).to.deep.include({ status: 'created', verified: true });
    expect(await gh.value('actions')).to.contain('BEGIN PRIVATE KEY');
    expect(await readFile(join(folder, '.github', 'workflows', 'deploy.yml'), 'utf8')).to.contain(username);
    const disconnect = await run('jwt disconnect --target-org admin --name Pipeline --no-prompt --json');
    expect(disconnect.status, disconnect.stdout).to.equal(0);
    expect(disconnect.json.result).to.deep.include({ status: 'removed' });
  });

  it('contacted no other host', () => {
    expect(home.egress()).to.deep.equal([]);
  });
});
