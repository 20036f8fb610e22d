import { readdir, readFile, rm, stat, writeFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { signerDependencies } from '../../src/machine/signer-dependencies.js';

const NODE = process.execPath;
const machine = signerDependencies(undefined);
const run = (
  script: string,
  options: { input?: Buffer; timeout?: number; limit?: number; env?: Record<string, string> } = {},
) => machine.run(NODE, ['-e', script], { timeout: 60_000, limit: 4096, ...options });

describe('a program that is run for a signer', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signer-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('gets its input and variables, but none of ours, and its bytes come back as they are', async () => {
    process.env['SF_JWT_KEY_PASSPHRASE'] = 'not for others';
    try {
      const script = `process.stdin.on('data', (d) => process.stdout.write(d));
        process.stderr.write(JSON.stringify([process.env.SF_JWT_KEY_PASSPHRASE, process.env.SF_JWT_SIGNER_PIN, process.env.PATH]));
        process.exitCode = 7;`;
      const input = Buffer.from([0, 255, 10, 13, 128]);
      const end = await run(script, { input, env: { SF_JWT_SIGNER_PIN: '1234' } });
      expect(end).to.deep.include({ status: 7, stdout: input, timedOut: false, tooLong: false });
      expect(JSON.parse(end!.stderr)).to.deep.equal([null, '1234', process.env['PATH']]);
    } finally {
      delete process.env['SF_JWT_KEY_PASSPHRASE'];
    }
  });

  it('is ended when its time is up', async () => {
    expect(await run('setInterval(() => {}, 1000)', { timeout: 200 })).to.include({ timedOut: true, tooLong: false });
  });

  it('is ended with its children', async () => {
    const file = join(folder, 'alive');
    const child = `setInterval(() => require('node:fs').appendFileSync(${JSON.stringify(file)}, '.'), 20);
      setTimeout(() => process.stdout.write('y'.repeat(5000)), 100);`;
    const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });
      setInterval(() => {}, 1000);`;
    expect(await run(parent)).to.include({ tooLong: true });
    const { size } = await stat(file);
    expect(size).to.be.above(0);
    await pause(300);
    expect((await stat(file)).size).to.equal(size);
  });

  it('is ended when it says too much, and the first part is kept', async () => {
    const end = await run(`const mega = 'y'.repeat(1 << 20); const go = () => process.stdout.write(mega, go); go();`);
    expect(end).to.include({ tooLong: true, timedOut: false });
    expect(end!.stdout.toString()).to.equal('y'.repeat(4096));
  });

  it('may say as much as it likes on standard error, of which the first part is kept', async () => {
    const end = await run(`process.stderr.write('e'.repeat(5 << 20)); process.stdout.write('signature');`);
    expect(end).to.include({ status: 0, tooLong: false, stderr: 'e'.repeat(65_536) });
    expect(end!.stdout.toString()).to.equal('signature');
  });

  it('may die, be killed, and end without reading its input', async () => {
    expect(await run(`throw new Error('gone')`))
      .to.have.property('stderr')
      .that.contains('gone');
    expect(await run(`process.kill(process.pid, 'SIGKILL')`)).to.include({ status: 1, timedOut: false });
    const input = Buffer.alloc(1 << 20);
    expect(await run('process.exit(0)', { input })).to.include({ status: 0 });
  });

  it('is not there', async () => {
    const options = { timeout: 60_000, limit: 4096 };
    expect(await machine.run('no-such-program-anywhere', [], options)).to.equal(undefined);
    const path = join(folder, 'not-executable');
    await writeFile(path, '#!/bin/sh\n', { mode: 0o600 });
    if (process.platform !== 'win32') expect(await machine.run(path, [], options)).to.equal(undefined);
  });

  it('has no terminal to ask at', async function () {
    if (process.platform === 'win32') this.skip();
    const end = await run(`require('node:fs').openSync('/dev/tty', 'r+')`);
    expect(end!.status).not.to.equal(0);
  });
});

describe('a file for a signer', () => {
  it('holds the bytes while it is used, for its owner alone, and is gone then', async () => {
    const seen = await machine.withTemporaryFile(Buffer.from('data'), async (path) => {
      expect(await readFile(path, 'utf8')).to.equal('data');
      if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).to.equal(0o600);
      return path;
    });
    expect(await machine.readFile(seen)).to.equal(undefined);
    let left = '';
    const failing = machine.withTemporaryFile(Buffer.from('data'), (path) => {
      left = path;
      throw new Error('in use');
    });
    expect(await failing.catch((error: unknown) => String(error))).to.equal('Error: in use');
    expect(await readdir(join(left, '..')).catch(() => [])).to.deep.equal([]);
  });
});
