import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { startOrg, type Org } from '../emulator/index.js';
import type { JwtSnippetResult } from '../../src/commands/jwt/snippet.js';
import type { Ci } from '../../src/flows/snippet/request.js';
import { startNpmRegistry, type NpmRegistry } from '../support/npm-registry.js';
import { packPlugin } from '../support/packed-plugin.js';
import { readPipeline } from '../support/pipelines.js';
import { makeSfHome, runScript, sf, SF_CLI_VERSION, type SfHome } from '../support/sf-cli.js';
import { pairOf } from '../support/workplace.js';

const USER = 'ci@acme.example.com';

/**
 * The pipelines that the installed plugin writes, run by the real CLI on a machine that has nothing: the lines that install
 * the plugin, too, from a registry of npm on this machine and from a Git repository.
 */
describe('the pipelines of the installed plugin', function () {
  this.timeout(600_000);

  let folder: string;
  let org: Org;
  let registry: NpmRegistry;
  let clientId: string;
  let key: string;
  const homes: SfHome[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-pipelines-'));
    registry = await startNpmRegistry((await packPlugin()).tarball);
    org = await startOrg({ kind: 'developer', users: [{ username: USER }] });
    const pair = await pairOf();
    ({ key } = pair);
    org.setup.createPermissionSet('Ci');
    const app = { name: 'Ci', certificate: pair.certificate, adminApproved: true, permissionSets: ['Ci'] };
    clientId = org.setup.createExternalClientApp(app);
    org.setup.assignPermissionSet(USER, 'Ci');
  });

  after(async () => {
    const egress = homes.flatMap((home) => home.egress());
    await Promise.all(homes.map(async (home) => home.remove()));
    await Promise.all([org.stop(), registry.stop(), rm(folder, { recursive: true, force: true })]);
    expect(egress, 'hosts outside this machine').to.deep.equal([]);
  });

  async function newHome(): Promise<SfHome> {
    const home = await makeSfHome();
    // npm would look for a newer one of itself.
    home.env['npm_config_update_notifier'] = 'false';
    homes.push(home);
    return home;
  }

  /** What `npm` of a machine is here: it puts the CLI in its place, in the version that the tests have. */
  async function withNpm(home: SfHome): Promise<Record<string, string>> {
    const bin = join(home.path, 'npm-bin');
    await mkdir(bin, { recursive: true });
    const installed = `[ "$*" = 'install --global @salesforce/cli@${SF_CLI_VERSION}' ] || exit 9; touch "${home.path}/installed"`;
    await writeFile(join(bin, 'npm'), `#!/bin/sh\n${installed}\n`, { mode: 0o755 });
    return { PATH: [bin, join(home.path, 'bin'), process.env['PATH'] ?? ''].join(delimiter) };
  }

  /** The pipeline that the plugin writes, which was installed by this line. */
  async function written(install: string, ci: Ci, args: string[] = []): Promise<JwtSnippetResult> {
    const home = await newHome();
    const { status, stdout, stderr } = await runScript(install, { home, cwd: folder });
    expect(status, `${stdout}\n${stderr}`).to.equal(0);
    const login = ['--username', USER, '--client-id', clientId, '--instance-url', org.url];
    const snippet = await sf(['jwt', 'snippet', '--for', ci, ...login, ...args, '--json'], { home, cwd: folder });
    expect(snippet.status, snippet.stdout).to.equal(0);
    return snippet.json.result as unknown as JwtSnippetResult;
  }

  /** Runs it up to its work on a machine that has nothing; there, the login is used; then what runs always. */
  async function runElsewhere(ci: Exclude<Ci, 'shell'>, content: string): Promise<string> {
    const home = await newHome();
    const secret = ci === 'github-actions' ? key : Buffer.from(key).toString('base64');
    const env = { ...(await withNpm(home)), SF_JWT_KEY: secret, TMPDIR: home.path, RUNNER_TEMP: home.path };
    const { scripts, always } = readPipeline(ci, content);
    const use = `sf data query --target-org ${USER} --query 'SELECT Username FROM User'`;
    let said = '';
    for (const script of [...scripts.slice(0, -1), use, ...always]) {
      const { status, stdout, stderr } = await runScript(`set -eu\n${script}`, { home, env, cwd: folder });
      said += `${stdout}${stderr}`;
      expect(status, `${script}\n${stdout}\n${stderr}`).to.equal(0);
    }
    expect(said).to.contain(USER).and.not.to.contain(key.split('\n')[1]);
    const list = await sf(['org', 'list', 'auth', '--json'], { home, cwd: folder });
    expect(list.json.result).to.deep.equal([]);
    return said;
  }

  it('installs exactly the version that runs, from the registry that it came from', async () => {
    const from = `SF_NPM_REGISTRY=${registry.url}`;
    const { content, loginWith } = await written(`echo y | ${from} sf plugins install sf-plugin-jwt`, 'github-actions');
    expect(loginWith).to.equal('jwt');
    expect(content).to.contain(`echo y | SF_NPM_REGISTRY=${registry.url}/ sf plugins install sf-plugin-jwt@0.1.0\n`);
    expect(content).to.contain(`npm install --global @salesforce/cli@${SF_CLI_VERSION}\n`);
    expect(await runElsewhere('github-actions', content)).to.contain('Ended the login');
    expect(registry.requests).to.include('GET /sf-plugin-jwt/-/sf-plugin-jwt-0.1.0.tgz');
  });

  it('installs the packed plugin by its URL', async () => {
    const { tarballUrl } = registry;
    const install = `sf plugins trust allowlist add --name ${tarballUrl}\nsf plugins install ${tarballUrl}`;
    const { content } = await written(install, 'jenkins');
    expect(content)
      .to.contain(`sh 'sf plugins trust allowlist add --name ${tarballUrl}'`)
      .and.to.contain(`sh 'sf plugins install ${tarballUrl}'`);
    expect(await runElsewhere('jenkins', content)).to.contain('Ended the login');
  });

  it('installs a commit of a Git repository, whatever its branch has become', async () => {
    const repository = join(folder, 'repository');
    const git = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(
        'git',
        ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args],
        {
          cwd: repository,
          encoding: 'utf8',
        },
      );
      expect(status, stderr).to.equal(0);
      return stdout.trim();
    };
    await mkdir(repository);
    const { tarball } = await packPlugin();
    expect(spawnSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', repository]).status).to.equal(0);
    // What is packed has its `lib/`, so nothing is to be built, with tools that would have to be fetched.
    git('init', '--quiet');
    expect(spawnSync('npm', ['pkg', 'delete', 'scripts', 'devDependencies'], { cwd: repository }).status).to.equal(0);
    git('add', '--force', '.');
    git('commit', '--quiet', '--message', 'as published');
    const commit = git('rev-parse', 'HEAD');
    await rm(join(repository, 'lib'), { recursive: true });
    git('commit', '--quiet', '--all', '--message', 'broken since');

    const source = `git+file://${repository}#${commit}`;
    const home = await newHome();
    const install = `sf plugins trust allowlist add --name '${source}'\nsf plugins install '${source}'\nsf jwt --help`;
    const { status, stdout, stderr } = await runScript(install, { home, cwd: folder });
    expect(status, `${stdout}\n${stderr}`).to.equal(0);
    const snippet = await sf(['jwt', 'snippet', '--for', 'shell', '-x', 'orgs.csv', '--json'], { home, cwd: folder });
    expect(snippet.json['data'], 'a repository of this machine').to.include({ code: 'plugin_not_installable' });
  });

  it('logs in by the CLI alone where the plugin came from a file, with the key in a file that goes', async () => {
    const { tarball } = await packPlugin();
    const install = `sf plugins trust allowlist add --name file:${tarball}\nsf plugins install file:${tarball}`;
    const { content, loginWith } = await written(install, 'gitlab-ci');
    expect(loginWith).to.equal('sf');
    expect(content)
      .to.contain('was installed from a file')
      .and.not.to.match(/sf plugins|sf jwt (grant|revoke)/);
    const said = await runElsewhere('gitlab-ci', content);
    expect(said).to.contain('Successfully authorized').and.to.contain('Successfully logged out');
    expect(spawnSync('ls', [homes.at(-1)!.path], { encoding: 'utf8' }).stdout).not.to.contain('sf-jwt.key');
  });

  it('takes a packed plugin from the repository', async () => {
    const { tarball } = await packPlugin();
    await mkdir(join(folder, 'vendor'), { recursive: true });
    expect(spawnSync('cp', [tarball, join(folder, 'vendor', 'sf-plugin-jwt.tgz')]).status).to.equal(0);
    const install = `sf plugins trust allowlist add --name file:${tarball}\nsf plugins install file:${tarball}`;
    const source = ['--plugin-source', 'file:vendor/sf-plugin-jwt.tgz'];
    const { content } = await written(install, 'bitbucket-pipelines', source);
    expect(content).to.contain('sf plugins install "file:$PWD/"vendor/sf-plugin-jwt.tgz\n');
    expect(await runElsewhere('bitbucket-pipelines', content)).to.contain('Ended the login');
  });
});
