import { createPrivateKey } from 'node:crypto';
import { expect } from 'chai';
import { Failure } from '../../../src/failure.js';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import type { ConnectDependencies } from '../../../src/flows/connect/dependencies.js';
import type { AppType } from '../../../src/salesforce/app/app.js';
import { proverAt } from '../../../src/salesforce/token/prover.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { startOrg, type Org } from '../../emulator/index.js';
import { connectInProcess, recordInMemory } from '../../support/connect-in-process.js';
import { rejectionOf } from '../../support/failures.js';
import { pairOf } from '../../support/workplace.js';

const KILLED = new Error('killed');
const APP_TYPES: AppType[] = ['external-client-app', 'connected-app'];

describe('The client id of a new app, where the run is cut off', () => {
  let org: Org;
  let record: ReturnType<typeof recordInMemory>;
  beforeEach(async () => {
    org = await startOrg({
      kind: 'developer',
      switches: { consumerKeyReadable: false, connectedAppCreation: 'allowed', deployMs: 1 },
    });
    record = recordInMemory();
  });
  afterEach(() => org.stop());

  const run = async (
    asked: Parameters<typeof connectInProcess>[1] = {},
    dependencies: Partial<ConnectDependencies> = {},
  ): ReturnType<typeof connectInProcess> => {
    const prove = proverAt(org.url, { fetch, audience: undefined, clock: SYSTEM_CLOCK, timeout: 10_000, wait: 0 }, {});
    const signer = signerOf(createPrivateKey((await pairOf()).key));
    return connectInProcess(org, { signer, ...asked }, { record, logIn: prove, ...dependencies });
  };
  const cutOff = async (
    dependencies: Partial<ConnectDependencies>,
    asked: Parameters<typeof connectInProcess>[1] = {},
  ): Promise<void> => {
    const error = await run({ newClientId: 'first'.padEnd(64, '1'), ...asked }, dependencies).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.equal(KILLED);
  };
  const kill = (): never => {
    throw KILLED;
  };

  for (const appType of APP_TYPES) {
    const places: Record<string, Partial<ConnectDependencies>> = {
      'as soon as the org has accepted the deployment': { onDeployment: kill },
      'when the deployment has ended': {
        onDeployment: ({ status }) => {
          if (status === 'Succeeded') kill();
        },
      },
      'while it proves the app': { logIn: () => Promise.reject(KILLED) },
    };
    for (const [place, dependencies] of Object.entries(places)) {
      it(`is known to the next run, ${place} (${appType})`, async () => {
        await cutOff(dependencies, { appType });
        expect(record.kept()).to.include({ appType, clientId: 'first'.padEnd(64, '1') });
        const { clientId, users, status } = await run({ appType });
        expect(clientId).to.equal(org.apps[0]?.consumerKey);
        expect(clientId).to.equal('first'.padEnd(64, '1'));
        expect(users.map(({ login }) => login?.ok)).to.deep.equal([true]);
        expect(status).not.to.equal('created');
        expect(org.apps).to.have.length(1);
        expect(record.kept()).to.equal(undefined);
      });
    }
  }

  it('is sent again where nobody knows whether the org has accepted it', async () => {
    const release = org.holdDeployments();
    org.switches.deploymentsQueryable = false;
    org.faults.add({ match: { method: 'POST', path: /deployRequest$/ }, times: 1, drop: 'after' });
    await rejectionOf('deployment_unanswered', run({ newClientId: 'first'.padEnd(64, '1') }));
    expect(record.kept()).to.deep.equal({ appType: 'external-client-app', clientId: 'first'.padEnd(64, '1') });
    const next = run({ newClientId: 'second'.padEnd(64, '2') });
    setTimeout(release, 300);
    expect((await next).clientId).to.equal('first'.padEnd(64, '1'));
    expect(org.apps.map(({ consumerKey }) => consumerKey)).to.deep.equal(['first'.padEnd(64, '1')]);
  });

  it('comes with the deployment that the record names, which is waited for though the org lists none', async () => {
    const release = org.holdDeployments();
    org.switches.deploymentsQueryable = false;
    await cutOff({ onDeployment: kill });
    const awaited: string[] = [];
    const onRunningDeployment = (id: string): void => {
      awaited.push(id);
      release();
    };
    const { clientId } = await run({ newClientId: 'second'.padEnd(64, '2') }, { onRunningDeployment });
    expect(awaited).to.deep.equal([org.data.deployments[0]?.id]);
    expect(clientId).to.equal('first'.padEnd(64, '1'));
    expect(org.apps.map(({ consumerKey }) => consumerKey)).to.deep.equal([clientId]);
  });

  it('is a new one where that deployment failed, or the app was deleted since', async () => {
    await rejectionOf(
      'deployment_failed',
      run({ newClientId: 'first'.padEnd(64, '1'), app: { profiles: ['Marketing User'] } }),
    );
    expect(record.kept()).to.equal(undefined);
    await cutOff({ logIn: () => Promise.reject(KILLED) });
    org.setup.deleteApp('JwtBearer');
    expect((await run({ newClientId: 'second'.padEnd(64, '2') })).clientId).to.equal('second'.padEnd(64, '2'));
  });

  it("isn't believed of an app that was there before, nor of one of another type", async () => {
    org.setup.createExternalClientApp({ name: 'JwtBearer', certificate: (await pairOf()).certificate });
    record.write({ appType: 'connected-app', clientId: 'other' });
    expect((await run({ dryRun: true })).clientId).to.equal(null);
    const deployId = await deploymentOf(org);
    record.write({ appType: 'external-client-app', clientId: 'other', deployId });
    expect((await run({ dryRun: true })).clientId).to.equal(null);
  });

  it('is left to --client-id where that is given, and is none of the record where the org shows it', async () => {
    await cutOff({ logIn: () => Promise.reject(KILLED) });
    const clientId = org.apps[0]?.consumerKey;
    record.write({ appType: 'external-client-app', clientId: 'wrong' });
    expect((await run({ clientId, dryRun: true })).clientId).to.equal(clientId);
    org.switches.consumerKeyReadable = true;
    expect((await run({ dryRun: true })).clientId).to.equal(clientId);
    expect(record.kept(), 'a dry run keeps the record').not.to.equal(undefined);
  });

  it('is told where it cannot be kept, and the run goes on', async () => {
    const told: unknown[] = [];
    const failing = {
      ...record,
      write: () => {
        throw new Failure('write_failed', { path: '/none', reason: 'read-only file system (EROFS)' });
      },
    };
    const { clientId } = await run({}, { record: failing, onUnrecorded: (...args) => void told.push(args[0]) });
    expect(told).to.deep.equal([clientId]);
  });
});

/** A deployment that met the app as it was. */
async function deploymentOf(org: Org): Promise<string> {
  await rejectionOf('client_id_unreadable', connectInProcess(org, { app: { label: 'Another label' } }));
  return org.data.deployments.at(-1)?.id ?? '';
}
