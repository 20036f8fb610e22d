import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { copyWith, planCopy, writeCopy } from '../../../src/flows/fleet/copy/copy.js';
import type { Column } from '../../../src/flows/fleet/columns.js';
import { readOrgsFile, rowsOf } from '../../../src/flows/fleet/orgs-file.js';
import type { OrgsFile, RawRow } from '../../../src/flows/fleet/rows.js';
import { rejectionOf } from '../../support/failures.js';

type Values = RawRow['values'];
const LEARNT = ['client-id', 'jwt-key-file'] as const satisfies Column[];
const file = (text: string, format: OrgsFile['format']): OrgsFile => ({ text, source: `orgs.${format}`, format });
const learnt = (values: Record<string, Values>): Map<string, Values> => new Map(Object.entries(values));
const copied = (text: string, format: OrgsFile['format'], values: Record<string, Values>): Promise<string> =>
  copyWith(file(text, format), LEARNT, learnt(values));

describe('a copy of an orgs file with what was learnt', () => {
  it('has a new column in CSV, and is else what it was', async () => {
    const text = '# ours\nusername;alias\n\na@x.example;"one; two"\n# b "is" late\n b@x.example ; b\n';
    expect(await copied(text, 'csv', { 'a@x.example': { 'client-id': '3MVG9' } })).to.equal(
      '# ours\nusername;alias;client-id\n\na@x.example;"one; two";3MVG9\n# b "is" late\n b@x.example ; b;\n',
    );
  });

  it('has a value in the place of another in CSV, quoted where it has to be', async () => {
    const text = 'Client ID,username,jwtKeyFile\n,a@x.example,old.key\n# c\nkept,b@x.example,"b, old.key"';
    const values = { 'a@x.example': { 'client-id': 'A' }, 'b@x.example': { 'jwt-key-file': 'new, "b".key' } };
    expect(await copied(text, 'csv', values)).to.equal(
      'Client ID,username,jwtKeyFile\nA,a@x.example,old.key\n# c\nkept,b@x.example,"new, ""b"".key"',
    );
  });

  it('keeps the comments, the order and the style of YAML and JSON', async () => {
    const values = { 'a@x.example': { 'client-id': 'A' }, 'b@x.example': { 'client-id': 'B' } };
    const yaml = 'orgs: # all\n  - username: a@x.example # first\n    alias: a\n  - {username: b@x.example}\n';
    expect(await copied(yaml, 'yaml', values)).to.equal(
      'orgs: # all\n  - client-id: "A"\n    username: a@x.example # first\n    alias: a\n  - {client-id: "B", username: b@x.example}\n',
    );
    const block =
      '- username: a@x.example\n  clientId: >-\n    old\n    er\n  alias: a\n- clientId:\n  username: b@x.example\n';
    expect(await copied(block, 'yaml', values)).to.equal(
      '- username: a@x.example\n  clientId: "A"\n  alias: a\n- clientId: "B"\n  username: b@x.example\n',
    );
    const json = '[\n  { "username": "a@x.example", "client-id": "" },{"username":"b@x.example"}\n]\n';
    expect(await copied(json, 'yaml', values)).to.equal(
      '[\n  { "username": "a@x.example", "client-id": "A" },{"client-id": "B", "username":"b@x.example"}\n]\n',
    );
  });

  it('leaves rows of which nothing was learnt as they were, also those that are wrong', async () => {
    const text = 'username,alias\na@x.example\nb@x.example,b,c\nc@x.example,c\n,,\n';
    expect(await copied(text, 'csv', { 'c@x.example': { 'client-id': 'C' } })).to.equal(
      'username,alias,client-id\na@x.example,\nb@x.example,b,c,\nc@x.example,c,C\n,,\n',
    );
    expect(await copied(text, 'csv', {})).to.equal(text);
  });

  it('is refused where rows refer to each other, so that one can’t change alone', async () => {
    const text = '- username: a@x.example\n  client-id: &id old\n- username: b@x.example\n  client-id: *id\n';
    await rejectionOf('orgs_copy_impossible', copied(text, 'yaml', { 'a@x.example': { 'client-id': 'A' } }));
    const fine = await copied(text, 'yaml', { 'b@x.example': { 'client-id': 'B' } });
    expect(fine).to.contain('client-id: &id old').and.to.contain('client-id: "B"');
  });

  it('says the same as the file and what was learnt, whatever the values are', async () => {
    const value = fc.stringMatching(/^[a-z "',;:#{}[\]&*é-]{1,12}$/).map((text) => `v${text.trim()}`);
    const row = fc.record({ 'alias': value, 'audience': value, 'client-id': value }, { requiredKeys: [] });
    const format = fc.constantFrom('csv', 'yaml', 'flow', 'json');
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.array(value, { maxLength: 8 }),
        format,
        async (others, ids, kind) => {
          const rows = others.map((values, index) => ({ username: `u${index}@x.example`, ...values }));
          const text = textOf(rows, kind);
          const values = Object.fromEntries(
            ids.slice(0, rows.length).map((id, index) => [`u${index}@x.example`, { 'client-id': id }]),
          );
          const copy = await copied(text, kind === 'csv' ? 'csv' : 'yaml', values);
          const again = await rowsOf(file(copy, kind === 'csv' ? 'csv' : 'yaml'));
          expect(again.map((one) => one.values)).to.deep.equal(
            rows.map((one) => ({ ...one, ...values[one.username] })),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  describe('on the disk', () => {
    let folder: string;
    beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'copy-'))));
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('takes the place of the file itself or of an earlier copy, and of nothing else', async () => {
      const path = join(folder, 'orgs.csv');
      await writeFile(path, '\uFEFFusername,alias\r\na@x.example,a\r\nb@x.example,b\r\n', { mode: 0o644 });
      const orgs = await readOrgsFile(path, process.stdin);
      const output = join(folder, 'connected.csv');
      const first = await planCopy(output, orgs, LEARNT, false);
      await writeCopy(orgs, first, LEARNT, learnt({ 'a@x.example': { 'client-id': 'A' } }));
      expect(await readFile(output, 'utf8')).to.equal(
        '\uFEFFusername,alias,client-id\r\na@x.example,a,A\r\nb@x.example,b,\r\n',
      );
      expect((await stat(output)).mode & 0o777).to.equal(0o600);
      const second = await planCopy(output, orgs, LEARNT, false);
      expect([...second.known]).to.deep.include(['a@x.example', { 'client-id': 'A' }]);
      await writeCopy(orgs, second, LEARNT, learnt({ 'b@x.example': { 'client-id': 'B' } }));
      expect(await readFile(output, 'utf8')).to.contain('a@x.example,a,A\r\nb@x.example,b,B\r\n');
      await writeFile(output, 'somebody else’s');
      await rejectionOf('orgs_copy_exists', planCopy(output, orgs, LEARNT, false));
      expect((await planCopy(output, orgs, LEARNT, true)).known.size).to.equal(0);
      await rejectionOf('orgs_copy_format', planCopy(join(folder, 'orgs.json'), orgs, LEARNT, true));
      const yaml = file('- username: a@x.example\n', 'yaml');
      await rejectionOf('orgs_copy_format', planCopy(join(folder, 'orgs.json'), yaml, LEARNT, true));
      await writeCopy(
        orgs,
        await planCopy(path, orgs, LEARNT, false),
        LEARNT,
        learnt({ 'a@x.example': { 'client-id': 'A' } }),
      );
      expect(await readFile(path, 'utf8')).to.contain('a@x.example,a,A');
      expect((await stat(path)).mode & 0o777).to.equal(0o644);
    });
  });
});

function textOf(rows: Array<Record<string, string>>, kind: string): string {
  if (kind === 'json') return JSON.stringify(rows, null, rows.length % 2 === 0 ? 2 : undefined);
  if (kind !== 'csv')
    return `# all\n${stringify({ orgs: rows }, { defaultStringType: 'QUOTE_DOUBLE', ...(kind === 'flow' ? { collectionStyle: 'flow' as const } : {}) })}`;
  const columns = ['username', 'alias', 'audience', 'client-id'];
  const cell = (text = ''): string => (text === '' ? '' : `"${text.replaceAll('"', '""')}"`);
  return [columns.join(','), ...rows.map((row) => columns.map((name) => cell(row[name])).join(','))].join('\n# x\n');
}
