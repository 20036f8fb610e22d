import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { JwtFleetExportResult } from '../../src/commands/jwt/fleet/export.js';
import { FleetPlace } from '../support/fleet.js';

const KEY = ['--jwt-key-file', 'server.key'];

describe('sf jwt fleet export', () => {
  let place: FleetPlace;
  afterEach(() => place.close());

  const exported = (args: string[]) => place.answer<JwtFleetExportResult>('export', args);
  const store = (): string => join(place.home, '.sfdx');

  for (const name of ['orgs.csv', 'orgs.yaml', 'orgs.json'])
    it(`writes ${name}, from which fleet grant makes the same logins in another HOME`, async () => {
      place = await FleetPlace.open(3);
      await place.saveCsv(place.rows(), 'first.csv');
      expect((await place.json(['--orgs-file', 'first.csv', ...KEY])).status).to.equal(0);
      const entryOf = (index: number): Record<string, unknown> => place.entry(place.orgs[index]!.username)!;
      const same = ['username', 'orgId', 'clientId', 'loginUrl', 'instanceUrl', 'privateKey', 'instanceName'];
      const before = [0, 1, 2].map(entryOf).map((entry) => same.map((field) => entry[field]));
      const { status, result } = await exported(['--output-file', name]);
      expect(status).to.equal(0);
      expect(result).to.deep.include({ keyless: [], outputFile: join(place.cwd, name) });
      expect(result.orgs[0]).to.deep.equal({
        'username': place.orgs[0]!.username,
        'instance-url': place.orgs[0]!.org.url,
        'alias': 'org0',
        'client-id': place.orgs[0]!.clientId,
        'jwt-key-file': 'server.key',
      });
      expect((await stat(join(place.cwd, name))).mode & 0o777).to.equal(0o600);
      const text = await readFile(join(place.cwd, name), 'utf8');
      for (const secret of ['accessToken', 'PRIVATE KEY', ...(await place.tokens(place.usernames(0, 1, 2)))])
        expect(text).not.to.contain(secret);
      await rm(store(), { recursive: true });
      const again = await place.json(['--orgs-file', name]);
      expect(again.status, JSON.stringify(again.result)).to.equal(0);
      expect([0, 1, 2].map(entryOf).map((entry) => same.map((field) => entry[field]))).to.deep.equal(before);
      expect(place.aliases()).to.include({ org1: place.orgs[1]!.username });
    });

  it('names no copy of a key, says so, and prints where no file is named', async () => {
    place = await FleetPlace.open(1);
    await place.saveCsv();
    await place.json(['--orgs-file', 'orgs.csv', ...KEY, '--key-storage', 'copy']);
    const { stdout, stderr } = await place.fleet('export', ['--format', 'yaml']);
    expect(parse(stdout)).to.deep.equal([
      {
        'username': place.orgs[0]!.username,
        'instance-url': place.orgs[0]!.org.url,
        'alias': 'org0',
        'client-id': place.orgs[0]!.clientId,
      },
    ]);
    expect(stderr).to.contain(`no key: ${place.orgs[0]!.username}`);
    const csv = await place.fleet('export', []);
    expect(csv.stdout.split('\n')[0]).to.equal('username,instance-url,alias,client-id');
  });

  it('overwrites nothing, and knows the formats of orgs files alone', async () => {
    place = await FleetPlace.open(1);
    await place.saveCsv();
    const there = await exported(['--output-file', 'orgs.csv']);
    expect(there.data?.code).to.equal('file_exists');
    const other = await exported(['--output-file', 'orgs.txt']);
    expect(other.data?.code).to.equal('orgs_export_format');
    const empty = await exported(['--output-file', 'orgs.csv', '--overwrite']);
    expect(empty.result.orgs).to.deep.equal([]);
    expect(empty.warnings?.join()).to.contain('No JWT login is stored here');
  });
});
