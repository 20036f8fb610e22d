import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtFleetAuditResult } from '../../src/commands/jwt/fleet/audit.js';
import { FleetPlace } from '../support/fleet.js';

const FILE = ['--orgs-file', 'orgs.csv'];

describe('sf jwt fleet audit', () => {
  let place: FleetPlace;
  beforeEach(async () => {
    place = await FleetPlace.open(3, (index) => ({ adminUsername: `admin@org${index}.example.com` }));
    await place.storeAdmins();
  });
  afterEach(() => place.close());

  const audited = (args: string[] = []) => place.answer<JwtFleetAuditResult>('audit', [...FILE, ...args]);
  const requests = (): number => place.orgs.reduce((sum, { org }) => sum + org.requests.length, 0);

  it('audits each org once with the eyes of its admin, and tells what is worst first', async () => {
    const rows = place.rows().map((row, index) => ({ ...row, admin: `admin${index}` }));
    const app = place.orgs[1]!.org.apps[0]!.name;
    place.orgs[1]!.org.setup.changePolicy(app, { permittedUsersPolicyType: 'AllSelfAuthorized' });
    const again = { ...rows[0]!, username: 'other@org0.example.com', alias: 'again' };
    const gone = { ...rows[2]!, username: 'gone@org9.example.com', alias: 'gone', admin: 'nobody-here' };
    await place.saveCsv([...rows, again, gone]);
    const { status, result } = await audited();
    expect(status).to.equal(68);
    expect(result.audited.map(({ line, alias, ok }) => [line, alias, ok])).to.deep.equal([
      [2, 'org0', true],
      [3, 'org1', false],
      [4, 'org2', true],
    ]);
    expect(result.repeated).to.deep.equal([{ line: 5, username: 'other@org0.example.com', alias: 'again', first: 2 }]);
    expect(result.failed.map(({ line, code }) => [line, code])).to.deep.equal([[6, 'named_org_not_found']]);
    const [first] = result.audited;
    expect(first?.apps[0]).to.include({ permittedUsers: 'admin', clientId: place.orgs[0]!.clientId });

    const report = ['--report', 'audit.json', '--report', 'audit.html'];
    const { stdout, stderr } = await place.fleet('audit', [...FILE, ...report]);
    expect(stdout.indexOf('org1')).to.be.greaterThan(0).and.lessThan(stdout.indexOf('org0'));
    expect(stdout).to.match(/^✗ error, lines 3: .* is open to everybody/m);
    expect(stdout).to.contain('sf jwt connect --target-org admin1 ');
    expect(stdout).to.contain('In order: 2. With errors: 1. Not audited: 1.').and.to.contain('the org of line 2');
    expect(stderr).to.contain('nobody-here');
    const { rows: written } = JSON.parse(readFileSync(join(place.cwd, 'audit.json'), 'utf8')) as {
      rows: Array<Record<string, unknown>>;
    };
    expect(written.map(({ org, line, state }) => [org, line, state])).to.deep.include.members([
      // Nobody has logged in yet.
      ['org0', 2, 'warning'],
      ['org1', 3, 'error'],
      ['gone', 6, 'unknown'],
    ]);
    expect(readFileSync(join(place.cwd, 'audit.html'), 'utf8')).to.contain('org1');
  });

  it('takes the login that is stored for the org where a row names no admin, and 0 where all is well', async () => {
    await place.saveCsv();
    const { status, result } = await audited(['--concurrency', '2']);
    expect([status, result.audited.length]).to.deep.equal([0, 3]);
    for (const { org } of place.orgs) {
      const writes = org.requests.filter(
        ({ method, body }) => method !== 'GET' && !/<(listMetadata|readMetadata)\b/.test(body),
      );
      expect(writes).to.deep.equal([]);
    }
  });

  it('asks nobody for a row that says too little', async () => {
    await place.saveCsv([{ username: 'ci@org9.example.com' }]);
    const { status, result } = await audited();
    expect(status).to.equal(1);
    expect(result.failed.map(({ code }) => code)).to.deep.equal(['orgs_row_incomplete']);
    expect(requests()).to.equal(0);
  });

  it('waits where an org limits what it takes', async () => {
    await place.saveCsv(place.rows().slice(0, 1));
    const busy = { status: 429, headers: { 'retry-after': '1' }, body: 'Too many' };
    place.orgs[0]!.org.faults.add({ match: { path: /services\/Soap\/m/ }, times: 1, respond: busy });
    const { result } = await audited();
    expect(result.audited.map(({ ok }) => ok)).to.deep.equal([true]);
  });
});
