import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isFailure } from '../../../src/failure.js';
import { reportFileAt } from '../../../src/terminal/report/file.js';
import { finishReport } from '../../../src/terminal/report/finish.js';
import type { Report } from '../../../src/terminal/report/report.js';

const MADE = new Date('2026-11-26T12:00:00Z');
const REPORT: Report = { title: 'JWT logins', command: 'sf jwt list', made: MADE, rows: [] };
const isRoot = process.geteuid?.() === 0;

describe('the file of a report', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'jwt-report-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const codeOf = (path: string): string | undefined => {
    try {
      reportFileAt(path);
      return undefined;
    } catch (error) {
      if (isFailure(error)) return error.code;
      throw error;
    }
  };

  it('has the format that its ending names, in capitals too', () => {
    expect(reportFileAt(join(folder, 'a.json')).format).to.equal('json');
    expect(reportFileAt(join(folder, 'A.JSON')).format).to.equal('json');
  });

  it('needs an ending that is known', () => {
    for (const name of ['a', 'a.pdf', 'json', '.jso', 'a.json.gz'])
      expect(codeOf(join(folder, name)), name).to.equal('report_format_unknown');
  });

  it('doesn’t repeat what may be a secret', () => {
    expect(() => reportFileAt('Tr0ub4dor&3 correct horse'))
      .to.throw()
      .with.nested.property('data.path', '');
  });

  it('may be a new one, in a folder that is made', () => {
    expect(codeOf(join(folder, 'new', 'er', 'a.json'))).to.equal(undefined);
  });

  it('is no folder, no link, and not below a file', async () => {
    await mkdir(join(folder, 'folder.json'));
    await symlink('elsewhere', join(folder, 'link.json'));
    await writeFile(join(folder, 'file'), '');
    expect(codeOf(join(folder, 'folder.json'))).to.equal('path_is_directory');
    expect(codeOf(join(folder, 'link.json'))).to.equal('path_is_symbolic_link');
    expect(codeOf(join(folder, 'file', 'a.json'))).to.equal('write_failed');
  });

  it('is none in a folder that can’t be written to', async function () {
    if (isRoot || process.platform === 'win32') this.skip();
    await chmod(folder, 0o500);
    expect(codeOf(join(folder, 'a.json'))).to.equal('write_failed');
  });

  it('replaces a report or nothing, and no other file', async () => {
    const path = join(folder, 'orgs.json');
    for (const other of ['[{"username":"ci@example.com"}]', '{"dependencies":{"sf-plugin-jwt":"1"}}']) {
      await writeFile(path, other);
      expect(codeOf(path)).to.equal('report_file_other');
    }
    await writeFile(path, '\n');
    expect(codeOf(path)).to.equal(undefined);
  });

  it('is replaced by the next report', async () => {
    const path = join(folder, 'a.json');
    const said: string[] = [];
    const output = { log: (text = '') => void said.push(text), warn: () => '' } as never;
    for (const title of ['first', 'second']) {
      await finishReport(output, [reportFileAt(path)], () => ({ ...REPORT, title }), {});
      expect(JSON.parse(await readFile(path, 'utf8'))).to.include({ title, version: 1 });
    }
    expect(said).to.deep.equal([`Wrote the report ${path}.`, `Wrote the report ${path}.`]);
  });

  it('is made only where one is wanted', async () => {
    await finishReport({} as never, undefined, () => Promise.reject(new Error('made')), {});
  });
});
