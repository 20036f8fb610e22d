import { expect } from 'chai';
import type { HttpRequest } from '../emulator/http/message.js';
import { CONNECT, connected, deployRequests, refused, tokenRequests } from '../support/connect.js';
import { ADMIN, Workplace } from '../support/workplace.js';

const is =
  (method: string, path: RegExp) =>
  (request: HttpRequest): boolean =>
    request.method === method && path.test(decodeURIComponent(`${request.path}?${request.query.toString()}`));

/** Where in the work a session can end, by the request that finds out. */
const PHASES = {
  'before anything is read': is('POST', /\/Soap\/m/),
  'before running deployments are asked for': is('GET', /\/tooling\/query/),
  'before the deployment is sent': is('POST', /\/deployRequest/),
  'while the deployment runs': is('GET', /\/deployRequest\/0Af/),
  'before the access row is read': is('GET', /\/query.*SetupEntityAccess/),
  'before the users are assigned': is('POST', /PermissionSetAssignment|\/composite\/sobjects/),
};

describe('sf jwt connect, when the session of the admin ends in the middle', () => {
  let workplace: Workplace;

  /** All sessions end once, when the next request of this kind arrives. */
  function expireAt(isPhase: (request: HttpRequest) => boolean): { struck: () => boolean } {
    let struck = false;
    workplace.org.faults.add({
      match: (request) => {
        if (!struck && isPhase(request)) {
          struck = true;
          workplace.org.expireSessions();
        }
        return false;
      },
    });
    return { struck: () => struck };
  }

  describe('and there is only an access token', () => {
    beforeEach(async () => {
      workplace = await Workplace.open();
    });
    afterEach(() => workplace.close());

    for (const [phase, isPhase] of Object.entries(PHASES)) {
      it(`fails in one line ${phase}, and says what stands`, async () => {
        const { org } = workplace;
        const session = [...org.data.sessions.values()].find(({ token }) => workplace.secrets.includes(token));
        const fault = expireAt(isPhase);
        const { data, actions, message, warnings = [] } = await workplace.json(CONNECT);
        expect(fault.struck()).to.equal(true);
        expect(data, message).to.deep.include({ code: 'admin_session_expired', username: ADMIN });
        expect(actions?.[0]).to.contain(`sf org login web --instance-url ${org.url}`);
        expect(message).not.to.contain('\n');
        const [job] = org.data.deployments;
        if (job === undefined) expect(warnings).to.deep.equal([]);
        else expect(warnings.join()).to.contain(job.id);
        if (/while/.test(phase)) expect(warnings.join()).to.contain('goes on in the org');
        if (/assigned|access row/.test(phase)) expect(warnings.join()).to.contain(org.apps[0]?.consumerKey);

        org.data.sessions.set(String(session?.token), session as NonNullable<typeof session>);
        const { clientId, users } = await connected(workplace);
        expect(clientId).to.equal(org.apps[0]?.consumerKey);
        expect(users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
        expect(deployRequests(org) - (phase === 'before the deployment is sent' ? 1 : 0)).to.equal(1);
      });
    }
  });

  describe('with a login that can be renewed', () => {
    before(async () => {
      workplace = await Workplace.open();
      const { clientId } = await connected(workplace, ['--name', 'Admins']);
      const login = ['--username', ADMIN, '--client-id', String(clientId), '--jwt-key-file', 'server.key'];
      const granted = await workplace.jwt(['grant', ...login, '--instance-url', workplace.org.url]);
      expect(granted.status, granted.stderr).to.equal(0);
    });
    after(() => workplace.close());

    for (const [index, [phase, isPhase]] of Object.entries(PHASES).entries()) {
      it(`renews it once ${phase}, and goes on`, async () => {
        const fault = expireAt(isPhase);
        const before = tokenRequests(workplace.org);
        const { status, users } = await connected(workplace, ['--name', `App${index}`]);
        expect(fault.struck()).to.equal(true);
        expect(status).to.equal('created');
        expect(users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
        // one for the session, one for the proof
        expect(tokenRequests(workplace.org) - before).to.equal(2);
      });
    }

    it('says so where that is refused too', async () => {
      workplace.org.setup.deleteApp('Admins');
      workplace.org.expireSessions();
      const { message } = await refused(workplace, 'admin_session_expired', []);
      expect(message).to.contain('The session of admin@acme.example.com has ended');
      expect(message).not.to.contain('\n');
    });
  });
});
