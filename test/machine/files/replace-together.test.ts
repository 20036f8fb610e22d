import nodeFs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import {
  checkTargets,
  interruptedFiles,
  writeTogether,
  type FileSystem,
  type NewFile,
} from '../../../src/machine/files/replace-together.js';
import { failureOf } from '../../support/failures.js';

type Content = Record<string, string>;

const OPERATIONS = Object.keys({
  closeSync: 0,
  chownSync: 0,
  copyFileSync: 0,
  fchmodSync: 0,
  fchownSync: 0,
  fsyncSync: 0,
  linkSync: 0,
  lstatSync: 0,
  mkdirSync: 0,
  openSync: 0,
  renameSync: 0,
  rmdirSync: 0,
  rmSync: 0,
  writeFileSync: 0,
} satisfies Record<keyof FileSystem, 0>) as Array<keyof FileSystem>;

/** A file system whose calls are counted, and in which `fails` decides which of them fail. */
function faulty(fails: (call: number, operation: keyof FileSystem) => boolean): {
  fs: FileSystem;
  calls: () => number;
} {
  let calls = 0;
  const wrapped = OPERATIONS.map((operation) => [
    operation,
    (...args: unknown[]): unknown => {
      calls += 1;
      if (fails(calls, operation))
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', errno: -28 });
      return (nodeFs[operation] as (...all: unknown[]) => unknown)(...args);
    },
  ]);
  return { fs: Object.fromEntries(wrapped) as FileSystem, calls: () => calls };
}

describe('files written together', () => {
  let root: string;
  let folder: string;
  let run = 0;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'together-'));
  });
  after(() => {
    rmSync(root, { recursive: true });
  });
  beforeEach(() => fresh());

  it('get their modes, whatever the umask is', () => {
    for (const umask of [0o777, 0o077, 0o000]) {
      fresh();
      const before = process.umask(umask);
      try {
        writeTogether(pair('new'), { overwrite: false });
      } finally {
        process.umask(before);
      }
      expect(content()).to.deep.equal(both('new'));
      expect(statSync(join(folder, 'server.key')).mode & 0o777).to.equal(0o600);
      expect(statSync(join(folder, 'server.crt')).mode & 0o777).to.equal(0o644);
    }
  });

  it('replace what is there, mode included, and nothing else', () => {
    put({ ...both('old'), 'other.key': 'other' });
    nodeFs.chmodSync(join(folder, 'server.key'), 0o666);
    writeTogether(pair('new'), { overwrite: true });
    expect(content()).to.deep.equal({ ...both('new'), 'other.key': 'other' });
    expect(statSync(join(folder, 'server.key')).mode & 0o777).to.equal(0o600);
  });

  it('are all refused when one of them exists', () => {
    for (const name of ['server.key', 'server.crt']) {
      fresh();
      put({ [name]: 'old' });
      const { data } = failureOf('file_exists', () => writeTogether(pair('new'), { overwrite: false }));
      expect(data).to.deep.equal({ path: join(folder, name) });
      expect(content()).to.deep.equal({ [name]: 'old' });
    }
  });

  it('never replace a directory, a symbolic link or a device', () => {
    for (const overwrite of [true, false]) {
      fresh();
      put({ 'server.key': 'old' });
      mkdirSync(join(folder, 'server.crt'));
      failureOf('path_is_directory', () => writeTogether(pair('new'), { overwrite }));
      rmSync(join(folder, 'server.crt'), { recursive: true });
      symlinkSync(join(root, 'elsewhere'), join(folder, 'server.crt'));
      failureOf('path_is_symbolic_link', () => writeTogether(pair('new'), { overwrite }));
      expect(existsSync(join(root, 'elsewhere'))).to.equal(false);
      failureOf('path_is_not_file', () => checkTargets(['/dev/null'], overwrite));
      expect(readFileSync(join(folder, 'server.key'), 'utf8')).to.equal('old');
    }
  });

  it('leave alone a file that appears while they are written', () => {
    const { fs } = faulty(() => false);
    const late: FileSystem = {
      ...fs,
      mkdirSync: (...args: Parameters<FileSystem['mkdirSync']>) => {
        put({ 'server.crt': 'late' });
        return fs.mkdirSync(...args);
      },
    };
    failureOf('file_exists', () => writeTogether(pair('new'), { overwrite: false }, late));
    expect(content()).to.deep.equal({ 'server.crt': 'late' });
  });

  it('make their folder, and remove it again when they fail', () => {
    const deep = join(folder, 'a', 'b');
    const files = pair('new').map((file) => ({ ...file, path: join(deep, basename(file.path)) }));
    const { fs } = faulty((_, operation) => operation === 'fsyncSync');
    const { data } = failureOf('write_failed', () => writeTogether(files, { overwrite: false }, fs));
    expect(data).to.deep.equal({ path: files[0]?.path, reason: 'no space left on device (ENOSPC)' });
    expect(readdirSync(folder)).to.deep.equal([]);
    writeTogether(files, { overwrite: false });
    expect(readdirSync(deep)).to.have.members(['server.key', 'server.crt']);
  });

  it('say which path is in the way of their folder', () => {
    put({ file: 'x' });
    const files = pair('new').map((file) => ({ ...file, path: join(folder, 'file', basename(file.path)) }));
    expect(failureOf('write_failed', () => writeTogether(files, { overwrite: true })).data).to.deep.include({
      reason: 'not a directory (ENOTDIR)',
    });
  });

  const states: Record<string, Content> = {
    'nothing': {},
    'a pair': both('old'),
    'a key alone': { 'server.key': 'old key' },
    'a certificate alone': { 'server.crt': 'old crt' },
  };
  for (const [state, before] of Object.entries(states)) {
    it(`leave everything as it was when any one step fails, over ${state}`, () => {
      const count = stepsOver(before);
      expect(count).to.be.above(10);
      let failures = 0;
      for (let step = 1; step <= count; step++) {
        fresh();
        put(before);
        const { fs } = faulty((call) => call === step);
        let failed = false;
        try {
          writeTogether(pair('new'), { overwrite: true }, fs);
        } catch {
          failed = true;
          failures += 1;
        }
        const visible = content();
        const kept = Object.fromEntries(Object.entries(visible).filter(([name]) => !name.startsWith('.')));
        expect(kept, `step ${step} of ${count}`).to.deep.equal(failed ? before : both('new'));
        if (failed) expect(visible, `nothing left after step ${step}`).to.deep.equal(before);
      }
      expect(failures).to.be.above(8);
    });

    it(`lose nothing when the run ends at any step, over ${state}`, () => {
      const count = stepsOver(before);
      let mixedStates = 0;
      for (let last = 0; last <= count; last++) {
        fresh();
        put(before);
        // From here on nothing works any more, undoing neither, as after a kill.
        const { fs } = faulty((call) => call > last);
        try {
          writeTogether(pair('new'), { overwrite: true }, fs);
        } catch {
          // What counts is what is left.
        }
        expectRecoverable(before, `after step ${last} of ${count}`);
        expect(Object.keys(content()), 'no name is missing for a moment').to.include.members(Object.keys(before));
        const mixed = isMixed();
        if (mixed) mixedStates += 1;
        writeTogether(pair('next'), { overwrite: true });
        expect(content()).to.deep.include(both('next'));
        if (mixed) expect(Object.values(content()), `after step ${last}`).to.include.members(Object.values(before));
      }
      expect(mixedStates).to.be.above(0);
    });
  }

  it('do the same where hard links do not exist', () => {
    for (const before of Object.values(states)) {
      fresh();
      put(before);
      writeTogether(pair('new'), { overwrite: true }, faulty((_, operation) => operation === 'linkSync').fs);
      expect(content()).to.deep.equal(both('new'));
      expect(statSync(join(folder, 'server.key')).mode & 0o777).to.equal(0o600);
      const { fs: none, calls } = faulty((_, operation) => operation === 'linkSync');
      fresh();
      put(before);
      writeTogether(pair('new'), { overwrite: true }, none);
      for (let step = 1; step <= calls(); step++) {
        fresh();
        put(before);
        let failed = false;
        try {
          writeTogether(
            pair('new'),
            { overwrite: true },
            faulty((call, operation) => call === step || operation === 'linkSync').fs,
          );
        } catch {
          failed = true;
        }
        if (failed) expect(content(), `step ${step}`).to.deep.equal(before);
        else expect(content(), `step ${step}`).to.deep.include(both('new'));
      }
    }
  });

  it('name the files that hold the old content when undoing fails too', () => {
    put(both('old'));
    let renames = 0;
    const { fs } = faulty((_, operation) => operation === 'renameSync' && ++renames > 1);
    const { data } = failureOf('restore_failed', () => writeTogether(pair('new'), { overwrite: true }, fs));
    const { files } = data as { files: string };
    expect(files.split(', ').map((path) => readFileSync(path, 'utf8'))).to.include('old key');
  });

  it('find what interrupted runs left, and nothing else', () => {
    const left = ['.server-0123456789abcdef.old.key', '.server-0123456789abcdef.new.crt'];
    put(
      Object.fromEntries(
        [...left, '.server-x.old.key', '.other-0123456789abcdef.old.key', 'server.crt'].map((name) => [name, 'x']),
      ),
    );
    expect(interruptedFiles(join(folder, 'server.key'))).to.have.members(left.map((name) => join(folder, name)));
    const { data } = failureOf('replacement_interrupted', () => checkTargets([join(folder, 'server.crt')], false));
    expect(data).to.deep.equal({ path: join(folder, 'server.crt'), files: join(folder, left[0] ?? '') });
    checkTargets([join(folder, 'server.crt')], true);
  });

  function fresh(): void {
    folder = join(root, String(++run));
    mkdirSync(folder);
  }

  function put(files: Content): void {
    for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
  }

  function content(): Content {
    return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  }

  function both(state: string): Content {
    return { 'server.key': `${state} key`, 'server.crt': `${state} crt` };
  }

  function pair(state: string): NewFile[] {
    return [
      { path: join(folder, 'server.key'), data: `${state} key`, mode: 0o600 },
      { path: join(folder, 'server.crt'), data: `${state} crt`, mode: 0o644 },
    ];
  }

  function stepsOver(before: Content): number {
    fresh();
    put(before);
    const { fs, calls } = faulty(() => false);
    writeTogether(pair('new'), { overwrite: true }, fs);
    return calls();
  }

  /** Either the old or the new files are in place, or the old ones can be put back from what interruptedFiles finds. */
  function expectRecoverable(before: Content, when: string): void {
    const now = content();
    const visible = Object.fromEntries(Object.entries(now).filter(([name]) => !name.startsWith('.')));
    if (Object.entries(both('new')).every(([name, data]) => visible[name] === data)) return;
    for (const [name, data] of Object.entries(before)) {
      const backup = interruptedFiles(join(folder, name)).find(
        (path) => path.includes('.old.') && path.endsWith(name.slice(-4)),
      );
      expect(backup === undefined ? visible[name] : now[basename(backup)], `${name} ${when}`).to.equal(data);
    }
  }

  /** Between the renames: some of the new files are in place, and not all of them. */
  function isMixed(): boolean {
    const now = content();
    const placed = Object.entries(both('new')).filter(([name, data]) => now[name] === data);
    return placed.length === 1;
  }
});
