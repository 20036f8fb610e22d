import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { deploy, ecaComponents } from '../emulator/testkit/packages.js';
import { CONNECT, connected, deployRequests } from '../support/connect.js';
import { start } from '../support/plugin.js';
import { ADMIN, pairOf, Workplace, type Answer } from '../support/workplace.js';

const FAST_CLOCK = { NODE_OPTIONS: `--require ${join(import.meta.dirname, '../support/fast-clock.cjs')}` };
const DEPLOY = { method: 'POST', path: /deployRequest$/ };
const POLL = { method: 'GET', path: /deployRequest\/0Af/ };

describe('sf jwt connect, after a run that was interrupted while its deployment ran', () => {
  let workplace: Workplace;
  let release: () => void;
  beforeEach(async () => {
    workplace = await Workplace.open();
    release = workplace.org.holdDeployments();
  });
  afterEach(() => workplace.close());

  const idOf = (index: number): string => workplace.org.data.deployments[index]?.id ?? '';

  /** The deployments go on when the next request of this kind arrives. */
  function releaseAt({ method, path }: { method: string; path: RegExp }): void {
    workplace.org.faults.add({
      match: (request) => {
        if (request.method === method && path.test(request.path)) release();
        return false;
      },
    });
  }

  /** `kill -9` as soon as the org has accepted the deployment. */
  async function kill(args: string[] = []): Promise<void> {
    const { org, home, cwd } = workplace;
    const own = (): number => org.data.deployments.filter(({ user }) => user.username === ADMIN).length;
    const before = own();
    const child = start(['jwt', ...CONNECT, ...args], { home, cwd });
    while (own() === before) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(org.data.deployments.at(-1)?.done, 'the deployment goes on').to.equal(false);
    expect(org.apps).to.deep.equal([]);
  }

  it('waits for its end, says so, and goes on from there with the same client id', async () => {
    await kill();
    releaseAt(POLL);
    const { status, stdout, stderr } = await workplace.jwt(CONNECT);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain(`Your deployment ${idOf(0)} is still running in the org.`);
    const { org } = workplace;
    expect(org.apps).to.have.lengthOf(1);
    expect(stdout).to.contain(`Client ID: ${org.apps[0]?.consumerKey}`);
    expect(deployRequests(org)).to.equal(1);
    const again = await connected(workplace);
    expect(again).to.deep.include({ status: 'unchanged', clientId: org.apps[0]?.consumerKey });
    expect(again.users).to.deep.equal([{ username: ADMIN, assigned: 'already', verified: true }]);
  });

  it('knows the client id that it sent, and makes no second one, where the org does not give it out', async () => {
    workplace.org.switches.consumerKeyReadable = false;
    await kill();
    releaseAt(POLL);
    const { org } = workplace;
    const result = await connected(workplace);
    expect(org.data.consumers).to.have.lengthOf(1);
    expect(result.clientId).to.equal(org.data.consumers[0]?.key);
    expect(result.users[0]).to.include({ verified: true });
    expect(deployRequests(org)).to.equal(1);
    const records = Object.keys(await workplace.files()).filter((name) => name.includes('jwt-connections'));
    expect(records, 'the record, once all is told').to.deep.equal([]);
  });

  it('deploys what is missing when that one fails', async () => {
    await kill(['--profile', 'Marketing User']);
    releaseAt(POLL);
    const { status, clientId } = await connected(workplace);
    expect(workplace.org.data.deployments.map((job) => job.status)).to.deep.equal(['Failed', 'Succeeded']);
    expect(status).to.equal('created');
    expect(clientId).to.equal(workplace.org.apps[0]?.consumerKey);
  });

  it('does not wait in a dry run, and says that it may not be the last word', async () => {
    await kill();
    const { org } = workplace;
    const answer = await workplace.json<{ status: string; deployId?: string }>([...CONNECT, '--dry-run']);
    expect(org.data.deployments[0]?.done).to.equal(false);
    expect(answer.result).to.deep.include({ status: 'created', clientId: null }).and.not.to.have.property('deployId');
    expect(answer.warnings?.join()).to.contain(`Your deployment ${idOf(0)} is still running`);
    const { stdout, stderr } = await workplace.jwt([...CONNECT, '--dry-run']);
    expect(stderr).to.contain(idOf(0));
    expect(stdout).not.to.contain('The org accepts these changes');
    expect(deployRequests(org)).to.equal(1);
  });

  it('goes on without asking where the org does not let it; the org keeps its first client id', async () => {
    workplace.org.switches.deploymentsQueryable = false;
    // The run that is killed doesn't hear the deployment's id, and so can't leave it to the next one.
    const unheard = async (_: unknown, __: unknown, accept: () => Promise<unknown>): Promise<void> => {
      await accept();
    };
    workplace.org.faults.add({ match: DEPLOY, take: unheard, times: 1 });
    await kill();
    releaseAt(DEPLOY);
    const { clientId, users } = await connected(workplace);
    expect(deployRequests(workplace.org)).to.equal(2);
    expect(workplace.org.data.consumers.map(({ key }) => key)).to.deep.equal([clientId]);
    expect(users[0]).to.include({ verified: true });
  });

  it("waits neither for others' deployments nor for validations", async () => {
    const { org } = workplace;
    const { accessToken } = org.addUser({ username: 'other@acme.example.com', profile: 'System Administrator' });
    const certificate = (await pairOf()).certificate;
    const theirs = deploy(org, ecaComponents('Theirs', certificate, undefined), {}, { token: accessToken });
    await kill(['--dry-run']);
    releaseAt(DEPLOY);
    const { status, stdout } = await workplace.jwt(CONNECT);
    expect(status).to.equal(0);
    expect(stdout).not.to.contain('is still running');
    expect((await theirs).status).to.equal('Succeeded');
    expect(org.data.deployments.map(({ options }) => options.checkOnly)).to.deep.equal([false, true, false]);
  });
});

describe('sf jwt connect, twice at the same time', () => {
  let workplace: Workplace;
  afterEach(() => workplace.close());

  type Result = { clientId: string | null };

  /** What each of two runs comes to, neither of which sees the deployment of the other; the org then has one app. */
  async function twice(consumerKeyReadable: boolean, homes: () => Promise<string[]>): Promise<unknown[]> {
    workplace = await Workplace.open({ switches: { consumerKeyReadable } });
    const { org } = workplace;
    org.switches.deploymentsQueryable = false;
    const release = org.holdDeployments();
    org.faults.add({
      match: () => {
        if (deployRequests(org) === 2) release();
        return false;
      },
    });
    const runs = (await homes()).map((home) => workplace.json<Result>(CONNECT, { home }));
    const answers = await Promise.all(runs);
    expect(workplace.org.data.consumers).to.have.lengthOf(1);
    return answers.map(({ data, result }: Answer<Result>) => data?.code ?? result.clientId);
  }

  /** As two machines: neither finds the record of the client id that the other has sent. */
  async function twoHomes(): Promise<string[]> {
    const other = workplace.path('other-home');
    for (const name of ['.sf', '.sfdx']) await cp(join(workplace.home, name), join(other, name), { recursive: true });
    return [workplace.home, other];
  }

  for (const consumerKeyReadable of [true, false]) {
    it(`makes one app, and names no client id but its own, where the org ${consumerKeyReadable ? 'gives it out' : 'hides it'}`, async () => {
      const outcomes = await twice(consumerKeyReadable, twoHomes);
      const key = workplace.org.data.consumers[0]?.key;
      expect(outcomes).to.have.members([key, consumerKeyReadable ? key : 'client_id_unreadable']);
    });
  }

  it('names no client id but its own on one machine, where the org hides it', async () => {
    const outcomes = await twice(false, async () => Promise.resolve([workplace.home, workplace.home]));
    const key = workplace.org.data.consumers[0]?.key;
    expect(outcomes).to.include(key);
    // The second one knows it from the record of the first, if it looks before the org has answered.
    for (const outcome of outcomes) expect(outcome).to.be.oneOf([key, 'client_id_unreadable']);
  });
});

describe('sf jwt connect, losing sight of its deployment', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  it('says that it goes on in the org, and finds what it brought', async () => {
    const restore = workplace.org.faults.add({ match: POLL, drop: 'before' });
    const { data, message, actions } = await workplace.json(CONNECT, { env: FAST_CLOCK });
    expect(data, message).to.include({ code: 'deployment_lost', id: workplace.org.data.deployments[0]?.id });
    expect(actions?.[0]).to.contain('Run the same command again');
    restore();
    const { clientId, users } = await connected(workplace);
    expect(clientId).to.equal(workplace.org.apps[0]?.consumerKey);
    expect(users).to.deep.equal([{ username: ADMIN, assigned: 'assigned', verified: true }]);
    expect(deployRequests(workplace.org)).to.equal(1);
  });

  it('gives up after a quarter of an hour, and says how to see its end', async () => {
    workplace.org.switches.deployMs = 600_000;
    const { data, actions } = await workplace.json(CONNECT, { env: { ...FAST_CLOCK, CLOCK_SPEED: '90' } });
    const id = workplace.org.data.deployments[0]?.id;
    expect(data).to.include({ code: 'deployment_unfinished', id, status: 'Pending' });
    expect(actions?.[0]).to.contain(`sf project deploy report --job-id ${id}`);
  });
});
