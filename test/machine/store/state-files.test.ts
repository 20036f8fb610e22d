import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  changeTogether,
  checkStateFile,
  readState,
  stateFile,
  whileLocked,
} from '../../../src/machine/store/state-files.js';
import { failureOf, rejectionOf } from '../../support/failures.js';

describe('changeTogether', () => {
  let folder: string;
  let entry: string;
  let aliases: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'state-'));
    entry = join(folder, 'ci@example.com.json');
    aliases = join(folder, 'alias.json');
    writeFileSync(entry, '{"old":1}', { mode: 0o644 });
    writeFileSync(aliases, '{"orgs":{}}', { mode: 0o600 });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const content = (): Record<string, string> =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

  it('changes all files, keeps their modes, and leaves nothing beside them', async () => {
    await changeTogether([entry, aliases], () => ({
      files: [
        stateFile(entry, '{"new":1}'),
        stateFile(aliases, '{"orgs":{"a":"b"}}'),
        stateFile(join(folder, 'n.json'), '{}'),
      ],
      obsolete: [],
    }));
    expect(content()).to.deep.equal({
      'ci@example.com.json': '{"new":1}',
      'alias.json': '{"orgs":{"a":"b"}}',
      'n.json': '{}',
    });
    if (process.platform === 'win32') return;
    const modes = [entry, aliases, join(folder, 'n.json')].map((path) => statSync(path).mode & 0o777);
    expect(modes).to.deep.equal([0o644, 0o600, 0o600]);
  });

  it('takes away what is removed before it writes, and what is obsolete after it', async () => {
    const [removed, obsolete] = [join(folder, 'removed.json'), join(folder, 'obsolete.json')];
    writeFileSync(removed, '{}');
    writeFileSync(obsolete, '{}');
    const blocked = { path: folder, data: '{}', mode: 0o600 as const };
    const change = { removed: [removed, join(folder, 'never-there.json')], obsolete: [obsolete] };
    await rejectionOf(
      'path_is_directory',
      changeTogether([entry], () => ({ ...change, files: [blocked] })),
    );
    expect(readdirSync(folder).sort()).to.deep.equal(['alias.json', 'ci@example.com.json', 'obsolete.json']);
    await changeTogether([entry], () => ({ ...change, files: [stateFile(entry, '{}')] }));
    expect(readdirSync(folder).sort()).to.deep.equal(['alias.json', 'ci@example.com.json']);
  });

  it('changes none when one cannot be written, or the change itself fails', async () => {
    const before = content();
    // As long as a name may be, so that the temporary one beside it is too long.
    const unwritable = join(folder, `${'x'.repeat(250)}.json`);
    const failure = await rejectionOf(
      'store_unwritable',
      changeTogether([entry], () => ({
        files: [
          stateFile(entry, '{"new":1}'),
          stateFile(join(folder, 'made', 'y.json'), '{}'),
          stateFile(unwritable, '{}'),
        ],
        obsolete: [aliases],
      })),
    );
    expect(failure.data).to.include({ path: unwritable });
    expect(content()).to.deep.equal(before);
    const thrown = changeTogether([entry], () => {
      throw new Error('no');
    });
    expect(await thrown.catch((error: unknown) => (error as Error).message)).to.equal('no');
    expect(content()).to.deep.equal(before);
  });

  it('says so when something was changed before the failure', async () => {
    const removed = join(folder, 'removed.json');
    writeFileSync(removed, '{}');
    const unwritable = join(folder, `${'x'.repeat(250)}.json`);
    const files = [stateFile(unwritable, '{}')];
    const nothing = { removed: [join(folder, 'never-there.json')], files, obsolete: [] };
    await rejectionOf(
      'store_unwritable',
      changeTogether([entry], () => nothing),
    );
    const failure = await rejectionOf(
      'store_unfinished',
      changeTogether([entry], () => ({ removed: [removed], files, obsolete: [] })),
    );
    expect(failure.data).to.include({ path: unwritable });
    // A folder where a file was.
    await rejectionOf(
      'store_unfinished',
      changeTogether([entry], () => ({ files: [stateFile(entry, '{"new":1}')], obsolete: [folder] })),
    );
    expect(readFileSync(entry, 'utf8')).to.equal('{"new":1}');
    await rejectionOf(
      'store_unwritable',
      changeTogether([entry], () => ({ files: [], obsolete: [folder] })),
    );
  });

  it('makes the folders that are missing', async () => {
    const configuration = join(folder, 'project', '.sfdx', 'sfdx-config.json');
    await changeTogether([entry], () => ({
      files: [stateFile(entry, '{}'), stateFile(configuration, '{"defaultdevhubusername":"hub"}')],
      obsolete: [],
    }));
    expect(readFileSync(configuration, 'utf8')).to.equal('{"defaultdevhubusername":"hub"}');
  });

  it('goes on after a run that was killed: its lock is stale, and what it left is removed', async () => {
    mkdirSync(`${entry}.lock`);
    utimesSync(`${entry}.lock`, new Date(0), new Date(0));
    writeFileSync(join(folder, '.ci@example.com-0123456789abcdef.new.json'), 'half');
    await changeTogether([entry], () => ({ files: [stateFile(entry, '{}')], obsolete: [] }));
    expect(readdirSync(folder).sort()).to.deep.equal(['alias.json', 'ci@example.com.json']);
  });

  it('waits for another process of sf', async () => {
    const order: string[] = [];
    let first = Promise.resolve();
    await new Promise<void>((hasLock) => {
      first = whileLocked(entry, async () => {
        hasLock();
        await new Promise((resolve) => setTimeout(resolve, 100));
        order.push('first');
      });
    });
    await changeTogether([aliases, entry], () => {
      order.push('second');
      return { files: [], obsolete: [] };
    });
    await first;
    expect(order).to.deep.equal(['first', 'second']);
  });

  it('writes where a link leads to', async () => {
    const real = join(folder, 'real.json');
    writeFileSync(real, '{}');
    symlinkSync(real, join(folder, 'link.json'));
    await changeTogether([real], () => ({ files: [stateFile(join(folder, 'link.json'), '{"a":1}')], obsolete: [] }));
    expect(readFileSync(real, 'utf8')).to.equal('{"a":1}');
  });

  it('says which file is damaged, and quotes nothing of it', () => {
    writeFileSync(entry, '{"accessToken":"00Dsecret');
    const { data } = failureOf('store_damaged', () => readState(entry));
    expect(JSON.stringify(data)).to.contain(entry).and.not.to.contain('secret');
    writeFileSync(entry, '[1]');
    failureOf('store_damaged', () => readState(entry));
    // A file in the place of the folder is what is to be moved away.
    for (const below of [join(entry, 'key.json'), join(entry, 'sub', 'key.json')]) {
      expect(failureOf('store_damaged', () => readState(below)).data).to.include({ path: entry });
      expect(failureOf('store_damaged', () => checkStateFile(below)).data).to.include({ path: entry });
    }
    expect(readState(join(folder, 'none.json'))).to.deep.equal({});
  });
});
