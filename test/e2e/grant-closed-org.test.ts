import { expect } from 'chai';
import { entryOf, openWithApp } from '../support/grant.js';
import { FleetPlace } from '../support/fleet.js';
import { run } from '../support/plugin.js';
import { CONNECT } from '../support/connect.js';
import { ROTATE } from '../support/rotate.js';
import { ADMIN_ALIAS, type Workplace } from '../support/workplace.js';

const ROBOT = 'robot@acme.example.com';
const PROFILE = 'Minimum Access - API Only Integrations';
const UNKNOWN = [
  'name',
  'instanceName',
  'namespacePrefix',
  'orgEdition',
  'trailExpirationDate',
  'isSandbox',
  'isScratch',
];

describe('An org that does not let its CI user query Organization', () => {
  let workplace: Workplace;
  let flags: string[];

  before(async () => {
    const options = { kind: 'production' as const, devHub: true, users: [{ username: ROBOT, profile: PROFILE }] };
    const opened = await openWithApp({ ...options, users: [...options.users, { username: 'ci@acme.example.com' }] });
    ({ workplace } = opened);
    workplace.org.setup.assignPermissionSet(ROBOT, 'Ci');
    flags = ['--username', ROBOT, '--client-id', opened.clientId, '--jwt-key-file', 'server.key'];
    flags.push('--instance-url', workplace.org.url);
  });
  after(() => workplace.close());

  it('is stored with what is known, and says so in one line', async () => {
    const { status, stdout, stderr } = await workplace.jwt(['grant', ...flags, '--set-default-dev-hub']);
    expect(status, stderr).to.equal(0);
    expect(stdout.split('\n').filter((line) => line.includes('Organization'))).to.have.lengthOf(1);
    const entry = await entryOf(workplace.home, ROBOT);
    expect(entry).to.include({ orgId: workplace.org.orgId, isDevHub: true, instanceApiVersion: '67.0' });
    expect(entry).not.to.have.any.keys(...UNKNOWN);
  });

  it('says so to a program too, among the warnings', async () => {
    const { warnings = [], status } = await workplace.json(['grant', ...flags]);
    expect(status).to.equal(0);
    expect(warnings.filter((text) => text.includes('(object Organization)'))).to.have.lengthOf(1);
  });

  it('keeps what an earlier login of the same org knew', async () => {
    workplace.org.switches.organizationReaders = 'everybody';
    await workplace.json(['grant', ...flags]);
    workplace.org.switches.organizationReaders = 'all-but-minimal';
    await workplace.json(['grant', ...flags]);
    expect(await entryOf(workplace.home, ROBOT)).to.include({ name: 'Local production org', isSandbox: false });
  });

  it('doesn’t say of a Dev Hub that refuses the question that it is none', async () => {
    workplace.org.switches.scratchOrgInfoReaders = 'setup-viewers';
    const { status, stdout, stderr } = await workplace.jwt(['grant', ...flags, '--set-default-dev-hub']);
    workplace.org.switches.scratchOrgInfoReaders = 'everybody';
    expect(status).to.equal(0);
    expect(stdout + stderr)
      .to.contain("didn't let the user ask whether it is one")
      .and.not.to.contain("Dev Hub isn't enabled");
  });

  it('serves token, list --check and doctor all the same', async () => {
    await workplace.json(['grant', ...flags]);
    const token = await run(['jwt', 'token', ...flags], { home: workplace.home, cwd: workplace.cwd });
    expect(token.status, token.stderr).to.equal(0);
    const list = await workplace.json<{ ok: boolean }>(['list', '--check']);
    expect(list.result.ok, JSON.stringify(list)).to.equal(true);
    const doctor = await workplace.json<{ ok: boolean; findings: Array<{ code: string; severity: string }> }>([
      ...['doctor', ...flags],
    ]);
    expect(doctor.result.ok).to.equal(true);
    const errors = doctor.result.findings.filter(({ code }) => /api_refuses|unreadable|incomplete/.test(code));
    expect(errors).to.deep.equal([]);
  });

  it('lets an admin to whom it is closed too connect, rotate and look for causes', async () => {
    workplace.org.switches.organizationReaders = 'nobody';
    const connect = await workplace.json([...CONNECT, '--username', ROBOT]);
    expect(connect.status, JSON.stringify(connect)).to.equal(0);
    const rotate = await workplace.json([...ROTATE.slice(0, 3), '--username', ROBOT, '--jwt-key-file', 'server.key']);
    expect(rotate.status, JSON.stringify(rotate)).to.equal(0);
    const doctor = await workplace.json<{ findings: Array<{ code: string }> }>([
      ...['doctor', ...flags, '--target-org', ADMIN_ALIAS],
    ]);
    expect(doctor.result.findings.map(({ code }) => code)).not.to.include.members(['view_incomplete']);
    expect(doctor.result.findings.map(({ code }) => code)).not.to.include('target_org_unreadable');
    workplace.org.switches.organizationReaders = 'all-but-minimal';
  });

  it('in a fleet, says how many of them there were', async () => {
    const place = await FleetPlace.open(3, (index) =>
      index === 0
        ? { switches: { organizationReaders: 'everybody' } }
        : { switches: { organizationReaders: 'nobody' } },
    );
    try {
      await place.saveCsv();
      const { status, stdout } = await place.grant(['--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key']);
      expect(status).to.equal(0);
      expect(stdout).to.contain('(object Organization): 2.');
      const { warnings = [] } = await place.json(['--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key']);
      expect(warnings.join()).to.contain('(object Organization): 2.');
      expect(place.entry(place.usernames(0)[0]!)).to.have.property('name');
      expect(place.entry(place.usernames(1)[0]!)).not.to.have.any.keys(...UNKNOWN);
    } finally {
      await place.close();
    }
  });
});
