import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { XMLParser } from 'fast-xml-parser';
import { calendarReport } from '../../../src/terminal/report/calendar.js';
import { jsonReport } from '../../../src/terminal/report/json.js';
import { junitReport } from '../../../src/terminal/report/junit.js';
import { markdownReport } from '../../../src/terminal/report/markdown.js';
import { pageReport } from '../../../src/terminal/report/page.js';
import { sarifReport } from '../../../src/terminal/report/sarif.js';
import type { ReportRow } from '../../../src/terminal/report/report.js';
import { timeAxis } from '../../../src/terminal/report/time-axis.js';
import { daysFrom, EACH_STATE, MADE, reportOf, rowOf } from '../../support/reports.js';

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '..', '..', '..');

type Test = { '@_name': string; '@_classname': string; '@_file'?: string; 'failure'?: unknown; 'skipped'?: unknown };

/** The tests in JUnit's XML, as a program reads them. */
function testsIn(xml: string): { counts: Record<string, string>; tests: Test[] } {
  const parser = new XMLParser({ ignoreAttributes: false, isArray: (name) => name === 'testcase' });
  const { testsuites } = parser.parse(xml) as {
    testsuites: Record<string, string> & { testsuite: { testcase?: Test[] } };
  };
  return { counts: testsuites, tests: testsuites.testsuite.testcase ?? [] };
}

describe('a report', () => {
  describe('as JUnit', () => {
    it('has a test for each row: what fails is a failure, what wasn’t checked is skipped', () => {
      const { counts, tests } = testsIn(junitReport(reportOf(EACH_STATE)));
      expect(counts).to.include({ '@_tests': '5', '@_failures': '1', '@_skipped': '2', '@_errors': '0' });
      const fates = tests.map((test) => ('failure' in test ? 'failure' : 'skipped' in test ? 'skipped' : 'passed'));
      expect(fates).to.deep.equal(['passed', 'passed', 'failure', 'skipped', 'skipped']);
      expect(tests[2]).to.deep.include({
        '@_classname': 'globex',
        '@_name': 'deploy@globex.example.com, app JwtBearer',
      });
      expect(tests[2]?.failure)
        .to.include({ '@_type': 'certificate_ended' })
        .and.to.have.property('#text')
        .that.contains('35 days ago');
    });

    it('has tests that a CI tells apart, though rows are the same', () => {
      const { tests } = testsIn(junitReport(reportOf([rowOf(), rowOf(), rowOf()])));
      expect(new Set(tests.map((test) => test['@_name'])).size).to.equal(3);
    });

    it('names the file and the line that a row comes from', () => {
      const { tests } = testsIn(junitReport(reportOf([rowOf({ line: 7 })], { source: 'fleet/orgs.csv' })));
      expect(tests[0]).to.include({ '@_file': 'fleet/orgs.csv', '@_line': '7' });
    });

    it('may be empty', () => {
      expect(testsIn(junitReport(reportOf([]))).tests).to.deep.equal([]);
    });
  });

  describe('as SARIF', () => {
    const schema = join(dirname(require.resolve('schemastore/package.json')), 'schemas', 'json', 'sarif-2.1.0.json');
    const validate = new Ajv({ strict: false, unicodeRegExp: false, validateFormats: false, logger: false }).compile(
      JSON.parse(readFileSync(schema, 'utf8')) as object,
    );
    type Log = {
      runs: [{ results: Array<{ ruleId: string; level: string; locations: unknown[]; partialFingerprints: object }> }];
    };
    const logOf = (rows: ReportRow[], source?: string): Log => {
      const log = JSON.parse(sarifReport(reportOf(rows, { source }))) as Log;
      expect(validate(log), JSON.stringify(validate.errors)).to.equal(true);
      return log;
    };

    it('is as its schema says, with a result for each finding that isn’t in order', () => {
      const { results } = logOf(EACH_STATE).runs[0];
      expect(results.map(({ ruleId, level }) => [ruleId, level])).to.deep.equal([
        ['row_not_in_order', 'warning'],
        ['certificate_ended', 'error'],
        ['client_id_shape', 'warning'],
        ['row_not_checked', 'note'],
      ]);
      expect(logOf([]).runs[0].results).to.deep.equal([]);
    });

    it('has a place in the orgs file for each result, and else a name for the org', () => {
      const placeOf = (row: ReportRow, source?: string) => logOf([row], source).runs[0].results[0]?.locations[0];
      const row = rowOf({ state: 'error', org: 'a b', line: 4 });
      const at = (uri: string, startLine: number) => ({ artifactLocation: { uri }, region: { startLine } });
      expect(placeOf(row, 'my orgs.csv')).to.deep.include({ physicalLocation: at('my%20orgs.csv', 4) });
      expect(placeOf({ ...row, line: undefined })).to.deep.include({ physicalLocation: at('orgs/a%20b', 1) });
    });

    it('knows a result again on another day', () => {
      const fingerprints = (message: string): object[] =>
        logOf([rowOf({ state: 'error', message })]).runs[0].results.map((result) => result.partialFingerprints);
      expect(fingerprints('in 3 days')).to.deep.equal(fingerprints('in 2 days'));
    });
  });

  describe('as a calendar', () => {
    type Component = {
      getAllSubcomponents: (name: string) => Component[];
      getFirstPropertyValue: (name: string) => unknown;
    };
    const { parse, Component } = require('ical.js') as {
      parse: (text: string) => unknown;
      Component: new (parsed: unknown) => Component;
    };
    const eventsOf = (text: string): Component[] => new Component(parse(text)).getAllSubcomponents('vevent');
    const property = (text: string, name: string): string[] =>
      eventsOf(text).map((event) => String(event.getFirstPropertyValue(name)));

    it('has an event at the end of each certificate, with reminders', () => {
      const text = calendarReport(reportOf(EACH_STATE));
      expect(property(text, 'dtstart')).to.deep.equal(
        [265, 15, -35, 2000].map((days) => daysFrom(days).toISOString().replace('.000', '')),
      );
      expect(eventsOf(text)[0]?.getAllSubcomponents('valarm')).to.have.length(2);
      expect(property(text, 'summary')[0]).to.equal('Certificate of JwtBearer (acme-prod) ends');
    });

    it('has one event for all logins with the same certificate', () => {
      const [event, ...others] = property(
        calendarReport(reportOf([rowOf(), rowOf({ username: 'b@x.com' })])),
        'description',
      );
      expect(others).to.deep.equal([]);
      expect(event).to.contain('Logins: ci@acme.example.com, b@x.com');
    });

    it('has the same event after a rotation, in a later state', () => {
      const before = calendarReport(reportOf([rowOf()]));
      const after = calendarReport(
        reportOf([rowOf({ certificate: { notAfter: daysFrom(900) } })], { made: daysFrom(200) }),
      );
      expect(property(after, 'uid')).to.deep.equal(property(before, 'uid'));
      expect(Number(property(after, 'sequence')[0])).to.be.above(Number(property(before, 'sequence')[0]));
      expect(new Set(property(calendarReport(reportOf(EACH_STATE)), 'uid')).size).to.equal(4);
    });

    it('has lines of no more than 75 octets, and no character in two', () => {
      const name = 'Österreichische Zertifikate 👩‍👩‍👧 '.repeat(8);
      const text = calendarReport(reportOf([rowOf({ org: name })]));
      for (const line of text.split('\r\n')) {
        expect(Buffer.byteLength(line)).to.be.at.most(75);
        expect(Buffer.from(line).toString()).to.equal(line);
      }
      expect(text.replaceAll('\r\n', '')).not.to.match(/[\r\n]/);
      expect(property(text, 'summary')[0]).to.contain(name.trim());
    });
  });

  describe('as JSON', () => {
    it('says what a program can’t work out so easily', () => {
      const report = JSON.parse(jsonReport(reportOf(EACH_STATE))) as {
        counts: object;
        rows: Array<{ certificate?: object }>;
      };
      expect(report.counts).to.deep.equal({ error: 1, warning: 1, unknown: 1, notBegun: 1, ok: 1 });
      expect(report.rows[1]?.certificate).to.deep.equal({
        notBefore: daysFrom(-350).toISOString(),
        notAfter: daysFrom(15).toISOString(),
        daysLeft: 15,
        lifeUsed: 95,
      });
      expect(report.rows[3]).not.to.have.property('certificate');
    });

    it('is as its schema says, which knows every field', () => {
      type Schema = { properties?: Record<string, Schema>; items?: Schema; additionalProperties?: unknown };
      const schema = JSON.parse(readFileSync(join(ROOT, 'docs', 'report.schema.json'), 'utf8')) as Schema & {
        definitions: { row: Schema };
      };
      // Programs take what a later version adds; here, nothing may be missing from the schema.
      const close = (each: Schema): void => {
        if (each.properties !== undefined) each.additionalProperties ??= false;
        for (const inner of [
          ...Object.values(each.properties ?? {}),
          ...(each.items === undefined ? [] : [each.items]),
        ])
          close(inner);
      };
      close(schema);
      close(schema.definitions.row);
      const validate = new Ajv({ validateFormats: false, allErrors: true }).compile(schema);
      const full = reportOf([...EACH_STATE, rowOf({ line: 3 })], { source: 'orgs.csv' });
      for (const report of [full, reportOf([])])
        expect(validate(JSON.parse(jsonReport(report))), JSON.stringify(validate.errors)).to.equal(true);
      expect(validate({ ...(JSON.parse(jsonReport(full)) as object), rows: [{ org: 'a' }] })).to.equal(false);
    });
  });

  describe('as Markdown', () => {
    it('has a row for each, the most pressing on top, and commands to copy', () => {
      const text = markdownReport(reportOf(EACH_STATE));
      const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
      expect(rows.map((line) => /\*\*(.*?)\*\*/.exec(line)?.[1])).to.deep.equal([
        undefined,
        'globex',
        'acme-uat',
        'initech',
        'umbrella',
        'acme-prod',
      ]);
      expect(text).to.contain(
        "\n```text\nsf jwt doctor --username deploy@globex.example.com --jwt-key-file 'the key.pem'\n```\n",
      );
    });

    it('says how many rows it leaves out', () => {
      expect(markdownReport(reportOf(EACH_STATE), 2)).to.contain('3 more rows are left out here');
    });
  });

  describe('as a page', () => {
    it('says how soon certificates end', () => {
      const page = pageReport(reportOf(EACH_STATE));
      for (const words of [
        'Ended: 1',
        'End within 30 days: 1',
        'End not known: 1',
        '95 % of its life used',
        'in 15 days',
      ])
        expect(page).to.contain(words);
    });

    it('may be empty', () => {
      expect(pageReport(reportOf([]))).to.contain('There is nothing to report on.');
    });

    it('draws all certificates over one time, of which a far end is cut off', () => {
      const axis = timeAxis(EACH_STATE, MADE);
      expect([axis.at(axis.begin), axis.at(daysFrom(9000)), axis.at(daysFrom(-9000))]).to.deep.equal([0, 1, 0]);
      expect((axis.end - MADE.getTime()) / 86_400_000).to.equal(730);
      const [short] = [timeAxis([rowOf({ certificate: { notAfter: daysFrom(3) } })], MADE)];
      expect(short.at(daysFrom(90))).to.be.below(1);
    });
  });
});
