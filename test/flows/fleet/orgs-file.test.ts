import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { explain } from '../../../src/terminal/explain.js';
import { isFailure, type Failure, type FailureCode } from '../../../src/failure.js';
import { readOrgsFile, rowsOf } from '../../../src/flows/fleet/orgs-file.js';
import type { Format } from '../../../src/flows/fleet/rows.js';
import { checkRows, isFaulty, type FaultyRow, type OrgRow, type RawRow } from '../../../src/flows/fleet/rows.js';
import { rejectionOf } from '../../support/failures.js';
import { pairOf } from '../../support/key-pair.js';

const read = (text: string, format: Format): Promise<RawRow[]> => rowsOf({ text, source: 'orgs', format });
const checked = async (text: string, format: Format): Promise<Array<OrgRow | FaultyRow>> =>
  checkRows(await read(text, format), 'orgs');

/** The code of each faulty row by its line. */
async function faults(text: string, format: Format): Promise<Record<number, string>> {
  const rows = (await checked(text, format)).filter(isFaulty);
  return Object.fromEntries(rows.map(({ line, fault }) => [line, fault.code]));
}

describe('an orgs file', () => {
  const values = { 'username': 'ci@a.example.com', 'instance-url': 'https://a.example.com', 'alias': 'a' };

  it('is CSV with a header, and quotes, empty lines, comments and line breaks within quotes', async () => {
    const text = `username,instance-url,alias

# the first one
ci@a.example.com,https://a.example.com,a
"ci@b.example.com" ,"https://b.example.com/?a=1,2","b
2"

ci@c.example.com,,c
`;
    expect(await read(text, 'csv')).to.deep.equal([
      { line: 4, values },
      {
        line: 5,
        values: { 'username': 'ci@b.example.com', 'instance-url': 'https://b.example.com/?a=1,2', 'alias': 'b\n2' },
      },
      { line: 8, values: { username: 'ci@c.example.com', alias: 'c' } },
    ]);
  });

  it('may have rows that were cleared in a spreadsheet, which count for nothing but their lines', async () => {
    const text = ',,\nusername,alias\n,\n\nci@a.example.com,a\n# x\n , ""\n,,,\n" ","\n"\nci@b.example.com,b\n,\nc\n';
    const rows = await read(text, 'csv');
    expect(rows.map(({ line, values: { username } }) => [line, username])).to.deep.equal([
      [5, 'ci@a.example.com'],
      [11, 'ci@b.example.com'],
      [13, undefined],
    ]);
    expect(rows[2]?.fault?.code).to.equal('orgs_row_columns');
  });

  for (const delimiter of [';', '\t']) {
    it(`is CSV as spreadsheets make it too, separated by ${JSON.stringify(delimiter)}`, async () => {
      const text = `username,instance-url,alias\nci@a.example.com,https://a.example.com,a`.replaceAll(',', delimiter);
      expect(await read(text, 'csv')).to.deep.equal([{ line: 2, values }]);
    });
  }

  it('is a list in YAML or an object with "orgs", and what stands there is what it was written as', async () => {
    const text = `# ours
- username: ci@a.example.com
  instance-url: https://a.example.com
  alias: 007
- { username: ci@b.example.com, alias: null, client-id: 3MVG9 }
-
  username: &name ci@c.example.com
  alias: *name
`;
    const rows: RawRow[] = [
      { line: 2, values: { ...values, alias: '007' } },
      { line: 5, values: { 'username': 'ci@b.example.com', 'client-id': '3MVG9' } },
      { line: 7, values: { username: 'ci@c.example.com', alias: 'ci@c.example.com' } },
    ];
    expect(await read(text, 'yaml')).to.deep.equal(rows);
    expect(await read(`orgs:\n${text}`, 'yaml')).to.deep.equal(rows.map((row) => ({ ...row, line: row.line + 1 })));
  });

  it('is JSON, with tabs and with the lines of it', async () => {
    const json = JSON.stringify({ orgs: [values, { username: 'ci@b.example.com' }] }, null, '\t');
    expect((await read(json, 'yaml')).map(({ line }) => line)).to.deep.equal([3, 8]);
    expect((await read(JSON.stringify([values]), 'yaml'))[0]).to.deep.equal({ line: 1, values });
  });

  it('names its columns in any of the usual spellings', async () => {
    const header = 'userName,INSTANCE_URL,Alias,Client ID,jwt_key_file,audience';
    const [row] = await read(`${header}\n1,2,3,4,5,6`, 'csv');
    expect(row!.values).to.deep.equal({
      'username': '1',
      'instance-url': '2',
      'alias': '3',
      'client-id': '4',
      'jwt-key-file': '5',
      'audience': '6',
    });
  });

  it('says the same in all three formats', async () => {
    const text = fc
      .string({ minLength: 1, maxLength: 20 })
      .map((value) => value.trim())
      .filter((value) => value !== '');
    const row = fc.record({ 'username': text, 'alias': text, 'client-id': text, 'jwt-key-file': text });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
        const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
        const csv = [Object.keys(rows[0]!).join(','), ...rows.map((each) => Object.values(each).map(quote).join(','))];
        for (const [written, format] of [
          [JSON.stringify(rows), 'yaml'],
          [JSON.stringify({ orgs: rows }, null, 2), 'yaml'],
          [stringify(rows), 'yaml'],
          [csv.join('\n'), 'csv'],
        ] as const)
          expect(
            (await read(written, format)).map((each) => each.values),
            written,
          ).to.deep.equal(rows);
      }),
    );
  });

  describe('that can’t be read as a whole', () => {
    const cases: Array<[what: string, format: Format, text: string, code: FailureCode, line: number | undefined]> = [
      ['without rows', 'csv', 'username,alias\n', 'orgs_file_empty', undefined],
      ['without anything', 'csv', '\n\n', 'orgs_file_empty', undefined],
      ['without anything', 'yaml', '# nothing\n', 'orgs_file_empty', undefined],
      ['with an empty list', 'yaml', '{"orgs": []}', 'orgs_file_empty', undefined],
      ['with a quote that isn’t closed', 'csv', 'username,alias\na@b.c,x\nb@b.c,"x\nc@b.c,x\n', 'orgs_file_damaged', 3],
      ['with a quote in the middle', 'csv', 'username,alias\na@b.c,x"y"\n', 'orgs_file_damaged', 2],
      ['damaged after comments', 'csv', '# c\n\nusername,alias\n\n# x\nfoo"bar,b\n', 'orgs_file_damaged', 6],
      ['damaged after empty lines', 'csv', 'username,alias\n\n# x\n\n"foo"bar,b\n', 'orgs_file_damaged', 5],
      ['damaged after cleared rows', 'csv', 'username,alias\n,\n,\nfoo"bar,b\n', 'orgs_file_damaged', 4],
      ['of cleared rows', 'csv', 'username,alias\n,\n , \n', 'orgs_file_empty', undefined],
      ['without a username column', 'csv', '\n\nalias\nx\n', 'orgs_column_missing', 3],
      ['with a column that isn’t one', 'csv', 'username,alais\na@b.c,x\n', 'orgs_column_unknown', 1],
      ['with a column twice', 'csv', 'username,client-id,clientId\na@b.c,1,2\n', 'orgs_column_repeated', 1],
      ['with a comma too many', 'yaml', '[\n{"username": "a@b.c"},,\n]', 'orgs_file_damaged', 2],
      ['without its end', 'yaml', '[\n{"username": "a@b.c"', 'orgs_file_damaged', 2],
      ['with several documents', 'yaml', '- username: a@b.c\n---\n- username: b@b.c\n', 'orgs_file_damaged', 2],
      ['that is one org and no list', 'yaml', '{"username": "a@b.c"}', 'orgs_file_not_a_list', 1],
      ['that is a text', 'yaml', 'orgs', 'orgs_file_not_a_list', 1],
      ['with other things beside the orgs', 'yaml', 'orgs: []\nmore: 1\n', 'orgs_file_not_a_list', 2],
      ['with orgs that are no list', 'yaml', 'orgs:\n  a: 1\n', 'orgs_file_not_a_list', 2],
      ['with an anchor that isn’t there', 'yaml', 'orgs: *x\n', 'orgs_file_not_a_list', 1],
    ];
    for (const [what, format, text, code, line] of cases) {
      it(`${what} (${format}) is ${code}${line === undefined ? '' : ` in line ${line}`}`, async () => {
        const failure = await rejectionOf(code, read(text, format));
        expect((failure.data as { line?: number }).line).to.equal(line);
        if (line !== undefined) expect(explain(failure).message).to.contain(`line ${line}`);
      });
    }
  });

  describe('with a bad row keeps the others', () => {
    it('in CSV', async () => {
      const text = `username,alias,jwt-key-file
ci@a.example.com,a,a.key
,b,b.key
ci@c.example.com,c
ci@d.example.com,d,d.key,more
CI@A.example.com,e,e.key
ci@f.example.com,a,f.key
not a username,g,g.key
ci@h.example.com,h,"-----BEGIN PRIVATE KEY-----
MIIE"
ci@i.example.com,,i.key
ci@j.example.com,,j.key
`;
      expect(await faults(text, 'csv')).to.deep.equal({
        3: 'orgs_row_incomplete',
        4: 'orgs_row_columns',
        5: 'orgs_row_columns',
        6: 'orgs_row_repeated',
        7: 'orgs_row_repeated',
        8: 'username_illegal',
        9: 'orgs_row_holds_key',
      });
      const repeated = (await checked(text, 'csv'))
        .filter(isFaulty)
        .filter(({ fault }) => fault.code === 'orgs_row_repeated');
      expect(repeated.map(({ fault }) => (fault.data as { first: number }).first)).to.deep.equal([2, 2]);
    });

    it('in YAML, and on one line of JSON', async () => {
      const text = `- username: ci@a.example.com
- just a text
- username: [ci@b.example.com]
- {}
- alias: x
- username: ci@a.example.com
- username: ci@g.example.com
  alais: x
- username: ci@i.example.com
  clientId: "1"
  client-id: "2"
`;
      expect(await faults(text, 'yaml')).to.deep.equal({
        2: 'orgs_row_not_an_org',
        3: 'orgs_row_value_nested',
        4: 'orgs_row_incomplete',
        5: 'orgs_row_incomplete',
        6: 'orgs_row_repeated',
        7: 'orgs_column_unknown',
        9: 'orgs_column_repeated',
      });
      const columns = (await checked(text, 'yaml')).filter(isFaulty).slice(-2);
      expect(columns.map(({ fault }) => (fault.data as { line: number }).line)).to.deep.equal([8, 11]);
      expect(columns.map(({ username }) => username)).to.deep.equal(['ci@g.example.com', 'ci@i.example.com']);
      const line = await checked('[{"username": "ci@a.example.com"}, {"username": "ci@a.example.com"}]', 'yaml');
      expect(line.map(isFaulty)).to.deep.equal([false, true]);
    });
  });

  describe('with a key in it', () => {
    let key: string;
    const secret = (text: string): void => {
      for (const part of key.split('\n').filter((line) => line !== '' && !line.startsWith('---')))
        expect(text).not.to.contain(part.slice(0, 24));
    };
    before(async () => {
      ({ key } = await pairOf('fleet'));
    });

    const places: Array<[where: string, format: Format, text: () => string]> = [
      ['as a value of JSON', 'yaml', () => JSON.stringify([{ 'username': 'a@b.c', 'jwt-key-file': key }])],
      [
        'in base64',
        'yaml',
        () => JSON.stringify([{ username: 'a@b.c', jwtKeyFile: Buffer.from(key).toString('base64') }]),
      ],
      ['as a block of YAML', 'yaml', () => `- username: a@b.c\n  jwt-key-file: |\n${key.replace(/^/gm, '    ')}`],
      ['unquoted in YAML', 'yaml', () => `- username: a@b.c\n  jwt-key-file: ${key}`],
      ['as the username', 'yaml', () => JSON.stringify([{ username: key, alias: key }])],
      ['as the name of a column', 'yaml', () => JSON.stringify([{ username: 'a@b.c', [key]: '' }])],
      ['in quotes of CSV', 'csv', () => `username,jwt-key-file\na@b.c,"${key}"\n`],
      ['unquoted in CSV', 'csv', () => `username,jwt-key-file\na@b.c,${key}\n`],
      ['as the header of CSV', 'csv', () => key],
      ['in a quote that isn’t closed', 'csv', () => `username,jwt-key-file\na@b.c,"${key}`],
      ['after a quote', 'csv', () => `username,jwt-key-file\na@b.c,""${key}`],
    ];
    for (const [where, format, text] of places) {
      it(`${where} (${format}) refuses it without a part of it in any message`, async () => {
        const told = await checked(text(), format).then(
          (rows) => {
            expect(rows.some(isFaulty), 'a faulty row').to.equal(true);
            return rows
              .filter(isFaulty)
              .map(({ fault, username, alias }) => `${explained(fault)} ${username ?? ''} ${alias ?? ''}`);
          },
          (error: unknown) => [explained(error as Failure)],
        );
        secret(told.join('\n'));
      });
    }
  });

  const explained = (failure: Failure): string => {
    const { message, actions, data } = explain(failure);
    return JSON.stringify([message, actions, data]);
  };

  it('that is damaged anywhere gives rows or one clear line with its number, and never a fault of the program', async () => {
    const whole: Array<[Format, string]> = [
      ['csv', 'username,alias,client-id\nci@a.example.com,a,3MVG9\n"ci@b.example.com","b",\n'],
      ['yaml', '- username: ci@a.example.com\n  alias: a\n- {username: "ci@b.example.com", client-id: 3MVG9}\n'],
      [
        'yaml',
        '{"orgs": [\n  {"username": "ci@a.example.com", "alias": "a"},\n  {"username": "ci@b.example.com"}\n]}\n',
      ],
    ];
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        "'",
        ',',
        ';',
        '\n',
        '\t',
        ':',
        '-',
        '{',
        '}',
        '[',
        ']',
        '&',
        '*',
        '!',
        '#',
        '|',
        '%',
        '\0',
        '\uFEFF',
        '---\n',
        '<<: *x',
        '? ',
      ),
      fc.string({ maxLength: 6, unit: 'grapheme' }),
    );
    const damage = fc.record({ at: fc.nat(120), cut: fc.nat(12), insert: piece });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        async ([format, text], damages) => {
          const mutated = damages.reduce(
            (all, { at, cut, insert }) => all.slice(0, at) + insert + all.slice(at + cut),
            text,
          );
          const lines = mutated.split('\n').length;
          try {
            for (const row of await checked(mutated, format)) {
              expect(row.line, mutated).to.be.within(1, lines);
              if (isFaulty(row)) expect(explain(row.fault).message).to.match(/line \d+|isn't a username|username/i);
            }
          } catch (error) {
            if (!isFailure(error)) throw error;
            const { message } = explain(error);
            expect(message.split('\n'), 'one line').to.have.length(1);
            if (error.code === 'orgs_file_empty') return;
            expect((error.data as { line: number }).line, message).to.be.within(1, lines);
            expect(message).to.contain(`line ${(error.data as { line: number }).line}`);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  }).timeout(120_000);

  describe('of a megabyte', () => {
    const MEGABYTE = 1_000_000;
    const many = (count: number, line: (index: number) => string): string =>
      Array.from({ length: count }, (_, i) => line(i)).join('');
    const cases: Array<[what: string, format: Format, text: string, told: string]> = [
      [
        'an org named by 19,999 aliases',
        'yaml',
        `- &a {username: a@b.c}\n${'- *a\n'.repeat(19_999)}`,
        'orgs_row_repeated',
      ],
      [
        '10,000 anchors',
        'yaml',
        many(10_000, (i) => `- &a${i} {username: a${i}@b.c}\n- *a${i}\n`),
        'orgs_row_repeated',
      ],
      ['200,000 aliases', 'yaml', `- &a {username: a@b.c}\n${'- *a\n'.repeat(200_000)}`, 'orgs_file_too_many_rows'],
      [
        'an org with 60,000 keys',
        'yaml',
        `- username: a@b.c\n${many(60_000, (i) => `  k${i}: v\n`)}`,
        'orgs_column_unknown',
      ],
      ['60,000 keys and no list', 'yaml', many(60_000, (i) => `k${i}: v\n`), 'orgs_file_not_a_list'],
      ['lists in lists', 'yaml', '['.repeat(MEGABYTE), 'orgs_file_damaged'],
      ['lists in lists that end', 'yaml', '['.repeat(MEGABYTE / 2) + ']'.repeat(MEGABYTE / 2), 'orgs_file_damaged'],
      ['lists in lists, with dashes', 'yaml', '- '.repeat(MEGABYTE / 4), 'orgs_file_damaged'],
      ['a block of text', 'yaml', `- username: |\n${'   a\n'.repeat(MEGABYTE / 5)}`, 'orgs_file_damaged'],
      [
        '20,000 orgs',
        'yaml',
        JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ username: `a${i}@b.c` }))),
        '',
      ],
      ['20,000 orgs', 'csv', `username\n${many(20_000, (i) => `a${i}@b.c\n`)}`, ''],
      ['20,001 orgs', 'csv', `username\n${many(20_001, (i) => `a${i}@b.c\n`)}`, 'orgs_file_too_many_rows'],
      ['500,000 rows', 'csv', `username\n${'a\n'.repeat(MEGABYTE / 2)}`, 'orgs_file_too_many_rows'],
      ['500,000 columns', 'csv', `username${',a'.repeat(MEGABYTE / 2)}`, 'orgs_column_unknown'],
      ['a row with 500,000 values', 'csv', `username\na${',a'.repeat(MEGABYTE / 2)}`, 'orgs_row_columns'],
      ['quotes in a value', 'csv', `username\n"${'""'.repeat(MEGABYTE / 2)}"`, 'username_illegal'],
    ];
    for (const [what, format, text, told] of cases) {
      it(`with ${what} (${format}) takes seconds, and ${told === '' ? 'is read' : `is ${told}`}`, async () => {
        const before = process.cpuUsage();
        const codes = await checked(text, format).then(
          (rows) => new Set(rows.filter(isFaulty).map(({ fault }) => fault.code)),
          (error: unknown) => {
            if (isFailure(error)) return new Set([error.code]);
            throw error;
          },
        );
        const { user, system } = process.cpuUsage(before);
        expect([...codes].join()).to.equal(told);
        expect((user + system) / 1e6, 'seconds of the processor').to.be.below(15);
      });
    }

    it('with an alias means what its name stood for last', async () => {
      const rows = await read('- username: &u a@b.c\n- username: &u b@b.c\n- {username: c@b.c, alias: *u}\n', 'yaml');
      expect(rows[2]?.values.alias).to.equal('b@b.c');
    });
  });

  describe('on the disk', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'orgs-file-'));
    });
    after(() => rm(folder, { recursive: true }));
    const open = async (name: string, content: string | Buffer): Promise<RawRow[]> => {
      await writeFile(join(folder, name), content);
      return rowsOf(await readOrgsFile(join(folder, name), Readable.from([])));
    };
    const one = [{ line: 2, values: { username: 'ci@a.example.com' } }];

    it('has its format by its name, and else by how it begins', async () => {
      expect(await open('orgs.csv', 'username\nci@a.example.com')).to.deep.equal(one);
      expect(await open('orgs.YML', '#\n- username: ci@a.example.com')).to.deep.equal(one);
      expect(await open('orgs.json', '[\n{"username": "ci@a.example.com"}]')).to.deep.equal(one);
      expect(await open('orgs', 'username\nci@a.example.com')).to.deep.equal(one);
      expect(await open('orgs.txt', '\n- username: ci@a.example.com')).to.deep.equal(one);
      expect(await open('list', 'orgs:\n- username: ci@a.example.com')).to.deep.equal(one);
      expect(
        await rowsOf(await readOrgsFile('-', Readable.from(['[\n{"username": "ci@a.example.com"}]']))),
      ).to.deep.equal(one);
    });

    it('may have the line breaks and the byte order mark of Windows', async () => {
      expect(await open('orgs.csv', '\uFEFFusername\r\nci@a.example.com\r\n')).to.deep.equal(one);
      expect(await open('orgs.yaml', '\uFEFF#\r\n- username: ci@a.example.com\r\n')).to.deep.equal(one);
    });

    it('is UTF-8 and of a size that somebody wrote', async () => {
      const damaged = await rejectionOf(
        'orgs_file_damaged',
        open('orgs.csv', Buffer.from('username\nm\xfcller@a.b', 'latin1')),
      );
      expect(damaged.data).to.include({ line: 2 });
      await rejectionOf('orgs_file_damaged', open('orgs.csv', Buffer.from('\uFEFFusername\n', 'utf16le')));
      await rejectionOf('orgs_file_too_large', open('orgs.csv', 'x'.repeat(2 ** 24 + 1)));
      await rejectionOf('file_missing', readOrgsFile(join(folder, 'none.csv'), Readable.from([])));
    });
  });
});
