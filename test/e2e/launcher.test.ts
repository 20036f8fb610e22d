import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { hasBash, RUN_JS } from '../support/plugin.js';
import { needs } from '../support/tools.js';

/** Makes a process believe that it runs on another version of Node.js. */
const pretend = (version: string): string =>
  `data:text/javascript,${encodeURIComponent(`
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });
    Object.defineProperty(process, 'version', { value: 'v${version}' });
  `)}`;

const launch = (version: string): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, ['--import', pretend(version), RUN_JS, '--version']);

describe('bin/run.js', () => {
  for (const version of ['18.20.0', '20.20.2', '22.18.9']) {
    it(`says in one line what it needs, under Node.js ${version}`, async () => {
      const failure = await launch(version).then(
        () => undefined,
        (error: unknown) => error as { code: number; stderr: string },
      );
      expect(failure?.code).to.equal(1);
      expect(failure?.stderr).to.match(
        new RegExp(`^sf-plugin-jwt needs Node\\.js 22\\.19 or later; this is v${version}\\..*\\n$`),
      );
    });
  }

  for (const version of ['22.19.0', '24.0.0', '30.1.0']) {
    it(`starts under Node.js ${version}`, async () => {
      expect((await launch(version)).stdout).to.match(/^sf-plugin-jwt\/\d/);
    });
  }
});

describe('bin/run.js under a name of its own', () => {
  const run = promisify(execFile);
  const lineOf = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [RUN_JS, ...args])).stdout.split('\n')[0]!;

  it('has the commands of its one topic, which may be left out', async () => {
    expect(await lineOf('keygen', '--help')).to.equal(await lineOf('jwt', 'keygen', '--help'));
    expect(await lineOf()).to.equal(await lineOf('jwt', '--help'));
    expect(await lineOf('-h')).to.equal(await lineOf('--help'));
  });

  it('ends quietly where the program that reads it has seen enough', async function () {
    needs(this, hasBash, 'bash');
    const line = `set -o pipefail; '${process.execPath}' '${RUN_JS}' keygen --help | head -n 1`;
    const { stdout, stderr } = await run('bash', ['-c', line]);
    expect(stdout).to.match(/^Generate a private key/);
    expect(stderr).to.equal('');
  });
});
