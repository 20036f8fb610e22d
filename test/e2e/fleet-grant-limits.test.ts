import { expect } from 'chai';
import { startLoginHost, type LoggedRequest } from '../emulator/index.js';
import { FleetPlace } from '../support/fleet.js';
import { pairOf } from '../support/workplace.js';

const ARGS = ['--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key'];

describe('sf jwt fleet grant where a server limits it', () => {
  let place: FleetPlace;
  afterEach(() => place.close());

  const statuses = (index: number): number[] => place.tokenRequests(index).map(({ status }) => status);

  for (const [status, retryAfter] of [
    [429, 'seconds'],
    [503, 'seconds'],
    [503, 'date'],
    [429, 'none'],
  ] as const) {
    it(`waits out HTTP ${status} with Retry-After: ${retryAfter}, and stays away for as long as it was asked to`, async () => {
      place = await FleetPlace.open(2);
      await place.saveCsv();
      const [{ org } = place.orgs[0]!] = place.orgs;
      org.switches.requestLimit = { requests: 0, windowMs: 2_000, status, retryAfter };
      let refusedAt = 0;
      const lift = setInterval(() => {
        if (!statuses(0).includes(status)) return;
        refusedAt = Date.now();
        clearInterval(lift);
        org.switches.requestLimit = false;
      }, 5);
      const { status: exit, stdout, stderr } = await place.grant(ARGS);
      clearInterval(lift);
      expect(exit, stdout + stderr).to.equal(0);
      expect(statuses(0)).to.deep.equal([status, 200]);
      const [, second] = place.tokenRequests(0);
      // A date has whole seconds, and the first pause without a header is one second.
      const least = retryAfter === 'seconds' ? 1_900 : 900;
      expect(second!.time - refusedAt).to.be.at.least(least);
      expect(stderr).to.contain(`${org.url} limits what it takes (HTTP ${status}`).and.to.contain('up to 10 minutes');
      expect(place.expectComplete()).to.deep.equal([0, 1]);
    });
  }

  it('tells of 4,000 failed rows, each with its line, in a small heap', async () => {
    place = await FleetPlace.open(1);
    await place.saveCsv(
      Array.from({ length: 4_000 }, (_, index) => ({
        'username': `ci${index}@one.example.com`,
        'client-id': place.orgs[0]!.clientId,
        'jwt-key-file': `missing${index}.key`,
      })),
    );
    const { status, stdout, stderr } = await place.grant(ARGS, { env: { NODE_OPTIONS: '--max-old-space-size=256' } });
    expect(status, stderr.slice(-2_000)).to.equal(1);
    expect(stdout.split('\n').filter((line) => /missing\d+\.key/.test(line))).to.have.length(4_000);
    expect(stdout).to.contain('Failed: 4000.');
  });

  it('takes no more than a host gives, in as many rounds as it takes', async () => {
    place = await FleetPlace.open(1);
    const [{ org, clientId }] = place.orgs as [FleetPlace['orgs'][0]];
    const users = Array.from({ length: 9 }, (_, index) => `ci${index}@one.example.com`);
    for (const username of users) {
      org.addUser({ username });
      org.setup.assignPermissionSet(username, 'Ci');
    }
    // Three requests a login; so three logins and a bit in each window.
    org.switches.requestLimit = { requests: 10, windowMs: 1_500, status: 429, retryAfter: 'seconds' };
    await place.saveCsv(users.map((username) => ({ username, 'instance-url': org.url, 'client-id': clientId })));
    const { status, result } = await place.json(ARGS);
    expect(status, JSON.stringify(result.failed)).to.equal(0);
    expect(result.granted).to.have.length(9);
    const refused = org.requests.filter((request: LoggedRequest) => request.status === 429);
    expect(refused.length).to.be.within(1, 20);
  });

  it('waits for a user and for an org that have logged in too often, while the others go on', async () => {
    place = await FleetPlace.open(5);
    await place.saveCsv();
    const [often, full] = [place.orgs[0]!.org, place.orgs[1]!.org];
    often.switches.loginsPerUserAndHour = 0;
    full.switches.orgLoginLimitReached = true;
    const isDone = (index: number): boolean => place.entry(place.usernames(index)[0]!) !== undefined;
    const lift = setInterval(() => {
      if (![2, 3, 4].every(isDone) || statuses(0).length < 2 || statuses(1).length < 2) return;
      often.switches.loginsPerUserAndHour = 3600;
      full.switches.orgLoginLimitReached = false;
    }, 20);
    const { status, stdout, stderr } = await place.grant([...ARGS, '--concurrency', '1']);
    clearInterval(lift);
    expect(status, stdout + stderr).to.equal(0);
    expect(statuses(0).slice(0, 2)).to.deep.equal([400, 400]);
    expect(statuses(1).at(-1)).to.equal(200);
    expect(place.expectComplete()).to.deep.equal([0, 1, 2, 3, 4]);
    expect(stderr)
      .to.contain('invalid_grant: login rate exceeded')
      .and.to.contain('rate_limit_exceeded: number of logins');
  });

  it('gives up when --wait is over, with the server’s words, and leaves the others as they are', async () => {
    place = await FleetPlace.open(4);
    await place.saveCsv();
    place.orgs[0]!.org.switches.loginsPerUserAndHour = 0;
    place.orgs[1]!.org.switches.requestLimit = { requests: 0, windowMs: 3_600_000, status: 429, retryAfter: 'seconds' };
    place.orgs[2]!.org.switches.orgLoginLimitReached = true;
    const { status, result } = await place.json([...ARGS, '--wait', '0']);
    expect(status).to.equal(68);
    expect(result.failed.map(({ code }) => code)).to.deep.equal([
      'login_rate_exceeded',
      'token_endpoint_busy',
      'org_login_limit',
    ]);
    expect(result.failed[1]!.message).to.contain('HTTP 429');
    expect([0, 1, 2, 3].map(statuses)).to.deep.equal([[400], [429], [400], [200]]);
    expect(place.expectComplete()).to.deep.equal([3]);
  });

  it('of one org behind a login host doesn’t hold up the other orgs there', async () => {
    place = await FleetPlace.open(6);
    const { certificate } = await pairOf();
    const app = { name: 'Connected', certificate, adminApproved: true, permissionSets: ['Ci'] };
    const clientIds = place.orgs.map(({ org }) => org.setup.createConnectedApp(app));
    const host = await startLoginHost(place.orgs.map(({ org }) => org));
    try {
      const rows = place
        .rows()
        .map((row, index) => ({ ...row, 'instance-url': host.url, 'client-id': clientIds[index]! }));
      await place.saveCsv(rows);
      place.orgs[0]!.org.switches.orgLoginLimitReached = true;
      place.orgs[1]!.org.switches.requestLimit = {
        requests: 0,
        windowMs: 3_600_000,
        status: 503,
        retryAfter: 'seconds',
      };
      const { status, result } = await place.json([...ARGS, '--wait', '0', '--concurrency', '2']);
      expect(status).to.equal(68);
      expect(result.granted.map(({ username }) => username)).to.deep.equal(place.usernames(2, 3, 4, 5));
      expect(result.failed.map(({ code }) => code)).to.deep.equal(['org_login_limit', 'org_unreadable']);
      expect(host.requests).to.have.length(6);
    } finally {
      await host.stop();
    }
  });
});
