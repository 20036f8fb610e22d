import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import type { Fault } from '../emulator/index.js';
import { deployRequests } from '../support/connect.js';
import {
  expectCertificateInUse,
  failedRotation,
  openInUse,
  pairsIn,
  recordsIn,
  refusedRotation,
  ROTATE,
  rotated,
} from '../support/rotate.js';
import { ADMIN, CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const DEPLOY = { method: 'POST', path: /deployRequest$/ };

describe('sf jwt rotate, refused', () => {
  let workplace: Workplace;
  let clientId: string;
  before(async () => {
    ({ workplace, clientId } = await openInUse());
    // The folder in which rotations are recorded is there from now on.
    await failedRotation(workplace, 'app_missing', ['--name', 'Other']);
  });
  after(() => workplace.close());
  afterEach(() => {
    workplace.org.faults.clear();
    workplace.org.switches.certificateReadback = 'pem';
    workplace.org.switches.consumerKeyReadable = true;
    workplace.org.switches.productionTests = 'pass';
  });

  it('an app that the org does not have', async () => {
    const { message, actions } = await refusedRotation(workplace, 'app_missing', ['--name', 'Other']);
    expect(actions?.join()).to.contain(`sf jwt connect --target-org ${ADMIN} --name Other --certificate-file `);
    expect(message).to.equal(`The org at ${workplace.org.url} has no app named Other.`);
  });

  it('a name that no app can have', () => refusedRotation(workplace, 'app_name_illegal', ['--name', 'no such name']));

  it('an app of a package, in words of its own', async () => {
    const { message, actions } = await refusedRotation(workplace, 'app_name_illegal', ['--name', 'acme__CiApp']);
    expect(message).to.contain('"acme__CiApp" is an app of an installed package');
    expect(actions?.join()).to.contain('Policies');
  });

  it('a key that is not the one in use, before anything is tried', async () => {
    await workplace.save('other.key', (await pairOf('other')).key);
    const { message, actions } = await refusedRotation(workplace, 'key_not_in_use', ['--jwt-key-file', 'other.key']);
    expect(actions?.join()).to.contain(
      `sf jwt connect --target-org ${ADMIN} --name JwtBearer --app-type external-client-app --certificate-file `,
    );
    expect(message).to.contain((await pairOf()).fingerprint256);
  });

  it('no key at all, for a user who has no login here', async () => {
    const answer = await workplace.json<never>([...ROTATE.slice(0, 3), '--username', 'nobody@acme.example.com']);
    expect(answer.data?.code).to.equal('key_missing');
  });

  it('a client id that is not the app’s', () =>
    refusedRotation(workplace, 'client_id_differs', ['--client-id', '3MVG9Other']));

  it('nothing, where the client id alone names the app', async () => {
    const args = ['--jwt-key-file', 'server.key', '--dry-run'];
    expect((await rotated(workplace, [...args, '--client-id', clientId])).name).to.equal('JwtBearer');
    const other = workplace.org.setup.createExternalClientApp({ name: 'Ci_Login' });
    workplace.secrets.push(...workplace.org.data.consumers.map(({ secret }) => secret));
    await workplace.save('lone.key', (await pairOf()).key);
    const named = ['--jwt-key-file', 'lone.key', '--client-id', other];
    const { message } = await refusedRotation(workplace, 'certificate_in_use_unknown', named);
    expect(message).to.contain('Ci_Login');
    workplace.org.setup.deleteApp('Ci_Login');
  });

  it('an org that gives out no client id', async () => {
    workplace.org.switches.consumerKeyReadable = false;
    await refusedRotation(workplace, 'client_id_needed');
  });

  it('an org that gives out no certificate, with none beside the key, since there would be no way back', async () => {
    workplace.org.switches.certificateReadback = 'omitted';
    const { key, certificate } = await pairOf();
    await workplace.save('alone.key', key);
    const unknown = await refusedRotation(workplace, 'certificate_in_use_unknown', ['--jwt-key-file', 'alone.key']);
    expect(unknown.actions?.join()).to.contain(
      `sf jwt connect --target-org ${ADMIN} --name JwtBearer --app-type external-client-app --certificate-file `,
    );
    await workplace.save('named.pem', certificate);
    const args = ['--jwt-key-file', 'alone.key', '--certificate-file', 'named.pem', '--dry-run'];
    expect((await rotated(workplace, args)).status).to.equal('rotated');
    await workplace.save('other.crt', (await pairOf('other')).certificate);
    const other = ['--jwt-key-file', 'alone.key', '--certificate-file', 'other.crt'];
    await refusedRotation(workplace, 'key_certificate_mismatch', other);
  });

  it('a user who can’t log in with the old key: then a new one would prove nothing', async () => {
    workplace.org.setup.removeAssignment(CI_USER, 'JwtBearer');
    const { actions } = await refusedRotation(workplace, 'user_not_admin_approved');
    expect(actions?.join()).to.match(/sf jwt grant .*--jwt-key-file \S*server\.key --instance-url /);
    workplace.org.setup.assignPermissionSet(CI_USER, 'JwtBearer');
  });

  it('an encrypted key, where sf would have to read it', async () => {
    const env = { SF_JWT_KEY_PASSPHRASE: 'correct horse' };
    const code = 'stored_logins_need_plain_key';
    const { message, actions } = await refusedRotation(workplace, code, ['--encrypt'], { env });
    for (const flag of ['--username', '--client-id', '--jwt-key-file', '--instance-url']) {
      expect(actions?.join()).to.match(new RegExp(`sf jwt grant .*${flag} \\S+ .*--key-storage copy`));
    }
    expect(message).to.contain(CI_USER);
  });

  it('a subject that no certificate can have', () =>
    refusedRotation(workplace, 'subject_country', ['--country', 'Germany']));

  it('--key-size that no keygen would take, and --if-expires-within that is no number', async () => {
    for (const flags of [
      ['--key-size', '1024'],
      ['--if-expires-within', 'soon'],
      ['--days', '0'],
    ]) {
      const { status } = await workplace.jwt([...ROTATE, ...flags]);
      expect(status, flags.join(' ')).to.be.oneOf([1, 2]);
    }
    expect(recordsIn(workplace)).to.deep.equal([]);
  });

  describe('by the deployment', () => {
    const failing: Fault['respond'] = {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        id: '0Af000000000001AAA',
        deployResult: {
          id: '0Af000000000001AAA',
          done: true,
          success: false,
          status: 'Failed',
          numberComponentsDeployed: 0,
          numberComponentsTotal: 1,
          details: {
            componentFailures: [
              { componentType: 'ExtlClntAppGlobalOauthSettings', fullName: 'JwtBearer_glbloauth', problem: 'No.' },
            ],
          },
        },
      }),
    };

    it('leaves no trace of the new pair when the org takes it back', async () => {
      const { org } = workplace;
      const release = org.holdDeployments();
      org.faults.add({ match: { method: 'GET', path: /deployRequest\/0Af/ }, respond: failing, times: 1 });
      const answer = await failedRotation(workplace, 'deployment_failed');
      expect(answer.message).to.contain('JwtBearer_glbloauth: No.');
      expect(pairsIn(workplace).filter((name) => /\d{8}/.test(name))).to.deep.equal([]);
      expect(recordsIn(workplace)).to.deep.equal([]);
      // The org of this test would deploy it all the same.
      const job = org.data.deployments.at(-1);
      job?.cancel(job.user);
      release();
      while (job?.done === false) await setTimeout(20);
      expect(job?.status).to.equal('Canceled');
      expectCertificateInUse(workplace, (await pairOf()).certificate);
    });

    it('keeps the new pair when nobody knows what became of it, and goes on with it later', async () => {
      workplace.org.faults.add({ match: DEPLOY, drop: 'after', times: 1 });
      const before = deployRequests(workplace.org);
      const answer = await failedRotation(workplace, 'deployment_unanswered');
      expect(answer.warnings?.join(' ')).to.contain('Run the same command again');
      const [pair] = pairsIn(workplace).filter((name) => /\d{8}/.test(name));
      expect(recordsIn(workplace)).to.have.lengthOf(1);
      const result = await rotated(workplace);
      expect(result.resumed).to.equal(true);
      expect(result.issued?.privateKeyFile).to.equal(workplace.path(`${pair}.key`));
      expect(deployRequests(workplace.org) - before).to.be.within(1, 2);
      expect(result.clientId).to.equal(clientId);
      expect(recordsIn(workplace)).to.deep.equal([]);
    });

    it('drops a record that the world has gone over', async () => {
      workplace.org.faults.add({ match: DEPLOY, drop: 'before', times: 1 });
      await failedRotation(workplace, 'deployment_unanswered');
      for (const name of pairsIn(workplace)) if (/\d{8}(-\d+)?$/.test(name)) rmSync(workplace.path(`${name}.crt`));
      await workplace.savePair('renewed', 'renewed');
      workplace.org.setup.changeCertificate('JwtBearer', (await pairOf('renewed')).certificate);
      await failedRotation(workplace, 'key_not_in_use');
      expect(recordsIn(workplace)).to.deep.equal([]);
      expect((await rotated(workplace, ['--jwt-key-file', 'renewed.key'])).resumed).to.equal(false);
    });
  });
});
