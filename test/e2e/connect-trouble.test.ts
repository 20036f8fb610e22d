import { expect } from 'chai';
import type { Fault } from '../emulator/index.js';
import { CONNECT, connected, deployRequests, refused } from '../support/connect.js';
import { ADMIN, Workplace } from '../support/workplace.js';

const DEPLOY = { method: 'POST', path: /deployRequest$/ };
const POLL = { method: 'GET', path: /deployRequest\/0Af/ };

describe('sf jwt connect, with trouble on the way', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  const answer = (status: number, errorCode: string, message: string): NonNullable<Fault['respond']> => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ errorCode, message }]),
  });

  const page = '<html><title>503 Down</title>\n<body>\n<p>We are down for\nmaintenance.</p></body></html>';

  /** One line in the server's words with a code, and nothing changed. */
  const troubles: Array<[what: string, code: string, words: string, arrange: () => void]> = [
    [
      'the user may not use the Metadata API',
      'admin_permission_missing',
      'INSUFFICIENT_ACCESS: use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions',
      () => {
        const { data } = workplace.org;
        const standard = data.profiles.find(({ name }) => name === 'Standard User');
        const admin = workplace.org.user(ADMIN);
        if (admin !== undefined && standard !== undefined) admin.profileId = standard.id;
      },
    ],
    [
      'the user may not use the API at all',
      'org_api_disabled',
      'API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner',
      () =>
        workplace.org.faults.add({
          match: { path: /\/query/ },
          respond: answer(403, 'API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner'),
        }),
    ],
    [
      'the org is locked',
      'org_locked',
      'ORG_LOCKED: organization is locked',
      () =>
        workplace.org.faults.add({
          match: { path: /\/query/ },
          respond: answer(403, 'ORG_LOCKED', 'organization is locked'),
        }),
    ],
    ['the session has ended', 'admin_session_expired', 'INVALID_SESSION_ID', () => workplace.org.expireSessions()],
    [
      'the org is in maintenance when it is read',
      'org_failing',
      'HTTP 503: 503 Down We are down for maintenance.',
      () => workplace.org.faults.add({ match: { path: /\/services\/Soap\/m/ }, respond: { status: 503, body: page } }),
    ],
    [
      'the org is in maintenance when it is deployed to',
      'org_failing',
      'HTTP 503: 503 Down We are down for maintenance.',
      () => workplace.org.faults.add({ match: DEPLOY, respond: { status: 503, body: page } }),
    ],
    [
      'the connection breaks while it is deployed to',
      'deployment_unanswered',
      "The org's answer to the deployment never came: UND_ERR_SOCKET",
      () => workplace.org.faults.add({ match: DEPLOY, drop: 'before' }),
    ],
  ];
  for (const [what, code, words, arrange] of troubles) {
    it(`fails in one line when ${what}`, async () => {
      arrange();
      const { message } = await refused(workplace, code, []);
      expect(message).to.contain(words);
      expect(message).not.to.contain('\n');
    });
  }

  it('keeps asking for a deployment when the connection is lost meanwhile', async () => {
    workplace.org.faults.add({ match: POLL, drop: 'before', times: 2 });
    const { status, users } = await connected(workplace);
    expect(status).to.equal('created');
    expect(users[0]?.verified).to.equal(true);
    expect(deployRequests(workplace.org)).to.equal(1);
  });

  it('finds what stands when the answer to the deployment was lost', async () => {
    workplace.org.faults.add({ match: DEPLOY, drop: 'after', times: 1 });
    const { data } = await workplace.json(CONNECT);
    expect(data?.code).to.equal('deployment_unanswered');
    while (workplace.org.apps.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const { status, users, clientId } = await connected(workplace);
    expect(status).to.equal('updated');
    expect(users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
    expect(clientId).to.equal(workplace.org.apps[0]?.consumerKey);
    expect(deployRequests(workplace.org)).to.equal(1);
  });

  it('waits for the end of the deployment whose answer was lost, and deploys nothing twice', async () => {
    const { org } = workplace;
    const release = org.holdDeployments();
    org.faults.add({ match: DEPLOY, drop: 'after', times: 1 });
    const { data, actions } = await workplace.json(CONNECT);
    expect(data?.code).to.equal('deployment_unanswered');
    expect(data?.['reason']).to.match(/^UND_ERR_SOCKET/);
    expect(actions?.[0]).to.match(/^Run the same command again/);
    const next = connected(workplace);
    while (org.requestsTo(/deployRequest\/0Af/).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    const { clientId, users } = await next;
    expect(clientId).to.equal(org.apps[0]?.consumerKey);
    expect(users[0]?.verified).to.equal(true);
    expect([org.apps.length, deployRequests(org)]).to.deep.equal([1, 1]);
  });

  it('doesn’t wonder about a dry run, which changes nothing', async () => {
    workplace.org.faults.add({ match: DEPLOY, drop: 'after', times: 1 });
    const { data } = await workplace.json([...CONNECT, '--dry-run']);
    expect(data?.code).to.equal('org_unreachable');
  });
});
