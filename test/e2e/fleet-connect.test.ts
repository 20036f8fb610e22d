import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtFleetConnectResult } from '../../src/commands/jwt/fleet/connect.js';
import { FleetPlace, type Row } from '../support/fleet.js';
import { pairOf, type Answer } from '../support/workplace.js';

const FILE = ['--orgs-file', 'orgs.csv'];
const PAIR = ['--certificate-file', 'server.crt', '--jwt-key-file', 'server.key'];
const DEPLOYED = /deployRequest$/;

describe('sf jwt fleet connect', () => {
  let place: FleetPlace;
  afterEach(() => place.close());

  const open = async (count: number): Promise<void> => {
    place = await FleetPlace.open(count, (index) => ({ adminUsername: `admin@org${index}.example.com` }));
    await place.storeAdmins();
    await place.save('server.crt', (await pairOf()).certificate);
  };
  const rows = (): Row[] =>
    place.orgs.map(({ username }, index) => ({ username, alias: `org${index}`, admin: `admin${index}` }));
  const connected = (args: string[], options = {}): Promise<Answer<JwtFleetConnectResult>> =>
    place.answer('connect', [...FILE, ...PAIR, ...args], options);
  const deployments = (): number[] => place.orgs.map(({ org }) => org.requestsTo(DEPLOYED).filter(isPost).length);

  it('sets the app up in every org, and its copy of the file is what fleet grant goes on from', async () => {
    await open(4);
    const all = rows();
    place.orgs[1]!.org.switches.connectedAppCreation = 'allowed';
    all[1]!['name'] = 'Pipeline';
    all[1]!['app-type'] = 'connected-app';
    all[2]!['permission-set'] = 'Opens';
    place.orgs[3]!.org.addUser({ username: 'second@org3.example.com' });
    all[3]!['users'] = 'second@org3.example.com';
    const columns = ['username', 'alias', 'admin', 'name', 'app-type', 'permission-set', 'users'];
    await place.saveCsv(all.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? '']))));
    const { status, result } = await connected(['--output-file', 'connected.csv']);
    expect(status, JSON.stringify(result)).to.equal(0);
    expect(result).to.deep.include({ failed: [], skipped: [], outputFile: join(place.cwd, 'connected.csv') });
    expect(
      result.connected.map(({ line, name, appType, status: made, ok }) => [line, name, appType, made, ok]),
    ).to.deep.equal([
      [2, 'JwtBearer', 'external-client-app', 'created', true],
      [3, 'Pipeline', 'connected-app', 'created', true],
      [4, 'JwtBearer', 'external-client-app', 'created', true],
      [5, 'JwtBearer', 'external-client-app', 'created', true],
    ]);
    expect(result.connected[2]!.permissionSet).to.equal('Opens');
    expect(result.connected[3]!.users.map(({ username, verified }) => [username, verified])).to.deep.equal([
      ['ci@org3.example.com', true],
      ['second@org3.example.com', true],
    ]);
    const copy = await readFile(join(place.cwd, 'connected.csv'), 'utf8');
    const learnt = result.connected.map(({ clientId, instanceUrl }) => `,${clientId},${instanceUrl}\n`);
    for (const end of learnt) expect(copy).to.contain(end);
    const grant = await place.json(['--orgs-file', 'connected.csv', '--jwt-key-file', 'server.key']);
    expect(grant.status, JSON.stringify(grant.result)).to.equal(0);
    expect(grant.result.granted.map(({ clientId }) => clientId)).to.deep.equal(
      result.connected.map(({ clientId }) => clientId),
    );
  });

  it('leaves the other rows be where one fails, and goes on with --resume', async () => {
    await open(4);
    const all = rows();
    all[2]!['admin'] = 'nobody';
    await place.saveCsv(all);
    place.orgs[1]!.org.faults.add({
      match: { method: 'POST', path: DEPLOYED },
      respond: { status: 500, body: 'down' },
    });
    const first = await connected(['--output-file', 'connected.csv', '--report', 'r.md']);
    expect(await readFile(join(place.cwd, 'r.md'), 'utf8')).to.match(/org0[^]*org1[^]*org3/);
    expect(first.status).to.equal(68);
    expect(first.result.connected.map(({ line }) => line)).to.deep.equal([2, 5]);
    expect(first.result.failed.map(({ line, code }) => [line, code])).to.deep.equal([
      [3, 'org_failing'],
      [4, 'named_org_not_found'],
    ]);
    const copy = await readFile(join(place.cwd, 'connected.csv'), 'utf8');
    expect(copy.split('\n').slice(2, 4)).to.deep.equal([
      'ci@org1.example.com,org1,admin1,,',
      'ci@org2.example.com,org2,nobody,,',
    ]);
    place.orgs[1]!.org.faults.clear();
    await place.saveCsv(rows());
    place.forgetRequests();
    const second = await connected(['--output-file', 'connected.csv', '--overwrite', '--resume']);
    expect(second.status, JSON.stringify(second.result)).to.equal(0);
    expect(second.result.skipped.map(({ line }) => line)).to.deep.equal([2, 5]);
    expect(second.result.connected.map(({ line }) => line)).to.deep.equal([3, 4]);
    expect(deployments()).to.deep.equal([0, 1, 1, 0]);
    const whole = await readFile(join(place.cwd, 'connected.csv'), 'utf8');
    for (const line of whole.trim().split('\n').slice(1)) expect(line).to.match(/,\w{60,},http[^,]*$/);
  });

  it('changes nothing with --dry-run, and shows one table', async () => {
    await open(3);
    await place.saveCsv(rows());
    expect((await connected(['--shard', '1/3'])).result.connected).to.have.length(1);
    const before = place.orgs.map(({ org }) => org.data.components.size);
    const { stdout } = await place.fleet('connect', [...FILE, ...PAIR, '--dry-run', '--output-file', 'no.csv']);
    expect(stdout)
      .to.match(/org0 .*nothing to change/)
      .and.to.match(/org2 .*would be created: \d+/);
    expect(stdout.match(/┌/g)).to.have.length(1);
    expect(place.orgs.map(({ org }) => org.data.components.size)).to.deep.equal(before);
    const dry = await connected(['--dry-run']);
    expect(dry.result).to.deep.include({ dryRun: true, outputFile: null });
    expect(dry.result.connected.map(({ status }) => status)).to.deep.equal(['unchanged', 'created', 'created']);
  });

  it('waits out the limit of one org, while the others go on, and does rows of one org one by one', async () => {
    await open(3);
    const { org } = place.orgs[0]!;
    org.addUser({ username: 'second@org0.example.com' });
    await place.saveCsv([...rows(), { username: 'second@org0.example.com', alias: 'again', admin: 'admin0' }]);
    const busy = { status: 503, headers: { 'retry-after': '1' }, body: 'busy' };
    org.faults.add({ match: { method: 'POST', path: DEPLOYED }, times: 1, respond: busy });
    const { status, result } = await connected([]);
    expect(status, JSON.stringify(result)).to.equal(0);
    const ids = result.connected.map(({ clientId }) => clientId);
    expect(ids[3]).to.equal(ids[0]);
    // The one that met the limit gave its place to the other one of its org.
    expect(result.connected.map((row) => row.status)).to.deep.equal(['updated', 'created', 'created', 'created']);
    expect(deployments()).to.deep.equal([2, 1, 1]);
  });

  it('asks nobody anything where the copy can’t be written, or the file can’t be read', async () => {
    await open(1);
    await place.saveCsv(rows());
    await place.save('taken.csv', 'mine');
    const taken = await connected(['--output-file', 'taken.csv']);
    expect(taken.data?.code).to.equal('orgs_copy_exists');
    const other = await connected(['--output-file', 'orgs.json']);
    expect(other.data?.code).to.equal('orgs_copy_format');
    expect(place.orgs[0]!.org.requests).to.deep.equal([]);
    expect(await readFile(join(place.cwd, 'taken.csv'), 'utf8')).to.equal('mine');
  });
});

const isPost = ({ method }: { method: string }): boolean => method === 'POST';
