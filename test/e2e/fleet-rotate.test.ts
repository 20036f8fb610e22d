import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtFleetRotateResult } from '../../src/commands/jwt/fleet/rotate.js';
import { FleetPlace } from '../support/fleet.js';
import { hasTerminal } from '../support/plugin.js';
import { pairOf, type Answer } from '../support/workplace.js';

const FILE = ['--orgs-file', 'orgs.csv', '--name', 'Ci'];
const KEY = ['--jwt-key-file', 'server.key'];
const DEPLOYED = /deployRequest$/;

describe('sf jwt fleet rotate', () => {
  let place: FleetPlace;
  afterEach(() => place.close());

  /** Orgs that have the app Ci with `server.crt`, all of them logged in to. */
  const open = async (count: number): Promise<void> => {
    place = await FleetPlace.open(count, (index) => ({ adminUsername: `admin@org${index}.example.com` }));
    await place.storeAdmins();
    await place.save('server.crt', (await pairOf()).certificate);
    await place.saveCsv(place.rows().map((row, index) => ({ ...row, admin: `admin${index}` })));
    expect((await place.json(['--orgs-file', 'orgs.csv', ...KEY])).status).to.equal(0);
    place.forgetRequests();
  };
  const rotated = async (args: string[], options = {}): Promise<Answer<JwtFleetRotateResult>> => {
    const answer = await place.answer<JwtFleetRotateResult>('rotate', [...FILE, ...args], options);
    return answer;
  };
  const newKeys = (): string[] =>
    readdirSync(place.cwd)
      .filter((name) => /-\d{8}.*\.key$/.test(name))
      .sort();

  it('gives each org a key of its own, and its copy of the file names them', async () => {
    await open(3);
    const { status, result } = await rotated([...KEY, '--output-file', 'orgs.csv']);
    expect(status, JSON.stringify(result)).to.equal(0);
    expect(result.rotated.map(({ line, alias, ok, logins }) => [line, alias, ok, logins.length])).to.deep.equal([
      [2, 'org0', true, 1],
      [3, 'org1', true, 1],
      [4, 'org2', true, 1],
    ]);
    expect(newKeys().map((name) => name.replace(/-\d{8}/, ''))).to.deep.equal([
      'server-org0.key',
      'server-org1.key',
      'server-org2.key',
    ]);
    const lines = (await readFile(join(place.cwd, 'orgs.csv'), 'utf8')).trim().split('\n').slice(1);
    expect(lines.map((line) => line.split(',').at(-1))).to.deep.equal(newKeys());
    const order = place.orgs.map(({ org }) => org.requestsTo(DEPLOYED)[0]!.time);
    expect(order).to.deep.equal(order.toSorted((one, other) => one - other));
    // The next one needs no flag for the key, and no second name.
    const again = await rotated(['--if-expires-within', '400', '--output-dir', 'new']);
    expect(again.status, JSON.stringify(again.result)).to.equal(0);
    expect(readdirSync(join(place.cwd, 'new')).filter((name) => /^server-org\d-\d{8}\.key$/.test(name))).to.have.length(
      3,
    );
    const early = await rotated(['--if-expires-within', '30']);
    expect(early.result.failed.map(({ code }) => code)).to.deep.equal(['key_not_in_use']);
  });

  it('stops after a failure, finishes what runs, and goes on with --resume', async () => {
    await open(4);
    const { org } = place.orgs[1]!;
    org.faults.add({ match: { method: 'POST', path: DEPLOYED }, respond: { status: 500, body: 'down' } });
    const first = await rotated([...KEY, '--report', 'r.json', '--report', 'r.xml']);
    const states = reportRows(await readFile(join(place.cwd, 'r.json'), 'utf8')).map(({ state }) => state);
    expect(states).to.deep.equal(['ok', 'error', 'notBegun', 'notBegun']);
    expect(await readFile(join(place.cwd, 'r.json'), 'utf8')).not.to.match(/BEGIN|"Buffer"/);
    expect(await readFile(join(place.cwd, 'r.xml'), 'utf8')).to.contain('org1');
    expect(first.status).to.equal(68);
    expect(first.result.rotated.map(({ line }) => line)).to.deep.equal([2]);
    expect(first.result.failed.map(({ line }) => line)).to.deep.equal([3]);
    expect(first.result.notBegun.map(({ line }) => line)).to.deep.equal([4, 5]);
    for (const index of [2, 3]) expect(place.orgs[index]!.org.requestsTo(DEPLOYED)).to.deep.equal([]);
    org.faults.clear();
    place.forgetRequests();
    const { stdout } = await place.fleet('rotate', [...FILE, ...KEY, '--resume', '--output-file', 'rotated.csv']);
    expect(stdout).to.contain('Rotated: 3. Not due yet: 0. Rotated before: 1. Failed: 0. Not begun: 0.');
    expect(place.orgs[0]!.org.requestsTo(DEPLOYED)).to.deep.equal([]);
    const copy = await readFile(join(place.cwd, 'rotated.csv'), 'utf8');
    for (const line of copy.trim().split('\n').slice(1)) expect(line).to.match(/,server-org\d-\d{8}(-\d)?\.key$/);
    const check = await place.json(['--orgs-file', 'rotated.csv']);
    expect(check.status, JSON.stringify(check.result)).to.equal(0);
  });

  it('lets more of them fail with --max-failures, in waves, and counts a row that is wrong as one', async () => {
    await open(4);
    const rows = place.rows().map((row, index) => ({ ...row, admin: `admin${index}`, days: index === 1 ? 'x' : '90' }));
    await place.saveCsv(rows);
    const { result } = await rotated([...KEY, '--concurrency', '2', '--max-failures', '2']);
    expect(result.failed.map(({ line, code }) => [line, code])).to.deep.equal([[3, 'orgs_row_value_illegal']]);
    expect(result.rotated.map(({ line }) => line)).to.deep.equal([2, 4, 5]);
    const days = result.rotated.map(({ issued }) => (Date.parse(issued!.notAfter) - Date.now()) / 86_400_000);
    for (const each of days) expect(each).to.be.within(89, 91);
  });

  it('changes nothing with --dry-run, and shows which are due', async () => {
    await open(2);
    const { stdout, status } = await place.fleet('rotate', [
      ...FILE,
      ...KEY,
      '--dry-run',
      '--if-expires-within',
      '400',
    ]);
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/org0 .*would be rotated: .*server-org0-\d{8}\.key/)
      .and.to.contain('To rotate: 2.');
    expect(stdout.match(/┌/g)).to.have.length(1);
    const none = await rotated([...KEY, '--dry-run', '--if-expires-within', '30']);
    expect(none.result.rotated.map(({ status: state }) => state)).to.deep.equal(['unchanged', 'unchanged']);
    expect(newKeys()).to.deep.equal([]);
    expect(existsSync(join(place.home, '.sf', 'jwt-rotations'))).to.equal(false);
  });

  it('asks once on a terminal', async function () {
    if (!hasTerminal) this.skip();
    await open(2);
    await mkdir(join(place.cwd, 'new'));
    const { stdout, status } = await place.onTerminal(
      'rotate',
      [...FILE, ...KEY, '--output-dir', 'new'],
      [{ expect: 'new keys?', type: 'n\r' }],
    );
    expect(status, stdout).to.equal(1);
    expect(stdout).to.contain('Nothing was changed');
    expect(readdirSync(join(place.cwd, 'new'))).to.deep.equal([]);
    expect(place.orgs.flatMap(({ org }) => org.requests)).to.deep.equal([]);
  });
});

function reportRows(text: string): Array<{ state: string }> {
  return (JSON.parse(text) as { rows: Array<{ state: string }> }).rows;
}
