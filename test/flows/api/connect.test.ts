import { expect } from 'chai';
import { connect, type ConnectOptions, type ConnectProgress } from '../../../src/flows/api/index.js';
import { startOrg, type Org } from '../../emulator/index.js';
import { errorOf, printedBy } from '../../support/api.js';
import { recordInMemory } from '../../support/connect-in-process.js';
import { stateOf } from '../../support/connect.js';
import { CI_USER, pairOf } from '../../support/workplace.js';

const OTHER = 'ben@acme.example.com';

describe('connect of the API', () => {
  let org: Org;
  let options: ConnectOptions;

  beforeEach(async () => {
    org = await startOrg({
      kind: 'developer',
      users: [CI_USER, OTHER].map((username) => ({ username })),
      switches: { deployMs: 1 },
    });
    const { key, certificate } = await pairOf();
    const admin = { instanceUrl: `${org.url}/`, accessToken: org.admin.accessToken };
    options = { org: admin, certificate, key, usernames: [CI_USER], store: recordInMemory() };
  });
  afterEach(() => org.stop());

  it('sets up the app, proves it, and says how it goes; a second call changes nothing', async () => {
    const steps: ConnectProgress[] = [];
    const printed = await printedBy(async () => {
      const made = await connect({ ...options, onProgress: (progress) => steps.push(progress) });
      expect(made).to.deep.include({
        outcome: 'done',
        status: 'created',
        name: 'JwtBearer',
        dryRun: false,
        warnings: [],
      });
      expect(made.users).to.deep.equal([{ username: CI_USER, assigned: 'assigned', verified: true }]);
      expect(made.instanceUrl).to.equal(org.url);
      const before = stateOf(org);
      const again = await connect(options);
      expect(again).to.deep.include({ outcome: 'done', status: 'unchanged', changes: [], clientId: made.clientId });
      expect(stateOf(org)).to.deep.equal(before);
    });
    expect(printed).to.equal('');
    const [plan] = steps;
    expect(plan).to.deep.include({ step: 'plan' });
    expect(plan?.step === 'plan' && plan.changes[0]).to.equal('Create the External Client App JwtBearer');
    expect(steps.map(({ step }) => step)).to.include('deploy');
  });

  it('is for the admin whose session it is, where no users are named', async () => {
    const { usernames: _, ...rest } = options;
    expect((await connect(rest)).users.map(({ username }) => username)).to.deep.equal([org.admin.username]);
  });

  it('changes nothing in a dry run', async () => {
    const before = stateOf(org);
    const planned = await connect({ ...options, dryRun: true });
    expect(planned).to.include({ dryRun: true, status: 'created', clientId: null });
    expect(stateOf(org)).to.deep.equal(before);
  });

  it('is pending where the org has not caught up in the time that its clock shows', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: (pause: number) => Promise.resolve(void (now += pause)) };
    const body = JSON.stringify({ error: 'invalid_client_id', error_description: 'client identifier invalid' });
    org.faults.add({ match: { path: /oauth2\/token/ }, respond: { status: 400, body } });
    const late = await connect({ ...options, wait: 2000, clock });
    expect(late.outcome).to.equal('pending');
    expect(late.users[0]).to.include({ verified: false });
  });

  it('asks nobody: where users would lose the app it stops, unless it is told to go on', async () => {
    const { certificate } = await pairOf();
    org.setup.createExternalClientApp({ name: 'JwtBearer', certificate });
    org.setup.approve(OTHER, 'JwtBearer');
    const asked: Array<string[] | undefined> = [];
    const error = await errorOf(connect({ ...options, name: 'JwtBearer' }));
    expect(error.code).to.equal('lockout_declined');
    const goesOn = (usernames: string[] | undefined): boolean => asked.push(usernames) > 0;
    expect((await connect({ ...options, name: 'JwtBearer', onLockout: goesOn })).status).to.equal('updated');
    expect(asked).to.deep.equal([[OTHER]]);
  });

  it('refuses before it asks the org what can be told before', async () => {
    org.requests.splice(0);
    const other = await pairOf('other');
    const code = async (more: object): Promise<string> => (await errorOf(connect({ ...options, ...more }))).code;
    expect(await code({ certificate: undefined })).to.equal('option_missing');
    expect(await code({ certificate: 'x' })).to.equal('certificate_not_pem');
    expect(await code({ key: other.key })).to.equal('key_certificate_mismatch');
    expect(await code({ clock: { now: () => Date.UTC(2099, 0, 1), sleep: () => Promise.resolve() } })).to.equal(
      'certificate_expired',
    );
    expect(await code({ wait: -1 })).to.equal('option_malformed');
    expect(await code({ org: undefined })).to.equal('option_missing');
    expect(await code({ org: { instanceUrl: 'http://acme.my.salesforce.com', accessToken: 'x' } })).to.equal(
      'url_not_https',
    );
    expect(org.requests).to.deep.equal([]);
    expect(await code({ org: { instanceUrl: org.url, accessToken: 'ended' } })).to.equal('admin_session_expired');
    expect(await code({ scopes: ['everything'] })).to.equal('scope_unknown');
  });
});
