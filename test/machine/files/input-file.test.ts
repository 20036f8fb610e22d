import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { openInputFile, readStream } from '../../../src/machine/files/input-file.js';
import { readPassphraseFile } from '../../../src/machine/files/passphrase.js';
import { openJks, readJks } from '../../../src/keys/credential/jks.js';
import { openPkcs12, readPkcs12 } from '../../../src/keys/credential/pkcs12.js';
import { certificatesOfPkcs7 } from '../../../src/keys/credential/pkcs7.js';
import { MalformedError } from '../../../src/keys/credential/ber.js';
import { Failure } from '../../../src/failure.js';
import { rejectionOf } from '../../support/failures.js';
import { needs } from '../../support/tools.js';

const hasPipes = spawnSync('mkfifo', ['--version']).status === 0;

describe('input', function () {
  this.timeout(60_000);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'input-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is given up where nothing comes through a pipe or the standard input', async function () {
    needs(this, hasPipes, 'mkfifo');
    const pipe = join(folder, 'pipe');
    spawnSync('mkfifo', [pipe]);
    const { data } = await rejectionOf('file_without_data', openInputFile(pipe, 200));
    expect(data).to.deep.equal({ path: pipe, seconds: 0.2 });
    const silent = new PassThrough();
    expect((await rejectionOf('file_without_data', readStream(silent, 'stdin', 200))).data).to.deep.equal({
      path: 'stdin',
      seconds: 0.2,
    });
    expect(silent.destroyed).to.equal(true);
    const stalled = new PassThrough();
    stalled.write('-----BEGIN');
    await rejectionOf('file_without_data', readStream(stalled, 'stdin', 200));
    expect((await readStream(Readable.from(['a', 'b']), 'stdin', 200)).toString()).to.equal('ab');
  });

  it('is given up where nothing comes from a passphrase file, after ten seconds', async function () {
    needs(this, hasPipes, 'mkfifo');
    const pipe = join(folder, 'passphrase');
    spawnSync('mkfifo', [pipe]);
    const { data } = await rejectionOf('passphrase_file_unreadable', readPassphraseFile(pipe));
    expect(data).to.deep.equal({ path: pipe, reason: 'silent for 10 seconds' });
  });

  it('lies in no file of its own where the path leads through the open files of the process', async function () {
    needs(this, process.platform === 'linux', 'Linux');
    const file = join(folder, 'server.key');
    writeFileSync(file, 'a key');
    const handle = openSync(file, 'r');
    const link = join(folder, 'link');
    symlinkSync(`/dev/fd/${handle}`, link);
    const plain = join(folder, 'plain');
    symlinkSync(file, plain);
    for (const [path, regular] of [
      [file, true],
      [plain, true],
      [`/dev/fd/${handle}`, false],
      [`/proc/self/fd/${handle}`, false],
      [link, false],
    ] as const) {
      expect(await openInputFile(path), path).to.deep.equal({ content: Buffer.from('a key'), regular });
    }
    closeSync(handle);
    expect(resolve(file)).to.equal(file);
  });
});

describe('every reader of stores', () => {
  const jceks = Buffer.from('cececece00000002000000000000000000000000000000000000000000000000', 'hex');
  const readers: Array<(bytes: Buffer) => unknown> = [
    (bytes) => openJks(readJks(bytes, 'x'), 'password'),
    (bytes) => openPkcs12(readPkcs12(bytes, 'x'), 'password'),
    (bytes) => certificatesOfPkcs7(bytes),
  ];
  const reads = (bytes: Buffer): void => {
    for (const read of readers) {
      try {
        read(bytes);
      } catch (error) {
        const known = error instanceof Failure || error instanceof MalformedError;
        if (!known) expect.fail(`${bytes.toString('hex')}: ${String(error)}`);
      }
    }
  };

  it('answers a file of any length with a failure', () => {
    for (let length = 0; length <= jceks.length; length++) {
      reads(jceks.subarray(0, length));
      reads(Buffer.concat([Buffer.from('feedfeed', 'hex'), Buffer.alloc(length)]));
    }
  });

  it('answers any bytes with a failure', () => {
    const start = fc.constantFrom(
      'cececece00000001',
      'feedfeed00000002',
      '3082010002010330',
      '308006092a864886f70d010702',
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 80 }), (hex, rest) =>
        reads(Buffer.concat([Buffer.from(hex, 'hex'), rest])),
      ),
      { numRuns: 1000 },
    );
  });
});
