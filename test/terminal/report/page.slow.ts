import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { junitReport } from '../../../src/terminal/report/junit.js';
import { pageReport } from '../../../src/terminal/report/page.js';
import type { Report } from '../../../src/terminal/report/report.js';
import { Browser, chromium, type Page } from '../../support/browser.js';
import { EACH_STATE, reportOf, rowOf } from '../../support/reports.js';
import { needs } from '../../support/tools.js';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

describe('the page of a report, in a browser', function () {
  this.timeout(120_000);
  let browser: Browser | undefined;
  let folder = '';
  const pages: Page[] = [];

  before(async function () {
    needs(this, chromium !== undefined, 'Chromium');
    folder = await mkdtemp(join(tmpdir(), 'jwt-page-'));
    browser = await Browser.open();
  });
  after(async () => {
    await browser?.close();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    for (const page of pages.splice(0)) {
      expect(page.complaints(), JSON.stringify(page.complaints())).to.deep.equal([]);
      expect(page.requests()).to.have.length(1);
    }
  });

  async function open(report: Report, look: Parameters<Browser['page']>[1] = {}): Promise<Page> {
    const path = join(folder, `${Math.random()}.html`);
    await writeFile(path, pageReport(report));
    const page = await browser!.page(pathToFileURL(path).href, look);
    pages.push(page);
    return page;
  }

  const shown = (page: Page): Promise<string[]> =>
    page.evaluate(
      `[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetParent !== null).map((row) => row.querySelector('b').textContent)`,
    );
  const press = (page: Page, head: string): Promise<string | null> =>
    page.evaluate(
      `(() => { const head = document.querySelector('th[data-sort=${head}]'); head.querySelector('button').click(); return head.getAttribute('aria-sort'); })()`,
    );

  it('shows what is most pressing first, and sorts by a column, both ways', async () => {
    const page = await open(reportOf(EACH_STATE));
    expect(await shown(page)).to.deep.equal(['globex', 'acme-uat', 'initech', 'umbrella', 'acme-prod']);
    expect(await press(page, 'org')).to.equal('ascending');
    expect(await shown(page)).to.deep.equal(['acme-prod', 'acme-uat', 'globex', 'initech', 'umbrella']);
    expect(await press(page, 'org')).to.equal('descending');
    expect(await shown(page)).to.deep.equal(['umbrella', 'initech', 'globex', 'acme-uat', 'acme-prod']);
    expect(await press(page, 'ends')).to.equal('ascending');
    expect(await shown(page)).to.deep.equal(['globex', 'acme-uat', 'acme-prod', 'umbrella', 'initech']);
    await press(page, 'state');
    expect(await shown(page)).to.deep.equal(['globex', 'acme-uat', 'initech', 'umbrella', 'acme-prod']);
    expect(await page.evaluate(`document.querySelectorAll('[aria-sort]').length`)).to.equal(1);
  });

  it('shows the rows that hold all words, and the states that are wanted', async () => {
    const page = await open(reportOf(EACH_STATE));
    const type = (words: string): Promise<void> =>
      page.evaluate(
        `(() => { const filter = document.getElementById('filter'); filter.value = ${JSON.stringify(words)}; filter.dispatchEvent(new Event('input')); })()`,
      );
    await type('ACME soon');
    expect(await shown(page)).to.deep.equal(['acme-uat']);
    expect(await page.evaluate(`document.getElementById('shown').textContent`)).to.equal('1 of 5 shown');
    await type('');
    await page.evaluate(
      `document.querySelector('input[value=ok]').click(), document.querySelector('input[value=error]').click()`,
    );
    expect(await shown(page)).to.deep.equal(['acme-uat', 'initech', 'umbrella']);
    await press(page, 'org');
    expect(await shown(page)).to.deep.equal(['acme-uat', 'initech', 'umbrella']);
    await type('nothing has this');
    expect(await shown(page)).to.deep.equal([]);
  });

  it('copies a command as it is', async () => {
    const page = await open(reportOf(EACH_STATE));
    await page.evaluate(
      `Object.defineProperty(navigator, 'clipboard', { value: { writeText: (text) => { window.copied = text; return Promise.resolve(); } } })`,
    );
    await page.evaluate(`document.querySelector('button.copy').click()`);
    expect(await page.evaluate('window.copied')).to.equal(EACH_STATE[2]?.command);
    expect(await page.evaluate(`document.querySelector('button.copy').textContent`)).to.equal('Copied');
    // A browser may refuse it: then the command is selected.
    await page.evaluate(
      `Object.defineProperty(navigator.clipboard, 'writeText', { value: () => Promise.reject(new Error('no')) })`,
    );
    await page.evaluate(`document.querySelectorAll('button.copy')[1].click()`);
    expect(await page.evaluate('getSelection().toString()')).to.equal(EACH_STATE[1]?.command);
  });

  it('can be read without scripts', async () => {
    const page = await open(reportOf(EACH_STATE), { scripts: false });
    await page.send('Emulation.setScriptExecutionDisabled', { value: false });
    expect(await shown(page)).to.have.length(5);
    expect(await page.evaluate(`document.getElementById('controls').offsetParent`)).to.equal(null);
    expect(await page.evaluate(`document.querySelectorAll('button').length`)).to.equal(0);
    expect(
      await page.evaluate(`[...document.querySelectorAll('code.command')].every((code) => code.offsetHeight > 0)`),
    ).to.equal(true);
  });

  for (const dark of [false, true])
    for (const width of [1280, 400])
      it(`has no fault that axe finds: ${dark ? 'dark' : 'light'}, ${width} wide`, async () => {
        const page = await open(reportOf(EACH_STATE), { dark, width });
        const color = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
        expect(color).to.equal(dark ? 'rgb(21, 24, 28)' : 'rgb(255, 255, 255)');
        await page.evaluate(`${AXE}; undefined`);
        type Fault = { id: string; nodes: Array<{ html: string }> };
        const { violations, passes } = await page.evaluate<{ violations: Fault[]; passes: Fault[] }>('axe.run()');
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).to.deep.equal([]);
        expect(passes.map(({ id }) => id)).to.include('color-contrast');
      });

  it('prints, with what is folded and without what only a screen has', async () => {
    const page = await open(reportOf(EACH_STATE), { dark: true });
    const pdf = await page.print();
    expect(pdf.subarray(0, 5).toString()).to.equal('%PDF-');
    await page.send('Emulation.setEmulatedMedia', { media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).to.equal('rgb(255, 255, 255)');
    expect(await page.evaluate(`document.getElementById('controls').offsetParent`)).to.equal(null);
    expect(await page.evaluate(`document.querySelector('details').open`)).to.equal(true);
  });

  it('draws a time line of which every part is where it belongs', async () => {
    const page = await open(reportOf(EACH_STATE));
    const edges = (selector: string): Promise<number[]> =>
      page.evaluate(
        `[...document.querySelectorAll('tbody tr')].map((row) => { const part = row.querySelector('${selector}')?.getBoundingClientRect(); return part === undefined ? -1 : Math.round(part.right); })`,
      );
    const [today, ends] = [await edges('line.today'), await edges('rect.bar')];
    expect(new Set(today).size).to.equal(1);
    // Ended, soon, not known, after the last day that is drawn, and in nine months.
    const [globex, uat, initech, umbrella, prod] = ends as [number, number, number, number, number];
    expect(globex).to.be.below(today[0]!).and.below(uat);
    expect([initech, uat > today[0]! - 3, prod > uat, umbrella > prod]).to.deep.equal([-1, true, true, true]);
  });

  it('runs nothing that stands in a text, and shows it as it is', async () => {
    const evil = `"><script>window.evil = 1</script><img src=x onerror="window.evil=1">' onmouseover='x' </style><style>*{display:none}</style> ]]> &lt;b&gt;`;
    const wild = rowOf({
      org: evil,
      username: evil,
      app: evil,
      message: evil,
      command: evil,
      state: 'error',
      findings: [{ code: 'a', severity: 'error', message: evil, fix: evil }],
    });
    const report = reportOf([wild], { title: evil, command: evil });
    const page = await open(report);
    expect(await page.evaluate('window.evil ?? null')).to.equal(null);
    expect(await page.evaluate(`document.querySelectorAll('script, style, img').length`)).to.equal(2);
    expect(await page.evaluate(`document.querySelector('tbody b').textContent`)).to.equal(evil);
    expect(await page.evaluate(`document.querySelector('code.command').textContent`)).to.equal(evil);
    expect(await page.evaluate('document.title')).to.equal(evil);
    // A reader of XML that isn't ours.
    const xml = JSON.stringify(junitReport(report));
    const parsed = `new DOMParser().parseFromString(${xml}, 'text/xml')`;
    expect(await page.evaluate(`${parsed}.querySelector('parsererror')?.textContent ?? null`)).to.equal(null);
    expect(await page.evaluate(`${parsed}.querySelector('testcase').getAttribute('classname')`)).to.equal(evil);
  });

  it('shows two thousand rows', async () => {
    const rows = Array.from({ length: 2000 }, (_, index) => rowOf({ org: `org-${String(index).padStart(4, '0')}` }));
    const page = await open(reportOf(rows));
    expect(await page.evaluate(`document.getElementById('shown').textContent`)).to.equal('2000 of 2000 shown');
    await press(page, 'org');
    await press(page, 'org');
    expect((await shown(page))[0]).to.equal('org-1999');
  });
});
