import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtFleetDoctorResult } from '../../src/commands/jwt/fleet/doctor.js';
import { FleetPlace } from '../support/fleet.js';

const FILE = ['--orgs-file', 'orgs.csv'];
const KEY = ['--jwt-key-file', 'server.key'];

describe('sf jwt fleet doctor', () => {
  let place: FleetPlace;
  afterEach(() => place.close());

  const examined = async (args: string[], options = {}) =>
    place.answer<JwtFleetDoctorResult>('doctor', [...FILE, ...args], options);

  it('finds of each login what doctor would, and shows the worst first', async () => {
    place = await FleetPlace.open(5, (index) => ({ adminUsername: `admin@org${index}.example.com` }));
    await place.storeAdmins();
    const rows = place.rows();
    rows[1]!['client-id'] = '3MVG9noSuchApp';
    rows[2]!['jwt-key-file'] = 'gone.key';
    const { org, username } = place.orgs[3]!;
    org.data.assignments.length = 0;
    rows[3]!['admin'] = 'admin3';
    rows[4]!['days'] = 'soon';
    const columns = ['username', 'instance-url', 'alias', 'client-id', 'jwt-key-file', 'admin', 'days'];
    await place.saveCsv(rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? '']))));
    const { status, result } = await examined([...KEY, '--report', 'r.json']);
    expect(status).to.equal(68);
    expect(result.ok).to.equal(false);
    expect(result.examined.map(({ line, alias, ok }) => [line, alias, ok])).to.deep.equal([
      [2, 'org0', true],
      [3, 'org1', false],
      [4, 'org2', false],
      [5, 'org3', false],
    ]);
    const codes = result.examined.map(({ findings }) => findings[0]!.code);
    expect(codes.slice(1)).to.deep.equal(['client_id_unknown', 'file_missing', 'user_unassigned']);
    expect(result.examined[0]!.findings.map(({ code }) => code)).to.include('login_works');
    expect(result.examined[3]!.findings[0]!.message).to.contain(username);
    expect(result.failed.map(({ line, code }) => [line, code])).to.deep.equal([[6, 'orgs_row_value_illegal']]);
    const report = JSON.parse(await readFile(join(place.cwd, 'r.json'), 'utf8')) as {
      rows: Array<Record<string, unknown>>;
    };
    expect(report.rows.map(({ org: name, state, line }) => [name, state === 'error', line])).to.deep.equal([
      ['org0', false, 2],
      ['org1', true, 3],
      ['org2', true, 4],
      ['org3', true, 5],
      ['org4', true, 6],
    ]);
    for (const each of place.orgs) expect(each.org.requestsTo(/deployRequest/)).to.deep.equal([]);

    const { stdout, stderr } = await place.fleet('doctor', [...FILE, ...KEY]);
    const at = (text: string): number => stdout.indexOf(text);
    expect(at('org1'), stdout).to.be.greaterThan(0).and.lessThan(at('org0'));
    expect(stdout).to.match(/^Lines 5: /m);
    // Whether the folder of a test is a temporary one depends on the system.
    expect(stdout).to.match(/Working: 1, with warnings: [01]\. Worked already: 0\. Failing: 4\./);
    expect(stderr).to.contain('"soon" is no number of days');
  });

  it('takes what a row doesn’t say from the stored login, and leaves out with --resume what works', async () => {
    place = await FleetPlace.open(3);
    await place.saveCsv();
    expect((await place.json([...FILE, ...KEY])).status).to.equal(0);
    await place.saveCsv(place.rows().map(({ username, alias }) => ({ username: username!, alias: alias! })));
    const whole = await examined([]);
    expect(whole.result).to.deep.include({ ok: true, failed: [], skipped: [] });
    expect(whole.result.examined.map(({ ok }) => ok)).to.deep.equal([true, true, true]);
    place.orgs[1]!.org.data.sessions.clear();
    place.forgetRequests();
    const rest = await examined(['--resume']);
    expect(rest.result.skipped.map(({ line }) => line)).to.deep.equal([2, 4]);
    expect(rest.result.examined.map(({ line }) => line)).to.deep.equal([3]);
    expect([0, 1, 2].map((index) => place.tokenRequests(index).length)).to.deep.equal([0, 1, 0]);
    await rm(join(place.home, '.sfdx', `${place.orgs[2]!.username}.json`));
    const gone = await examined([]);
    expect(gone.status).to.equal(68);
    expect(gone.result.failed.map(({ line, code }) => [line, code])).to.deep.equal([[4, 'orgs_row_incomplete']]);
  });

  it('asks no org with --dry-run, and reads the key from standard input for every row', async () => {
    place = await FleetPlace.open(2);
    const rows = place.rows();
    await place.saveCsv([...rows, { ...rows[0]!, 'username': 'ci@org9.example.com', 'alias': '', 'client-id': '' }]);
    const dry = await examined([...KEY, '--dry-run']);
    expect(dry.status).to.equal(68);
    expect(dry.result.planned.map(({ line }) => line)).to.deep.equal([2, 3]);
    expect(dry.result.failed.map(({ code }) => code)).to.deep.equal(['orgs_row_incomplete']);
    expect(place.orgs.flatMap(({ org }) => org.requests)).to.deep.equal([]);
    await place.saveCsv();
    const input = await place.keyText();
    const { result } = await examined(['--jwt-key-file', '-'], { input });
    expect(result.examined.map(({ ok }) => ok)).to.deep.equal([true, true]);
  });

  it('tries a login again that a limit refuses', async () => {
    place = await FleetPlace.open(1);
    await place.saveCsv();
    const busy = { status: 429, headers: { 'retry-after': '1' }, body: 'Too many' };
    place.orgs[0]!.org.faults.add({ match: { path: /\/token$/ }, times: 1, respond: busy });
    const { result } = await examined(KEY);
    expect(result.examined[0]!.ok).to.equal(true);
    expect(place.tokenRequests(0)).to.have.length(2);
  });
});
