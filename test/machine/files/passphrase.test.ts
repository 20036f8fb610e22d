import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findNewPassphrase, findPassphrase, isReadableByOthers } from '../../../src/machine/files/passphrase.js';
import { rejectionOf } from '../../support/failures.js';

describe('passphrase', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'passphrase-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const fileOf = (content: string | Buffer): string => {
    const path = join(folder, 'passphrase.txt');
    writeFileSync(path, content);
    return path;
  };

  const contents: Array<[string, string]> = [
    ['x', 'x'],
    ['x\n', 'x'],
    ['x\r\n', 'x'],
    ['x\n\n', 'x\n'],
    ['x\r', 'x\r'],
    [' x ', ' x '],
    ['a\nb\n', 'a\nb'],
    ['\ufeffx\r\n', 'x'],
    ['ü'.repeat(512) + '\r\n', 'ü'.repeat(512)],
  ];
  for (const [content, expected] of contents) {
    it(`is what the file ${JSON.stringify(content.slice(0, 10))} holds, without a byte order mark and one line end`, async () => {
      expect(String(await findPassphrase({ file: fileOf(content) }))).to.equal(expected);
    });
  }

  it('is taken byte for byte', async () => {
    for (const bytes of [Buffer.of(0xff, 0x00, 0xfe), Buffer.from('x\ufeff'), Buffer.of(0xef, 0xbb)]) {
      expect(await findPassphrase({ file: fileOf(bytes) })).to.deep.equal(bytes);
    }
  });

  it('comes from the file, else from the variable, else from a person', async () => {
    const prompt = () => Promise.resolve('asked');
    expect(String(await findPassphrase({ file: fileOf('file'), variable: 'variable', prompt }))).to.equal('file');
    expect(await findPassphrase({ variable: 'variable', prompt })).to.equal('variable');
    expect(await findPassphrase({ prompt })).to.equal('asked');
    expect(await findPassphrase({})).to.equal(undefined);
  });

  it('is refused when it is empty, and not looked for elsewhere', async () => {
    for (const content of ['', '\n', '\r\n', '\ufeff']) {
      await rejectionOf('passphrase_empty', findPassphrase({ file: fileOf(content), variable: 'variable' }));
    }
    await rejectionOf('passphrase_empty', findPassphrase({ variable: '', prompt: () => Promise.resolve('asked') }));
    await rejectionOf('passphrase_empty', findPassphrase({ prompt: () => Promise.resolve('') }));
  });

  it('is refused when it is too long, however long the file is', async () => {
    await rejectionOf('passphrase_too_long', findPassphrase({ file: fileOf('x'.repeat(1025)) }));
    await rejectionOf('passphrase_too_long', findPassphrase({ file: '/dev/zero' }));
  });

  it('can not be read from a missing file or a directory', async () => {
    const missing = join(folder, 'missing');
    const { data } = await rejectionOf('passphrase_file_unreadable', findPassphrase({ file: missing }));
    expect(data).to.deep.equal({ path: missing, reason: 'no such file or directory (ENOENT)' });
    await rejectionOf('passphrase_file_unreadable', findPassphrase({ file: folder }));
  });

  it('is asked for twice when it is new', async () => {
    const answers = (...all: string[]) => ({ ask: () => Promise.resolve(all.shift() ?? '') });
    expect(await findNewPassphrase(answers('x', 'x'))).to.equal('x');
    await rejectionOf('passphrase_mismatch', findNewPassphrase(answers('x', 'X')));
    await rejectionOf('passphrase_empty', findNewPassphrase(answers('', '')));
    await rejectionOf('passphrase_missing', findNewPassphrase({ ask: undefined }));
  });

  it('is known to be readable by others from the mode of its file', () => {
    const path = fileOf('x');
    const modes: Array<[number, boolean]> = [
      [0o600, false],
      [0o400, false],
      [0o640, true],
      [0o604, true],
      [0o622, false],
    ];
    for (const [mode, expected] of modes) {
      chmodSync(path, mode);
      expect(isReadableByOthers(path), mode.toString(8)).to.equal(expected);
    }
    expect(isReadableByOthers(join(folder, 'missing'))).to.equal(false);
    expect(isReadableByOthers('/dev/zero')).to.equal(false);
  });
});
