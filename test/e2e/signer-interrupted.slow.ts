import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { environment, RUN_JS } from '../support/plugin.js';
import { needs } from '../support/tools.js';

describe('a signer that hangs', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hanging-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is ended, with what it started, when the command is interrupted', async function () {
    needs(this, process.platform !== 'win32', 'a POSIX shell');
    const alive = join(folder, 'alive');
    const script = join(folder, 'sign.sh');
    const child = `(while :; do echo >> '${alive}'; sleep 0.05; done) & sleep 100`;
    await writeFile(script, `#!/bin/sh\n${child}\n`, { mode: 0o700 });
    const words = [
      'jwt',
      'sign',
      '--client-id',
      'x',
      '--username',
      'ci@acme.example.com',
      '--signer',
      `exec:${script}`,
    ];
    const command = spawn(process.execPath, [RUN_JS, ...words], {
      env: environment({ home: folder }),
      stdio: 'ignore',
    });
    const ended = once(command, 'exit') as Promise<[code: number | null]>;
    while (!existsSync(alive)) await pause(20);
    command.kill('SIGINT');
    expect((await ended)[0]).to.equal(130);
    await pause(200);
    const { size } = await stat(alive);
    await pause(500);
    expect((await stat(alive)).size).to.equal(size);
  });
});
