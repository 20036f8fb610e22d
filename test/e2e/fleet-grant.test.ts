import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { FleetPlace, type Row } from '../support/fleet.js';
import { hasTerminal, RUN_JS, environment } from '../support/plugin.js';
import { expireLocks } from '../support/stored.js';
import { needs } from '../support/tools.js';
import { pairOf } from '../support/workplace.js';
import { spawn } from 'node:child_process';

const KEY = ['--jwt-key-file', 'server.key'];
const FILE = ['--orgs-file', 'orgs.csv'];

describe('sf jwt fleet grant', () => {
  let place: FleetPlace;
  afterEach(() => place.close());

  const stored = (): string[] =>
    readdirSync(join(place.home, '.sfdx'))
      .filter((name) => name.includes('@'))
      .sort();

  describe('logs in to every org', () => {
    it('of a CSV file, each with one token request and one round trip, and stores them complete', async () => {
      place = await FleetPlace.open(12);
      await place.saveCsv();
      const { status, result } = await place.json([...FILE, ...KEY]);
      expect(status).to.equal(0);
      expect(result.failed).to.deep.equal([]);
      expect(result.skipped).to.deep.equal([]);
      expect(result.granted.map(({ username, alias }) => [username, alias])).to.deep.equal(
        place.orgs.map(({ username }, index) => [username, `org${index}`]),
      );
      const { org, username, clientId } = place.orgs[3]!;
      const { instanceApiVersionLastRetrieved, ...fourth } = result.granted[3]!;
      expect(instanceApiVersionLastRetrieved).to.be.a('string');
      expect(fourth).to.deep.equal({
        username,
        accessToken: "[REDACTED] Use 'sf org auth show-access-token' to view",
        orgId: org.orgId,
        instanceUrl: org.url,
        loginUrl: `${org.url}/`,
        clientId,
        privateKey: join(place.cwd, 'server.key'),
        isDevHub: false,
        isSandbox: false,
        isScratch: false,
        name: 'Local developer org',
        instanceName: 'SWE64',
        namespacePrefix: null,
        orgEdition: 'Developer Edition',
        trailExpirationDate: null,
        instanceApiVersion: '67.0',
        alias: 'org3',
        keyStorage: 'path',
      });
      for (const each of place.orgs)
        expect(each.org.requests.map(({ method, path }) => `${method} ${path}`)).to.have.members([
          'POST /services/oauth2/token',
          'GET /services/data',
          'POST /services/data/v51.0/composite/batch',
        ]);
      expect(place.expectComplete()).to.have.length(12);
      expect(place.leftovers()).to.deep.equal([]);
      const tokens = await place.tokens(place.usernames(0, 5, 11));
      expect(tokens.map((token, i) => place.orgs[[0, 5, 11][i]!]!.org.data.sessions.has(token))).to.deep.equal([
        true,
        true,
        true,
      ]);
    });

    it('of YAML with keys of its own, whose paths begin at the file, and of JSON from standard input', async () => {
      place = await FleetPlace.open(4);
      const folder = join(place.cwd, 'fleet');
      await mkdir(join(folder, 'keys'), { recursive: true });
      await writeFile(join(folder, 'keys', 'own.key'), (await pairOf()).key, { mode: 0o600 });
      const rows = place.rows();
      const own: Row[] = rows.slice(0, 2).map((row) => ({ ...row, jwtKeyFile: 'keys/own.key' }));
      await writeFile(join(folder, 'orgs.yaml'), `# two orgs\n${stringify({ orgs: own })}`);
      const yaml = await place.json(['-x', 'fleet/orgs.yaml']);
      expect(yaml.result.failed).to.deep.equal([]);
      expect(yaml.result.granted.map(({ privateKey }) => privateKey)).to.deep.equal([
        join(folder, 'keys', 'own.key'),
        join(folder, 'keys', 'own.key'),
      ]);
      const { key } = await pairOf();
      const json = await place.json(['-x', '-'], { input: JSON.stringify(rows.slice(2)), env: { SF_JWT_KEY: key } });
      expect(json.result.failed).to.deep.equal([]);
      const { orgId } = json.result.granted[0]!;
      const copy = join(place.home, '.sf', 'jwt-keys', `${orgId}.${place.orgs[2]!.username}.key`);
      expect(json.result.granted.map(({ keyStorage }) => keyStorage)).to.deep.equal(['copy', 'copy']);
      expect(json.result.granted[0]!.privateKey).to.equal(copy);
      expect(place.expectComplete()).to.deep.equal([0, 1, 2, 3]);
    });

    it('with what the flags say, where a row says nothing', async () => {
      place = await FleetPlace.open(1);
      const [{ clientId, org, username } = place.orgs[0]!] = place.orgs;
      await place.save('orgs.json', JSON.stringify([{ username }]));
      const flags = [
        '--client-id',
        clientId,
        '--instance-url',
        org.url,
        '--audience',
        org.url,
        '--key-storage',
        'none',
      ];
      const { result } = await place.json(['-x', 'orgs.json', ...KEY, ...flags]);
      expect(result.granted[0])
        .to.include({ username, clientId, keyStorage: 'none' })
        .and.not.to.have.property('privateKey');
      const assertion = new URLSearchParams(place.tokenRequests(0)[0]!.body).get('assertion') ?? '';
      const claims = JSON.parse(Buffer.from(assertion.split('.')[1]!, 'base64url').toString()) as { aud: string };
      expect(claims.aud).to.equal(org.url);
    });

    it('so many at a time as it is told, and no more', async () => {
      place = await FleetPlace.open(9);
      await place.saveCsv();
      let [now, most] = [0, 0];
      for (const { org } of place.orgs)
        org.faults.add({
          match: ({ path }) => {
            if (!path.endsWith('/token')) return false;
            now += 1;
            most = Math.max(most, now);
            setTimeout(() => (now -= 1), 300);
            return true;
          },
          latencyMs: 300,
        });
      expect((await place.json([...FILE, ...KEY, '--concurrency', '3'])).status).to.equal(0);
      expect(most).to.equal(3);
    });

    it('of two hundred: every entry and alias is there', async () => {
      place = await FleetPlace.open(200);
      await place.saveCsv();
      const { status, result } = await place.json([...FILE, ...KEY, '--key-storage', 'copy']);
      expect(status, JSON.stringify(result.failed)).to.equal(0);
      expect(place.expectComplete()).to.have.length(200);
      expect(Object.keys(place.aliases())).to.have.length(200);
      expect(place.leftovers()).to.deep.equal([]);
    });
  });

  describe('where something is wrong', () => {
    it('goes on with the other rows, and says of each what grant would say', async () => {
      place = await FleetPlace.open(6);
      await place.save('other.key', (await pairOf('other')).key);
      const [first, ...rows] = place.rows();
      place.orgs[1]!.org.switches.orgLocked = true;
      place.orgs[2]!.org.faults.add({ match: { path: /token/ }, drop: 'before' });
      await place.save(
        'orgs.json',
        JSON.stringify(
          [
            first,
            rows[0],
            rows[1],
            { ...rows[2], 'jwt-key-file': 'other.key' },
            { ...rows[3], 'jwt-key-file': 'missing.key' },
            { ...rows[4], alias: 'org0' },
            { ...rows[4], 'username': 'y@stranger.example.com', 'alias': 'y', 'instance-url': 'not a url' },
            {
              ...rows[4],
              'username': 'x@stranger.example.com',
              'alias': 'x',
              'instance-url': 'https://a.lightning.force.com',
            },
            rows[4],
          ],
          null,
          1,
        ),
      );
      const { status, result, warnings = [] } = await place.json(['-x', 'orgs.json', ...KEY]);
      expect(status).to.equal(68);
      expect(result.granted.map(({ username }) => username)).to.deep.equal(place.usernames(0));
      const codes = result.failed.map(({ line, code }) => [line, code]);
      expect(codes).to.deep.equal([
        [8, 'org_inactive'],
        [14, 'connection_dropped'],
        [20, 'signature_mismatch'],
        [27, 'file_missing'],
        [34, 'orgs_row_repeated'],
        [40, 'orgs_row_url_illegal'],
        [46, 'lightning_url'],
        [52, 'orgs_row_repeated'],
      ]);
      const [locked, , mismatch, missing] = result.failed;
      expect(locked!.message).to.contain('inactive_org: organization is locked, closed, or suspended');
      expect(locked!.actions.at(-1)).to.contain(
        `sf jwt grant --username ${locked!.username!} --client-id ${place.orgs[1]!.clientId} --jwt-key-file server.key --instance-url ${place.orgs[1]!.org.url}`,
      );
      expect(mismatch!.actions.at(-1)).to.contain(`--jwt-key-file ${join(place.cwd, 'other.key')}`);
      expect(missing!.message).to.contain(join(place.cwd, 'missing.key'));
      expect(warnings.join()).to.contain('temporary folder');
      expect(stored()).to.deep.equal([`${place.usernames(0)[0]!}.json`]);
    });

    it('stores the others where one entry can’t be written, though they are stored together', async () => {
      place = await FleetPlace.open(12);
      await place.saveCsv();
      await mkdir(join(place.home, '.sfdx', `${place.usernames(5)[0]!}.json`), { recursive: true });
      const { status, result } = await place.json([...FILE, ...KEY, '--concurrency', '12']);
      expect(status).to.equal(68);
      expect(result.failed.map(({ line, code }) => [line, code])).to.deep.equal([[7, 'store_damaged']]);
      await rm(join(place.home, '.sfdx', `${place.usernames(5)[0]!}.json`), { recursive: true });
      expect(place.expectComplete()).to.deep.equal([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
      expect(place.leftovers()).to.deep.equal([]);
    });

    it('prints the result and exits with 1 if no row is logged in', async () => {
      place = await FleetPlace.open(2);
      await place.saveCsv();
      for (const { org } of place.orgs) org.switches.orgLocked = true;
      const { status, result } = await place.json([...FILE, ...KEY]);
      expect(status).to.equal(1);
      expect(result.failed.map(({ code }) => code)).to.deep.equal(['org_inactive', 'org_inactive']);
    });

    it('asks nobody anything if the file is broken, or there is no key for anybody', async () => {
      place = await FleetPlace.open(2);
      await place.save('orgs.csv', 'username,alais\nci@a.example.com,a\n');
      const broken = await place.json([...FILE, ...KEY]);
      expect(broken.status).to.equal(1);
      expect(broken.data).to.include({ code: 'orgs_column_unknown', line: 1, column: 'alais' });
      expect(broken.message).to.contain('orgs.csv, line 1');
      expect((await place.json(['-x', 'none.csv', ...KEY])).data?.code).to.equal('file_missing');
      expect((await place.json(['-x', '-', '-f', '-'], { input: '[]' })).data?.code).to.equal('stdin_for_two');
      await place.saveCsv();
      expect((await place.json([...FILE, '--jwt-key-file', 'none.key'])).data?.code).to.equal('file_missing');
      const keyless = await place.json(FILE);
      expect(keyless.result.failed.map(({ code, line }) => [code, line])).to.deep.equal([
        ['orgs_row_incomplete', 2],
        ['orgs_row_incomplete', 3],
      ]);
      expect(place.allTokenRequests).to.equal(0);
    });

    it('shows a person each row, the words of the servers, and the lines to paste', async () => {
      place = await FleetPlace.open(4);
      await place.saveCsv();
      for (const index of [1, 2]) place.orgs[index]!.org.switches.orgLocked = true;
      const { status, stdout, stderr } = await place.grant([...FILE, ...KEY], {
        env: { COLUMNS: '200', SF_JWT_KEY: '' },
      });
      expect(status).to.equal(68);
      expect(stdout).to.match(/│ 2 +│ ci@org0\.example\.com +│ org0 +│ 00D\w{15} +│ logged in/);
      expect(stdout).to.match(/│ 3 +│ ci@org1\.example\.com +│ org1 +│ +│ failed: inactive_org: organization is/);
      expect(stdout).to.contain(`  sf jwt grant --username ci@org1.example.com`).and.to.contain('--alias org2');
      expect(stdout).to.contain('Logged in: 2. Worked already: 0. Failed: 2.').and.to.contain('--resume');
      expect(stderr).to.contain('The same happened in the lines 4.');
      expect(stderr.match(/inactive_org/g), 'each kind of failure once').to.have.length(1);
    });

    it('shows how far it is on a terminal', async function () {
      needs(this, hasTerminal, 'python3');
      place = await FleetPlace.open(3);
      await place.saveCsv();
      for (const { org } of place.orgs) org.faults.add({ match: () => true, latencyMs: 400 });
      const program = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
      const child = spawn(
        'python3',
        ['-c', program, process.execPath, RUN_JS, 'jwt', 'fleet', 'grant', ...FILE, ...KEY, '--concurrency', '1'],
        {
          cwd: place.cwd,
          env: { ...environment({ home: place.home }), TERM: 'xterm', COLUMNS: '200' },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let seen = '';
      child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      expect(await new Promise((resolve) => child.on('close', resolve))).to.equal(0);
      expect(seen).to.contain('Logging in...').and.to.contain('1 of 3, 0 failed').and.to.contain('2 of 3, 0 failed');
    });
  });

  describe('with --shard', () => {
    it('takes every so many rows, the parts together all of them, two at once into the same HOME', async () => {
      place = await FleetPlace.open(8);
      await place.saveCsv();
      const parts = await Promise.all(['1/2', '2/2'].map((shard) => place.json([...FILE, ...KEY, '--shard', shard])));
      expect(parts.map(({ result }) => result.granted.map(({ username }) => username))).to.deep.equal([
        place.usernames(0, 2, 4, 6),
        place.usernames(1, 3, 5, 7),
      ]);
      expect(place.expectComplete()).to.have.length(8);
      for (const index of [0, 1, 2, 3, 4, 5, 6, 7]) expect(place.tokenRequests(index)).to.have.length(1);
    });

    it('finds the same row wrong on every machine, and only one of them says so; a part may be empty', async () => {
      place = await FleetPlace.open(2);
      const rows = place.rows();
      await place.saveCsv([...rows, rows[0]!]);
      const second = await place.json([...FILE, ...KEY, '--shard', '3/4']);
      expect(second.result.failed.map(({ line, code }) => [line, code])).to.deep.equal([[4, 'orgs_row_repeated']]);
      expect(second.status).to.equal(1);
      const empty = await place.grant([...FILE, ...KEY, '--shard', '4/4']);
      expect(empty.status).to.equal(0);
      expect(empty.stdout).to.contain('The shard has no rows.');
      const wrong = await place.grant([...FILE, ...KEY, '--shard', '5/4']);
      expect(wrong.status).to.equal(2);
      expect(wrong.stderr).to.contain('INDEX/COUNT').and.to.contain('5/4');
    });
  });

  describe('with --resume', () => {
    it('leaves out what works, and logs in again where anything is missing', async () => {
      place = await FleetPlace.open(8);
      await place.saveCsv();
      const args = [...FILE, ...KEY, '--key-storage', 'copy'];
      expect((await place.json(args)).status).to.equal(0);

      place.forgetRequests();
      const whole = await place.json([...args, '--resume']);
      expect(whole.status).to.equal(0);
      expect(whole.result.granted).to.deep.equal([]);
      expect(whole.result.skipped[7]).to.deep.equal({
        line: 9,
        username: place.usernames(7)[0],
        alias: 'org7',
        orgId: place.orgs[7]!.org.orgId,
      });
      expect(place.allTokenRequests).to.equal(0);
      for (const { org } of place.orgs)
        expect(org.requests.map(({ path }) => path)).to.deep.equal(['/services/data/v51.0']);

      const entryPath = (index: number): string => join(place.home, '.sfdx', `${place.usernames(index)[0]!}.json`);
      const change = async (index: number, fields: object): Promise<void> =>
        writeFile(entryPath(index), JSON.stringify({ ...place.entry(place.usernames(index)[0]!), ...fields }));
      place.orgs[1]!.org.expireSessions();
      await rm(place.entry(place.usernames(2)[0]!)!['privateKey'] as string);
      await change(3, { clientId: 'another' });
      await change(4, { privateKey: '/elsewhere.key' });
      await writeFile(entryPath(5), '{"half');
      const aliasPath = join(place.home, '.sfdx', 'alias.json');
      const { org6: _, ...others } = place.aliases();
      await writeFile(
        aliasPath,
        JSON.stringify({ ...(JSON.parse(readFileSync(aliasPath, 'utf8')) as object), orgs: others }),
      );
      const again = await place.json([...args, '--resume']);
      expect(again.status).to.equal(0);
      expect(again.result.granted.map(({ username }) => username)).to.deep.equal(place.usernames(1, 2, 3, 4, 5, 6));
      expect(again.result.skipped.map(({ line }) => line)).to.deep.equal([2, 9]);
      expect(place.expectComplete()).to.have.length(8);
    });

    it('completes a run that was killed, in whose middle everything that is there is whole', async () => {
      place = await FleetPlace.open(30);
      await place.saveCsv();
      for (const { org } of place.orgs) org.faults.add({ match: { path: /token/ }, latencyMs: 100 });
      const args = [RUN_JS, 'jwt', 'fleet', 'grant', ...FILE, ...KEY, '--concurrency', '4'];
      const standing = new Set<number>();
      for (const goal of [5, 14]) {
        const resume = goal === 5 ? [] : ['--resume'];
        const child = spawn(process.execPath, [...args, ...resume], {
          cwd: place.cwd,
          env: environment({ home: place.home }),
          stdio: 'ignore',
        });
        const ended = new Promise((resolve) => child.on('close', resolve));
        const isThere = (index: number): boolean => place.tokenRequests(index).length > 0;
        while (place.orgs.filter((_, index) => isThere(index)).length < goal + 4) await sleep(5);
        child.kill('SIGKILL');
        await ended;
        const found = place.expectComplete();
        expect(found.length, `stored before ${goal}`).to.be.within(1, 29);
        for (const index of standing) expect(found).to.include(index);
        for (const index of found) standing.add(index);
        await expireLocks(place.home);
      }
      // Killed between an entry and its lock, a run leaves the lock; the next login of that row takes it over.
      const locks = [...standing].map((index) => `${place.usernames(index)[0]}.json.lock`);
      await mkdir(join(place.home, '.sfdx', locks[0]!), { recursive: true });
      await expireLocks(place.home);
      place.forgetRequests();
      const { status, result } = await place.json([...FILE, ...KEY, '--resume']);
      expect(status, JSON.stringify(result.failed)).to.equal(0);
      expect(result.skipped.length + result.granted.length).to.equal(30);
      expect(result.skipped.map(({ line }) => line - 2)).to.deep.equal([...standing].sort((a, b) => a - b));
      for (const index of standing) expect(place.tokenRequests(index), 'asked again').to.deep.equal([]);
      expect(place.expectComplete()).to.have.length(30);
      expect(locks).to.include.members(place.leftovers());
      expect((await place.json([...FILE, ...KEY])).status).to.equal(0);
      expect(place.leftovers()).to.deep.equal([]);
    });
  });
});
