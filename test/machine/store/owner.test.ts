import { execFile } from 'node:child_process';
import { chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { environment } from '../../support/plugin.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const UID = 61_234;

/** The record of a new app, what is known of an app, and the record of a rotation. */
const WRITE = `
  import { connectRecordOf } from './src/machine/store/connect-record.ts';
  import { rememberApp } from './src/machine/store/known-apps.ts';
  import { rotationRecordPath, writeRotationRecord } from './src/machine/store/rotation-record.ts';
  connectRecordOf('00D000000000001AAA', 'Ci').write({ appType: 'external-client-app', clientId: 'x' });
  await rememberApp('3MVG9x', { name: 'Ci', admin: 'ann@acme.com', certificates: [] });
  writeRotationRecord(rotationRecordPath('00D000000000001AAA', 'Ci'), { phase: 'deploying' });`;
const FOLDERS = ['.sf', '.sf/jwt-connections', '.sf/jwt-apps', '.sf/jwt-rotations'];

describe('the records in a HOME, written by root', function () {
  let home: string;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'owner-'));
    chownSync(home, UID, UID);
  });
  afterEach(() => {
    if (home) rmSync(home, { recursive: true });
  });

  async function write(): Promise<void> {
    const args = ['--import', 'tsx', '--input-type=module', '-e', WRITE];
    const env = { ...environment({ home }), SF_DISABLE_LOG_FILE: 'true' };
    await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  }

  const all = (): string[] => readdirSync(home, { recursive: true, encoding: 'utf8' }).map((name) => join(home, name));
  const owners = (): Array<[string, number, number]> =>
    all().map((path) => [path.slice(home.length + 1), lstatSync(path).uid, lstatSync(path).gid]);

  function expectAllOfUser(): void {
    const made = owners();
    expect(made.filter(([path]) => path.endsWith('.json'))).to.have.lengthOf(3);
    expect(made.filter(([, uid, gid]) => uid !== UID || gid !== UID)).to.deep.equal([]);
  }

  it('is the user’s, when it’s new and when it’s written again', async () => {
    await write();
    expectAllOfUser();
    await write();
    expectAllOfUser();
  });

  it('is the user’s in folders that root made before, and so are they', async () => {
    for (const folder of FOLDERS) mkdirSync(join(home, folder), { mode: 0o755 });
    await write();
    expectAllOfUser();
  });
});
