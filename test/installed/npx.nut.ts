import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startNpmRegistry, type NpmRegistry } from '../support/npm-registry.js';
import { packPlugin } from '../support/packed-plugin.js';
import { environment } from '../support/plugin.js';

/** `npx sf-plugin-jwt keygen`, on a machine without the Salesforce CLI: from a registry, as a user who has nothing else. */
describe('npx sf-plugin-jwt', function () {
  this.timeout(300_000);

  let folder: string;
  let registry: NpmRegistry;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-npx-'));
    registry = await startNpmRegistry((await packPlugin()).tarball);
  });
  after(async () => Promise.all([registry.stop(), rm(folder, { recursive: true, force: true })]));

  async function npx(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const env = { npm_config_registry: registry.url, npm_config_update_notifier: 'false' };
    const child = spawn('npx', ['--yes', 'sf-plugin-jwt@0.1.0', ...args], {
      cwd: folder,
      env: environment({ home: folder, env }),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { status, stdout, stderr };
  }

  it('makes a key and its certificate', async () => {
    const { status, stdout, stderr } = await npx('keygen', '--key-size', '2048');
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain('Generated a 2048-bit RSA private key');
    expect(statSync(join(folder, 'server.key')).mode & 0o777).to.equal(0o600);
    expect(existsSync(join(folder, 'server.crt'))).to.equal(true);
  });

  it('takes its commands with and without their topic, and shows its help', async () => {
    for (const args of [
      ['inspect', 'server.crt'],
      ['jwt', 'inspect', 'server.crt'],
    ]) {
      const { status, stdout, stderr } = await npx(...args);
      expect(status, stderr).to.equal(0);
      expect(stdout).to.contain('server.crt');
    }
    const { stdout } = await npx();
    expect(stdout).to.contain('COMMANDS').and.to.contain('keygen');
    expect((await npx('--version')).stdout).to.match(/^sf-plugin-jwt\/0\.1\.0 /);
    expect((await npx('fleet', 'grant', '--help')).stdout).to.contain('--orgs-file');
  });

  it('writes a pipeline that installs the version that runs', async () => {
    const login = [
      '--username',
      'ci@example.com',
      '--client-id',
      '3MVG9x',
      '--instance-url',
      'https://example.my.salesforce.com',
    ];
    const { status, stdout, stderr } = await npx('snippet', '--for', 'shell', ...login);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain(`echo y | SF_NPM_REGISTRY=${registry.url}/ sf plugins install sf-plugin-jwt@0.1.0\n`);
  });
});
