import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { finishReport } from '../../../src/terminal/report/finish.js';
import type { ReportRow } from '../../../src/terminal/report/report.js';
import { reportOf, rowOf } from '../../support/reports.js';

const MIB = 1024 * 1024;

describe('the summary of a step in GitHub Actions', () => {
  let folder: string;
  let path: string;
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jwt-summary-'));
    path = join(folder, 'step_summary_1');
    await writeFile(path, '');
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function finish(rows: ReportRow[], environment: NodeJS.ProcessEnv): Promise<string> {
    const output = {
      log: (text: string) => {
        throw new Error(text);
      },
      warn: (words: string) => {
        warnings.push(words);
        return words;
      },
    };
    const before = process.exitCode;
    await finishReport(output as never, undefined, () => reportOf(rows), environment);
    // Nobody asked for it.
    expect(process.exitCode).to.equal(before);
    return readFile(path, 'utf8').catch(() => 'none');
  }
  const actions = (): NodeJS.ProcessEnv => ({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: path });

  it('gets the report, behind what is there', async () => {
    await writeFile(path, '# Before\n');
    const text = await finish([rowOf()], actions());
    expect(text).to.match(/^# Before\n\n<!--[^]*## JWT logins on this machine\n[^]*\| ✅ OK \|/);
    expect(warnings).to.deep.equal([]);
  });

  it('gets nothing elsewhere', async () => {
    for (const environment of [
      {},
      { GITHUB_STEP_SUMMARY: path },
      { GITHUB_ACTIONS: 'true' },
      { ...actions(), GITHUB_STEP_SUMMARY: '' },
    ])
      expect(await finish([rowOf()], environment)).to.equal('');
  });

  it('has room for 1 MiB: the least pressing rows are left out', async () => {
    const many = Array.from({ length: 8000 }, (_, index) =>
      rowOf({ org: `org ${index}`, username: `${'u'.repeat(80)}@x${index}.com` }),
    );
    await writeFile(path, 'x'.repeat(100_000));
    const text = await finish(
      [...many, rowOf({ org: 'the one', state: 'error', message: 'It has ended.' })],
      actions(),
    );
    expect((await stat(path)).size).to.be.within(MIB / 3, MIB);
    expect(text)
      .to.contain('the one')
      .and.to.match(/\d{4} more rows are left out here/);
  });

  it('says that it has no room left, and leaves it as it is', async () => {
    await writeFile(path, 'x'.repeat(MIB - 100));
    await finish([rowOf()], actions());
    expect((await stat(path)).size).to.equal(MIB - 100);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain('1 MiB');
  });

  it('says that it can’t be written', async () => {
    await finish([rowOf()], { ...actions(), GITHUB_STEP_SUMMARY: join(folder, 'gone', 'x') });
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain('ENOENT');
  });
});
