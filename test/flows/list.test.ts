import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { byEnd, oneLineTable } from '../../src/flows/list/one-line.js';
import { listReport } from '../../src/flows/list/to-report.js';
import type { ReportRow } from '../../src/terminal/report/report.js';
import { textLines } from '../../src/terminal/report/text-line.js';
import { problemLines, withoutEnd, type LoginRow } from '../../src/flows/list/report.js';

/** A login whose certificate has so many days left; undefined: nobody knows. */
const row = (username: string, daysLeft: number | undefined, more: Partial<LoginRow> = {}): LoginRow => ({
  username,
  aliases: [],
  org: { id: '00D1', name: 'Acme', instanceUrl: '', loginUrl: '', kind: 'production', isDevHub: false },
  clientId: '3MVG9',
  key: { storage: 'copy', path: '/k', state: 'usable', readableByOthers: false, error: null },
  certificate:
    daysLeft === undefined
      ? null
      : {
          path: '/c',
          notBefore: '2026-01-01T00:00:00.000Z',
          notAfter: '2027-01-01T00:00:00.000Z',
          daysLeft,
          matchesKey: true,
          error: null,
        },
  login: null,
  expiring: false,
  error: null,
  ...more,
});

describe('the list of logins', () => {
  const NINE = [
    ...[400, -3, undefined, 20, 90, 1, 365, undefined, 31].map((days, index) =>
      row(`integration.user.number${index}@subsidiary-of-acme.example.com.dev${index}`, days, {
        aliases: [`org${index}`],
      }),
    ),
  ];

  it('has a line for each at 80 columns, and what ends first on top', () => {
    const { columns, data } = oneLineTable(NINE, undefined, 80);
    expect(data.map(({ login, days }) => `${login} ${days}`.trim())).to.deep.equal([
      'org1 -3',
      'org5 1',
      'org3 20',
      'org8 31',
      'org4 90',
      'org6 365',
      'org0 400',
      'org2',
      'org7',
    ]);
    expect(data[0]?.state).to.equal('key copy, ended');
    for (const line of data) {
      const cells = columns.map(({ key, name }) => Math.max(name.length, line[key].length));
      expect(cells.reduce((sum, length) => sum + length, 3 * cells.length + 1)).to.be.at.most(80);
    }
  });

  it('draws a time line where the terminal has room for it, and names for the rest', () => {
    const now = new Date('2026-06-01T00:00:00Z');
    const drawn = (width: number | undefined, unicode = true) =>
      oneLineTable(NINE, undefined, width, (lives, room) => textLines(lives, now, { width: room, unicode }));
    const lines = ({ data }: ReturnType<typeof drawn>): string[] =>
      data.map(({ timeLine }) => stripVTControlCharacters(timeLine));
    const narrow = drawn(90);
    expect(narrow.columns.map(({ key }) => key)).to.deep.equal(['login', 'org', 'ends', 'days', 'timeLine', 'state']);
    const [first] = lines(narrow);
    expect(first).to.match(/^[─┿━●┊·]{16,36}$/);
    expect(new Set(lines(narrow).map((line) => line.length)).size).to.equal(1);
    expect(lines(drawn(90, false)).join('')).to.match(/^[-+=o:.|]+$/);
    for (const width of [undefined, 60])
      expect(
        drawn(width).columns.map(({ key }) => key),
        String(width),
      ).not.to.include('timeLine');
    const wide = drawn(200);
    expect(wide.columns).to.have.length(7);
    for (const { columns, data } of [narrow, wide])
      for (const line of data)
        expect(
          columns.reduce(
            (sum, { key, name }) => sum + Math.max(name.length, stripVTControlCharacters(line[key]).length) + 3,
            1,
          ),
        ).to.be.at.most(200);
  });

  it('shows username and alias where there is room for both', () => {
    const { columns } = oneLineTable(NINE, undefined, undefined);
    expect(columns.map(({ key }) => key)).to.deep.equal(['username', 'alias', 'org', 'ends', 'days', 'state']);
  });

  it('takes the end of another key’s certificate for unknown', () => {
    const other = row('b@x.com', 5);
    other.certificate!.matchesKey = false;
    expect(byEnd([other, row('a@x.com', 9)]).map(({ username }) => username)).to.deep.equal(['a@x.com', 'b@x.com']);
    expect(withoutEnd([other, row('a@x.com', 9)])).to.match(/: b@x\.com$/);
  });

  it('says once what concerns several, or all', () => {
    const error = { code: 'file_missing', message: 'There is no file /k.' };
    const key = { storage: 'path', path: '/k', state: 'missing', readableByOthers: false, error } as const;
    const [a, b, c] = ['a', 'b', 'c'].map((name) => row(`${name}@x.com`, undefined, { key }));
    expect(problemLines([a!, b!, c!], false)).to.deep.equal(['All 3 logins: There is no file /k.']);
    expect(problemLines([a!, b!, row('d@x.com', 3)], false)).to.deep.equal(['a@x.com, b@x.com: There is no file /k.']);
    expect(withoutEnd([a!, b!, c!])).to.match(/: All 3 logins$/);
    expect(withoutEnd([row('d@x.com', 3)])).to.equal(undefined);
    expect(withoutEnd([a!, b!, c!])).to.contain('--allow-unknown');
    expect(withoutEnd([a!, b!, c!], true))
      .to.match(/: All 3 logins$/)
      .and.not.to.contain('--allow-unknown');
  });

  describe('in a report', () => {
    const made = new Date('2026-11-26T00:00:00Z');
    const verdictOf = (each: LoginRow, judged = false): unknown[] => {
      const report = listReport([each], { bin: 'sf', command: 'sf jwt list', made, judged });
      const [{ state, message, command }] = report.rows as [ReportRow];
      return [state, message, command?.split(' ').slice(0, 3).join(' ')];
    };
    const error = { code: 'user_not_admin_approved', message: 'Refused.', actions: [] };
    const missing = { storage: 'path', path: '/k', state: 'missing', readableByOthers: false } as const;

    it('has the state that counts most', () => {
      const rotate = 'sf jwt rotate';
      const cases: Array<[LoginRow, unknown[], unknown[]?]> = [
        [
          row('a', 400),
          [
            'ok',
            'The key can be used and the certificate is valid; the login wasn’t tried.'.replace('’', "'"),
            undefined,
          ],
        ],
        [row('a', 400, { login: 'works' }), ['ok', 'The login works.', undefined]],
        [
          row('a', 400, { login: 'untried' }),
          ['unknown', "The login can't be tried, since no key is stored.", undefined],
        ],
        [
          row('a', 20),
          ['warning', 'The certificate ends on 2027-01-01.', rotate],
          ['ok', "The key can be used and the certificate is valid; the login wasn't tried.", undefined],
        ],
        [row('a', 400, { expiring: true }), ['warning', 'The certificate ends on 2027-01-01.', rotate]],
        [row('a', -1), ['error', 'The certificate ended on 2027-01-01.', rotate]],
        [row('a', -1, { login: 'fails', error }), ['error', 'Refused.', 'sf jwt doctor']],
        [
          row('a', 400, { key: { ...missing, error: { code: 'file_missing', message: 'No file.' } } }),
          ['error', 'No file.', undefined],
        ],
        [row('a', undefined), ['unknown', "It isn't known when the certificate ends.", undefined]],
        [
          row('a', undefined, { login: 'works' }),
          ['ok', "The login works. It isn't known when the certificate ends.", undefined],
          ['unknown', "It isn't known when the certificate ends.", undefined],
        ],
        [
          row('a', undefined, { org: null, clientId: null, key: null, error: { ...error, message: 'Damaged.' } }),
          ['error', 'Damaged.', undefined],
        ],
      ];
      for (const [each, plain, judged = plain] of cases) {
        expect(verdictOf(each), JSON.stringify(each)).to.deep.equal(plain);
        expect(verdictOf(each, true), JSON.stringify(each)).to.deep.equal(judged);
      }
    });
  });
});
