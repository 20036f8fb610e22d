import { readFile, writeFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { hasTerminal, runOnTerminal } from '../support/plugin.js';
import { copyEntry } from '../support/stored.js';
import { needs } from '../support/tools.js';
import { CI_USER, type Workplace } from '../support/workplace.js';

const OTHER = 'other@acme.example.com';
const ENDINGS = ['html', 'xml', 'md', 'json', 'sarif', 'ics'];

describe('sf jwt list --report', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    const at = await openWithApp();
    ({ workplace } = at);
    await granted(workplace, [...loginFlags(workplace, at.clientId), '--alias', 'ci']);
  });
  afterEach(() => workplace.close());

  const reports = ENDINGS.flatMap((ending) => ['--report', `reports/logins.${ending}`]);
  const read = (name: string): Promise<string> => readFile(workplace.path(name), 'utf8');

  it('writes each format when it has ended, also where a login fails, and again', async () => {
    await copyEntry(workplace.home, OTHER, { privateKey: workplace.path('gone.key') });
    for (const json of [[], ['--json']]) {
      const { status, stdout } = await workplace.jwt(['list', '--check', ...reports, ...json]);
      expect(status).to.equal(1);
      if (json.length === 0) expect(stdout.match(/^Wrote the report .*logins\.\w+\.$/gm)).to.have.length(6);
      else expect(JSON.parse(stdout)).to.have.nested.property('result.logins').with.length(2);
      const texts = await Promise.all(ENDINGS.map((ending) => read(`reports/logins.${ending}`)));
      for (const [index, text] of texts.entries()) {
        // Only a certificate of which the end is known has a day in a calendar.
        if (ENDINGS[index] !== 'ics' && ENDINGS[index] !== 'sarif')
          expect(text, ENDINGS[index]).to.contain(CI_USER.replace('@', ENDINGS[index] === 'md' ? '\\@' : '@'));
        if (ENDINGS[index] !== 'ics') expect(text, ENDINGS[index]).to.contain('gone.key');
      }
      const { rows } = JSON.parse(await read('reports/logins.json')) as { rows: Array<{ org: string; state: string }> };
      expect(rows.map(({ org, state }) => [org, state])).to.deep.equal([
        ['ci', 'ok'],
        ['Local developer org', 'error'],
      ]);
    }
  });

  it('adds to the summary of a step by itself', async () => {
    await writeFile(workplace.path('summary.md'), '');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: workplace.path('summary.md') };
    const { status, warnings } = await workplace.json(['list'], { env });
    expect([status, warnings ?? []]).to.deep.equal([0, []]);
    expect(await read('summary.md')).to.match(/## JWT logins on this machine[^]*\| ✅ OK \|/);
  });

  it('isn’t needed at a terminal that is wide enough: each line has a time line, in characters that it shows', async function () {
    needs(this, hasTerminal, 'a terminal');
    const { home, cwd } = workplace;
    const drawn = async (columns: number, env: Record<string, string>): Promise<string> => {
      const { stdout } = await runOnTerminal(['jwt', 'list'], [], { home, cwd, env }, columns);
      return stripVTControlCharacters(stdout);
    };
    expect(await drawn(100, { LC_ALL: 'C.UTF-8' })).to.match(
      / Time line +│[^]*│ ·*─*┿━+●·* *│[^]*Time line: │ today, ┊ in 30/,
    );
    expect(await drawn(100, { LC_ALL: 'C' })).to.match(/│ \.*-*\+=+o\.* *│[^]*Time line: \| today, : in 30/);
    expect(await drawn(60, { LC_ALL: 'C.UTF-8' })).not.to.contain('Time line');
    expect((await workplace.jwt(['list'])).stdout).not.to.contain('Time line');
  });

  it('refuses a file before it does anything', async () => {
    await workplace.save('orgs.json', '[]');
    const before = await workplace.files();
    const requests = workplace.org.requests.length;
    const refusals = [
      [['logins.pdf'], 2, 'report_format_unknown'],
      [['orgs.json'], 1, 'report_file_other'],
      [['server.key'], 2, 'report_format_unknown'],
      [['server.key/a.html'], 1, 'write_failed'],
      [['fine.html', '--report', 'logins'], 2, 'report_format_unknown'],
      [[''], 1, 'flag_empty'],
    ] as const;
    for (const [paths, status, code] of refusals) {
      const answer = await workplace.json<never>(['list', '--check', '--report', ...paths]);
      expect([answer.status, answer.data?.code], JSON.stringify(answer)).to.deep.equal([status, code]);
    }
    expect(await workplace.files()).to.deep.equal(before);
    expect(workplace.org.requests).to.have.length(requests);
  });
});
