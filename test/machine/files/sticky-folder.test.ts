import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { whileAlone } from '../../../src/machine/files/alone.js';
import { checkTargets, writeTogether } from '../../../src/machine/files/replace-together.js';
import { failureOf } from '../../support/failures.js';

const ME = 61_234;
const OTHER = 61_235;

describe('a folder in which everybody may write, and nobody may replace another’s files', function () {
  let folder: string;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sticky-'));
    chmodSync(folder, 0o1777);
  });
  afterEach(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Synchronous, so that nothing else of this process runs as that user. */
  function as<T>(uid: number, action: () => T): T {
    process.seteuid!(uid);
    try {
      return action();
    } finally {
      process.seteuid!(0);
    }
  }

  const path = (name: string): string => join(folder, name);
  const pair = [
    { path: '', data: 'new', mode: 0o600 as const },
    { path: '', data: 'new', mode: 0o644 as const },
  ];
  const files = () => pair.map((file, index) => ({ ...file, path: path(['server.key', 'server.crt'][index]!) }));

  function put(name: string, owner: number, mode: number): void {
    writeFileSync(path(name), 'old');
    chownSync(path(name), owner, owner);
    chmodSync(path(name), mode);
  }

  // A file that others may write can have a second name of theirs, which then is nobody's to remove.
  for (const mode of [0o600, 0o644, 0o666]) {
    it(`keeps the file of another, mode ${mode.toString(8)}, and nothing is left beside it`, () => {
      put('server.key', ME, 0o600);
      put('server.crt', OTHER, mode);
      const { data } = failureOf('file_of_other_user', () => as(ME, () => writeTogether(files(), { overwrite: true })));
      expect(data).to.deep.equal({ path: path('server.crt'), folder });
      expect(readdirSync(folder).sort()).to.deep.equal(['server.crt', 'server.key']);
      expect(readFileSync(path('server.key'), 'utf8')).to.equal('old');
    });
  }

  it('is said before there is a key, and without --overwrite too', () => {
    put('server.key', OTHER, 0o644);
    for (const overwrite of [true, false]) {
      failureOf('file_of_other_user', () => as(ME, () => checkTargets([path('server.key')], overwrite)));
    }
  });

  it('takes new files, and those of the same user in place of older ones', () => {
    for (const overwrite of [false, true]) {
      as(ME, () => writeTogether(files(), { overwrite }));
      expect(files().map(({ path: each }) => [lstatSync(each).uid, lstatSync(each).mode & 0o777])).to.deep.equal([
        [ME, 0o600],
        [ME, 0o644],
      ]);
      expect(readdirSync(folder)).to.have.lengthOf(2);
    }
  });

  it('is written by its owner and by root as any other', () => {
    put('server.crt', OTHER, 0o644);
    writeTogether(files(), { overwrite: true });
    expect(lstatSync(path('server.crt')).uid, 'its owner').to.equal(OTHER);
    chownSync(folder, ME, ME);
    as(ME, () => checkTargets([path('server.crt')], true));
  });

  it('with the claim of another’s run that was killed keeps nobody waiting', () => {
    // The number of no process: the largest that Linux gives is 2^22.
    const claim = (machine: string): string => `.sf-jwt-000000000000001-0123456789ab-${machine}-4194305.lock`;
    const own = whileAlone([folder], () => readdirSync(folder)).join('');
    put(claim(/-([0-9a-f]{8})-\d+\.lock$/.exec(own)![1]!), OTHER, 0o600);
    as(ME, () => writeTogether(files(), { overwrite: false }));
    expect(readFileSync(path('server.key'), 'utf8')).to.equal('new');
  });

  it('made without a umask is one in which nobody else may write', () => {
    const before = process.umask(0);
    try {
      const deep = files().map((file) => ({ ...file, path: join(folder, 'a', 'b', file.mode.toString(8)) }));
      writeTogether(deep, { overwrite: false });
    } finally {
      process.umask(before);
    }
    expect(['a', 'a/b'].map((name) => lstatSync(path(name)).mode & 0o777)).to.deep.equal([0o755, 0o755]);
  });
});
