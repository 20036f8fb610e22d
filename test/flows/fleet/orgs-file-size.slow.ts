import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { rowsOf } from '../../../src/flows/fleet/orgs-file.js';
import type { Format } from '../../../src/flows/fleet/rows.js';
import { rejectionOf } from '../../support/failures.js';

const READER = join(import.meta.dirname, '..', '..', 'support', 'read-orgs.ts');

type Row = Record<string, string>;

/** An org with every column filled, as long as they come. */
const full = (i: number): Row => ({
  'username': `integration.user.${i}@production.subsidiary-of-acme.example.com`,
  'instance-url': `https://acme-subsidiary-${i}--sandbox${i % 100}.sandbox.my.salesforce.com`,
  'alias': `acme-subsidiary-${i}-production`,
  'client-id': `3MVG9${String(i).padStart(80, 'aB3xYz9')}`,
  'jwt-key-file': `/home/ci/agents/work/secrets/salesforce/keys/acme-subsidiary-${i}/server.key`,
  'audience': 'https://test.salesforce.com',
});
const fleet = (count: number): Row[] => Array.from({ length: count }, (_, i) => full(i));
const pairs = (row: Row): string[] => Object.entries(row).map(([name, value]) => `${name}: ${value}`);

const FORMS: Record<string, (rows: Row[]) => string> = {
  'o.json': (rows) => JSON.stringify(rows, null, 2),
  'orgs.json': (rows) => JSON.stringify({ orgs: rows }),
  'o.yaml': (rows) => rows.map((row) => `- ${pairs(row).join('\n  ')}\n`).join(''),
  'orgs.yaml': (rows) => `---\norgs:\n${rows.map((row) => `  - ${pairs(row).join('\n    ')}\n`).join('')}`,
  'o.csv': (rows) => [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map(String).join('\n'),
};

describe('a large orgs file', function () {
  this.timeout(300_000);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'large-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What a process says that has this much memory, in megabytes, for all that it makes. */
  async function read(heap: number, files: Record<string, string>): Promise<unknown> {
    const paths = Object.entries(files).map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    const args = [`--max-old-space-size=${heap}`, '--import', 'tsx', READER, ...paths];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as unknown;
  }

  it('of 10,000 full rows takes little memory, in every format', async () => {
    const rows = fleet(10_000);
    const files = Object.fromEntries(['o.json', 'orgs.yaml', 'o.csv'].map((name) => [name, FORMS[name]!(rows)]));
    expect(await read(128, files)).to.deep.equal([10_000, 10_000, 10_000]);
  });

  it('may have 20,000 full rows, and not more', async () => {
    expect(await read(128, { 'o.csv': FORMS['o.csv']!(fleet(20_000)) })).to.deep.equal([20_000]);
    const few = Object.fromEntries(
      Object.entries(FORMS).map(([name, form]) => [
        name,
        form(Array.from({ length: 20_001 }, (_, i) => ({ username: `a${i}@b.c` }))),
      ]),
    );
    expect(await read(128, few)).to.deep.equal(Array.from({ length: 5 }, () => 'orgs_file_too_many_rows'));
  });

  it('that is damaged all over takes little memory', async () => {
    const many = (text: string, bytes: number): string => text.repeat(bytes / text.length);
    const files: Record<string, [text: string, code: string]> = {
      'brackets.yaml': [many(']', 1_000_000), 'orgs_file_damaged'],
      'colons.yaml': [many('- a: b: c\n', 1_000_000), 'orgs_file_damaged'],
      'at.yaml': [many('@\n', 1_000_000), 'orgs_file_damaged'],
      'escapes.yaml': [many('- "\\q"\n', 1_000_000), 'orgs_file_damaged'],
      'tabs.yaml': [many('- a\n\t- b\n', 1_000_000), 'orgs_file_damaged'],
      'braces.yaml': [`orgs:\n${many('- {a b c: }}\n', 1_000_000)}`, 'orgs_file_damaged'],
      'empty.yaml': [`[${many('[],', 16_000_000)}]`, 'orgs_file_too_many_rows'],
      'no-list.yaml': [many('a: 1\n', 16_000_000), 'orgs_file_too_large'],
      'one.yaml': [`- username: x\n${many('  alias: 1\n', 16_000_000)}`, 'orgs_file_damaged'],
      'anchors.yaml': [`- &a {username: a@b.c}\n${many('- *a\n', 15_000_000)}`, 'orgs_file_too_large'],
      'columns.csv': [`username${many(',a', 16_000_000)}`, 'orgs_file_damaged'],
      'quote.csv': [`username\n"${many('x', 16_000_000)}`, 'orgs_file_damaged'],
    };
    const texts = Object.fromEntries(Object.entries(files).map(([name, [text]]) => [name, text]));
    expect(await read(160, texts)).to.deep.equal(Object.values(files).map(([, code]) => code));
  });

  // What the reader takes in pieces has to be what it takes as a whole: an anchor makes it take the whole.
  const name = fc.constantFrom('username', 'alias', 'client-id', 'no-such-column', 'username');
  const value = fc.constantFrom('a@b.c', '"x - y, [z]"', "'- a'", 'null', '', '{}', '[1]', '"a: b"', '5');
  const item = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 });
  const note = fc.constantFrom('', '# - a, b\n', '\n');
  const forms: Record<string, (items: string[][], notes: string[]) => string> = {
    'in a block': (items, notes) => items.map((fields, i) => `${notes[i] ?? ''}- ${fields.join('\n  ')}\n`).join(''),
    'in a block of an object': (items, notes) =>
      `# orgs\n---\norgs:\n${items.map((fields, i) => `${notes[i] ?? ''}  -   ${fields.join('\n      ')}\n`).join('')}`,
    'in brackets': (items, notes) =>
      `[\n${items.map((fields, i) => `${notes[i] ?? ''}{${fields.join(',\n')}}`).join(',\n')}\n]`,
    'in brackets of an object, with a comma at the end': (items) =>
      `{"orgs": [${items.map((fields) => `{${fields.join(', ')}},`).join('')}] }`,
  };
  for (const [how, form] of Object.entries(forms)) {
    it(`has the same rows, faults and lines in pieces as in one, ${how}`, async () => {
      const rowsAs = async (text: string): Promise<unknown> => {
        const format: Format = 'yaml';
        const rows = await rowsOf({ text, source: 'x', format }).catch((error: unknown) => [error]);
        return JSON.parse(JSON.stringify(rows));
      };
      await fc.assert(
        fc.asyncProperty(
          fc.array(item, { minLength: 3, maxLength: 20 }),
          fc.array(note, { maxLength: 20 }),
          fc.nat({ max: 3 }),
          async (some, notes, odd) => {
            const items = Array.from({ length: 600 }, (_, i) => some[i % some.length]!).map((fields) =>
              fields.map(([key, text]) => `${key}: ${text}`),
            );
            const first = ['username: a0@b.c'];
            const text = form([first, ...items], notes);
            const broken = odd === 0 ? `${text}\n  @` : text;
            const whole = broken.replace('username: a0@b.c', 'username: &x a0@b.c');
            expect(await rowsAs(broken)).to.deep.equal(await rowsAs(whole));
          },
        ),
        { numRuns: 12 },
      );
    });
  }

  it('names the line of what is wrong far down', async () => {
    const rows = fleet(1_000).map((row) => `- ${pairs(row).join('\n  ')}\n`);
    rows[900] = '- username: a: b\n';
    const { data } = await rejectionOf(
      'orgs_file_damaged',
      rowsOf({ text: rows.join(''), source: 'x', format: 'yaml' }),
    );
    expect(data).to.include({ line: 900 * 6 + 1 });
  });
});
