import { expect } from 'chai';
import { CONNECT, connected, refused, stateOf } from '../support/connect.js';
import { ADMIN, Workplace } from '../support/workplace.js';

describe('sf jwt connect, refused by the org', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  it("says why in the server's words when a component is refused, and changes nothing", async () => {
    const { data, message, actions } = await refused(workplace, 'deployment_failed', ['--profile', 'No Such Profile']);
    const problem = 'In field: commaSeparatedProfile - no Profile named No Such Profile found';
    expect(message).to.contain(`ExtlClntAppOauthConfigurablePolicies JwtBearer_oauth_defaultPolicy: ${problem}`);
    expect(data?.['problems']).to.deep.include({
      type: 'ExtlClntAppOauthConfigurablePolicies',
      component: 'JwtBearer_oauth_defaultPolicy',
      problem,
    });
    expect(actions?.[0]).to.match(/^To see the whole result, run: sf project deploy report --job-id 0Af\w{15}$/);
    expect(workplace.org.apps).to.deep.equal([]);
  });

  it('says which tests stopped the deployment', async () => {
    await workplace.close();
    workplace = await Workplace.open({ kind: 'production', switches: { productionTests: 'fail' } });
    const { message } = await refused(workplace, 'deployment_failed', []);
    expect(message).to.contain('ExistingTest.failsInThisOrg: System.AssertException: Assertion Failed');
  });

  it('keeps an app that exists as it is when its update is refused', async () => {
    await connected(workplace);
    await workplace.savePair('renewed');
    const flags = ['--label', 'Other', '--permission-set', 'Deployers', '--profile', 'No Such Profile'];
    await refused(workplace, 'deployment_failed', flags);
  });

  it('says that the deployment was canceled, and by whom', async () => {
    workplace.org.switches.deployMs = 3_000;
    const running = workplace.json(CONNECT);
    const started = (): string => workplace.org.requestsTo(/deployRequest$/, 'POST')[0]?.responseBody ?? '';
    while (started() === '') await new Promise((resolve) => setTimeout(resolve, 50));
    const { id } = JSON.parse(started()) as { id: string };
    await fetch(`${workplace.org.url}/services/data/v67.0/metadata/deployRequest/${id}`, {
      method: 'PATCH',
      headers: { 'authorization': `Bearer ${workplace.org.admin.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ deployResult: { status: 'Canceling' } }),
    });
    const answer = await running;
    expect(answer.data).to.deep.include({ code: 'deployment_canceled', id, by: 'Ada Admin' });
    expect(workplace.org.apps).to.deep.equal([]);
  });

  /** What goes wrong before the org has anything to deploy: one line in the server's words, nothing changed. */
  const troubles: Array<[what: string, words: string, arrange: () => void]> = [
    [
      'the user may not use the Metadata API',
      'INSUFFICIENT_ACCESS',
      () => {
        const { data } = workplace.org;
        const standard = data.profiles.find(({ name }) => name === 'Standard User');
        const admin = workplace.org.user(ADMIN);
        if (admin !== undefined && standard !== undefined) admin.profileId = standard.id;
      },
    ],
    ['the session has ended', 'INVALID_SESSION_ID', () => workplace.org.expireSessions()],
    [
      'the org is in maintenance',
      '503',
      () =>
        workplace.org.faults.add({
          match: { method: 'POST', path: /deployRequest$/ },
          respond: {
            status: 503,
            body: '<html><title>503 Down</title><body>We are down for maintenance.</body></html>',
          },
        }),
    ],
    [
      'the connection breaks',
      'gave no answer: UND_ERR_SOCKET',
      () => workplace.org.faults.add({ match: { method: 'POST', path: /deployRequest$/ }, drop: 'before' }),
    ],
  ];
  for (const [what, words, arrange] of troubles) {
    it(`fails in one line when ${what}`, async () => {
      arrange();
      const before = stateOf(workplace.org);
      const { status, stderr } = await workplace.jwt(CONNECT);
      expect(status, stderr).to.equal(1);
      expect(stderr).to.contain(words);
      expect(stderr.match(/^Error/gm)).to.have.lengthOf(1);
      expect(stderr).not.to.match(/^\s+at .*:\d+:\d+/m);
      expect(stateOf(workplace.org)).to.deep.equal(before);
    });
  }
});
