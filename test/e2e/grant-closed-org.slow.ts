import { expect } from 'chai';
import { entryOf, openWithApp } from '../support/grant.js';
import { findSfCli, makeSfHome, sf } from '../support/sf-cli.js';
import type { Workplace } from '../support/workplace.js';

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

describe('The login of a user who may not query Organization', function () {
  this.timeout(120_000);
  let workplace: Workplace;
  let flags: string[];

  before(async function () {
    this.timeout(300_000);
    await findSfCli();
    const options = { kind: 'production' as const, devHub: true, users: [{ username: ROBOT, profile: PROFILE }] };
    const opened = await openWithApp({ ...options, users: [...options.users, { username: 'ci@acme.example.com' }] });
    ({ workplace } = opened);
    workplace.org.setup.assignPermissionSet(ROBOT, 'Ci');
    flags = ['--username', ROBOT, '--client-id', opened.clientId, '--jwt-key-file', 'server.key'];
    flags.push('--instance-url', workplace.org.url);
  });
  after(() => workplace.close());

  it('is stored with what is known, says so in one line, and serves the CLI as its own login does', async () => {
    const [ours, theirs] = [await makeSfHome(), await makeSfHome()];
    try {
      const login = await sf(['org', 'login', 'jwt', ...flags, '--json'], { home: theirs, cwd: workplace.cwd });
      expect(login.status, login.stdout).to.equal(0);
      const granted = await workplace.jwt(['grant', ...flags, '--set-default-dev-hub'], { home: ours.path });
      expect(granted.status, granted.stderr).to.equal(0);
      expect(granted.stdout.split('\n').filter((line) => line.includes('Organization'))).to.have.lengthOf(1);

      const [mine, yours] = [await entryOf(ours.path, ROBOT), await entryOf(theirs.path, ROBOT)];
      expect(mine).to.include({ orgId: workplace.org.orgId, isDevHub: true, instanceApiVersion: '67.0' });
      expect(mine).not.to.have.any.keys(...UNKNOWN);
      for (const entry of [mine, yours]) {
        delete entry['accessToken'];
        delete entry['instanceApiVersionLastRetrieved'];
      }
      // asked for by org login jwt only in passing
      expect({ ...mine, instanceApiVersion: undefined }).to.deep.equal({ ...yours, instanceApiVersion: undefined });

      const shown = await sf(['org', 'display', '--target-org', ROBOT, '--json'], { home: ours });
      expect(shown.status, shown.stdout).to.equal(0);
      expect(shown.json.result).to.include({ id: workplace.org.orgId, username: ROBOT, apiVersion: '67.0' });
      const listed = await sf(['org', 'list', '--json'], { home: ours });
      expect(listed.status, listed.stdout).to.equal(0);
      expect(listed.stdout).to.contain(ROBOT).and.to.contain('"connectedStatus": "Connected"');
      const query = ['data', 'query', '--query', 'SELECT Id FROM ScratchOrgInfo', '--target-org', ROBOT, '--json'];
      expect((await sf(query, { home: ours })).status).to.equal(0);
      expect([...ours.egress(), ...theirs.egress()]).to.deep.equal([]);
    } finally {
      await Promise.all([ours.remove(), theirs.remove()]);
    }
  });
});
