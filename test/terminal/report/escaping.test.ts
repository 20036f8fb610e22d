import fc from 'fast-check';
import { expect } from 'chai';
import { XMLParser } from 'fast-xml-parser';
import { calendarReport } from '../../../src/terminal/report/calendar.js';
import { jsonReport } from '../../../src/terminal/report/json.js';
import { junitReport } from '../../../src/terminal/report/junit.js';
import { markdownReport } from '../../../src/terminal/report/markdown.js';
import { pageReport } from '../../../src/terminal/report/page.js';
import { masked } from '../../../src/terminal/report/presentable.js';
import { sarifReport } from '../../../src/terminal/report/sarif.js';
import type { Report } from '../../../src/terminal/report/report.js';
import { daysFrom, reportOf, rowOf } from '../../support/reports.js';

/** What means something in one of the formats. */
const PIECES = [
  '<script>alert(1)</script>',
  '</style></script>',
  '<!--',
  '-->',
  ']]>',
  '<![CDATA[',
  '&amp;',
  '&#x3c;',
  '"',
  "'",
  '`',
  '```',
  '|',
  '\\',
  '\n',
  '\r\n',
  '\t',
  ';',
  ',',
  'END:VCALENDAR',
  '\nBEGIN:VEVENT',
  '[a](javascript:alert(1))',
  '![a](https://example.com/x.png)',
  '<img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '# heading',
  '- item',
  ' onmouseover=alert(1) ',
  '${{ secrets.KEY }}',
  '\u0000',
  '\u001b[31m',
  '\u009b31m',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\ufffe',
  '\ud800',
  '\u2028',
  '👩‍👩‍👧',
  'ß',
];
const wild = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 5 })
  .map((pieces) => `x${pieces.join('')}y`);

const wildReport = fc
  .record({
    title: wild,
    command: wild,
    source: wild,
    org: wild,
    username: wild,
    app: wild,
    clientId: wild,
    message: wild,
    fix: wild,
  })
  .map(({ title, command, source, fix, ...row }): Report => {
    const findings = [{ code: 'some_code', severity: 'error' as const, message: row.message, fix }];
    return reportOf([rowOf({ ...row, state: 'error', command, findings, line: 3 })], { title, command, source });
  });
const PLAIN = reportOf(
  [
    rowOf({
      state: 'error',
      command: 'c',
      message: 'm',
      line: 3,
      findings: [{ code: 'some_code', severity: 'error', message: 'm', fix: 'f' }],
    }),
  ],
  { source: 's' },
);

/** What steers a terminal, turns its text, or is no character at all. */
const STEERING = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/;

describe('whatever stands in a report', () => {
  const always = (check: (report: Report) => void): void => fc.assert(fc.property(wildReport, check), { numRuns: 100 });
  const tagsOf = (markup: string): string[] =>
    markup.match(/<[^<>]*>/g)?.map((tag) => /^<[!/?]?[\w-]*/.exec(tag)?.[0] ?? '') ?? [];

  it('makes no tag of a page, and no attribute', () => {
    const attributes = (page: string): string[] =>
      [...page.matchAll(/<[a-z][^<>]*>/g)].flatMap(([tag]) =>
        [...tag.replace(/="[^"]*"/g, '=').matchAll(/ ([\w-]+)/g)].map(([, name]) => name!),
      );
    const [tags, names] = [tagsOf(pageReport(PLAIN)), attributes(pageReport(PLAIN))];
    always((report) => {
      const page = pageReport(report);
      expect(tagsOf(page)).to.deep.equal(tags);
      expect(attributes(page)).to.deep.equal(names);
      expect(page).not.to.match(STEERING);
      expect(page.isWellFormed()).to.equal(true);
    });
  });

  it('leaves JUnit’s XML what it is, and comes back as it was', () => {
    const tags = tagsOf(junitReport(PLAIN));
    const parser = new XMLParser({ ignoreAttributes: false, trimValues: false, htmlEntities: true });
    always((report) => {
      const xml = junitReport(report);
      expect(xml).not.to.match(/&(?!(amp|lt|gt|quot|#39);)/);
      expect(tagsOf(xml)).to.deep.equal(tags);
      expect(xml).not.to.match(STEERING);
    });
    const org = `a<b> & "c" 'd' ]]> e`;
    const { testsuites } = parser.parse(junitReport(reportOf([rowOf({ org })]))) as {
      testsuites: { testsuite: { testcase: Record<string, string> } };
    };
    expect(testsuites.testsuite.testcase['@_classname']).to.equal(org);
  });

  it('makes no row, cell, tag or link of Markdown, and ends no block', () => {
    always((report) => {
      const text = markdownReport(report);
      const lines = text.split('\n');
      const row = lines.filter((line) => line.startsWith('| '))[2]!;
      expect(row.replace(/\\./g, '').match(/\|/g), row).to.have.length(5);
      const prose = outsideCode(lines);
      expect(prose.replace(/<br>|<!-- sf-plugin-jwt report -->/g, ''), prose).not.to.match(/[<>]/);
      expect(prose.replace(/\\./g, '')).not.to.match(/\]\(|:\/\/|^\s*- x/m);
      expect(prose.match(/^#/gm)).to.have.length(2);
      expect(text).not.to.match(STEERING);
    });
  });

  it('leaves a calendar its lines', () => {
    const names = (text: string): string[] =>
      text
        .replaceAll('\r\n ', '')
        .split('\r\n')
        .map((line) => /^[A-Z-]+/.exec(line)?.[0] ?? '');
    const expected = names(calendarReport(PLAIN));
    always((report) => {
      const text = calendarReport(report);
      expect(names(text)).to.deep.equal(expected);
      expect(text.replaceAll('\r\n', '')).not.to.match(/[\r\n]/);
      for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).to.be.at.most(75);
    });
  });

  it('is said to programs as it is, with all escaped that steers', () => {
    always((report) => {
      const json = jsonReport(report);
      expect(json).not.to.match(/[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      expect((JSON.parse(json) as Report).rows[0]?.message).to.equal(report.rows[0]?.message);
      const sarif = JSON.parse(sarifReport(report)) as { runs: Array<{ results: unknown[] }> };
      expect(sarif.runs[0]?.results).to.have.length(1);
    });
  });

  it('holds no secret', () => {
    const secrets = [
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----',
      '00Dxx0000000001!AQEAQKexampleOfASessionId.0123456789',
      'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl',
    ];
    for (const secret of secrets) {
      const report = masked(
        reportOf(
          [
            rowOf({
              org: secret,
              message: secret,
              state: 'error',
              command: `sf jwt grant ${secret}`,
              findings: [{ code: 'a', severity: 'error', message: secret, fix: secret }],
            }),
          ],
          { title: secret },
        ),
      );
      for (const write of [pageReport, junitReport, markdownReport, calendarReport, jsonReport, sarifReport])
        for (const part of secret.split(/[\n!.]/).filter((each) => each.length > 12 && !each.includes('---')))
          expect(write(report), write.name).not.to.contain(part);
    }
  });

  it('may be a date that is none', () => {
    const certificate = { notBefore: new Date(NaN), notAfter: new Date(NaN) };
    for (const write of [pageReport, junitReport, markdownReport, calendarReport, jsonReport, sarifReport])
      expect(() =>
        write(
          masked(reportOf([rowOf({ certificate }), rowOf({ certificate: { ...certificate, notAfter: daysFrom(1) } })])),
        ),
      ).not.to.throw();
  });
});

/** The text of Markdown without fenced blocks and code spans. */
function outsideCode(lines: string[]): string {
  let fence: string | undefined;
  const prose = lines.filter((line) => {
    const [ticks] = /^`{3,}/.exec(line) ?? [];
    if (fence === undefined && ticks !== undefined) {
      fence = ticks;
      return false;
    }
    if (fence !== undefined && line === fence) {
      fence = undefined;
      return false;
    }
    return fence === undefined;
  });
  expect(fence).to.equal(undefined);
  // An escaped tick begins none.
  return prose.join('\n').replace(/(?<![\\`])(`+) [^]*? \1(?!`)/g, '');
}
