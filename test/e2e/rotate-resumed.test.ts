import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { Fault } from '../emulator/index.js';
import { connected, deployRequests, fieldsOf, stateOf } from '../support/connect.js';
import { entryOf, granted } from '../support/grant.js';
import { expectLoginWorks, failedRotation, openInUse, pairsIn, recordsIn, ROTATE, rotated } from '../support/rotate.js';
import { ADMIN, ADMIN_ALIAS, CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const DEPLOY = { method: 'POST', path: /deployRequest$/ };
const JSON_TYPE = { 'content-type': 'application/json' };
const FAILED: Fault['respond'] = {
  status: 200,
  headers: JSON_TYPE,
  body: JSON.stringify({
    id: '0Af000000000001AAA',
    deployResult: { id: '0Af000000000001AAA', done: true, success: false, status: 'Failed', errorMessage: 'No.' },
  }),
};
const WRONG_KEY: Fault['respond'] = {
  status: 400,
  headers: JSON_TYPE,
  body: JSON.stringify({ error: 'invalid_client', error_description: 'invalid client credentials' }),
};

describe('sf jwt rotate, gone on with', () => {
  let workplace: Workplace;
  let clientId: string;
  let login: string[];
  afterEach(() => workplace.close());

  describe('after a deployment that may have arrived', () => {
    beforeEach(async () => {
      ({ workplace, clientId, login } = await openInUse());
    });

    it('leaves a key alone that somebody has put in the place of the new one', async () => {
      const { privateKeyFile } = await interrupted('before');
      const { key } = await pairOf('other');
      writeFileSync(privateKeyFile, key);
      const replaced = workplace.path(`.${stemOf(privateKeyFile)}-0123456789abcdef.old.key`);
      const unfinished = workplace.path(`.${stemOf(privateKeyFile)}-0123456789abcdef.new.key`);
      writeFileSync(replaced, key);
      writeFileSync(unfinished, key);
      const { resumed, issued } = await rotated(workplace);
      expect(resumed).to.equal(false);
      expect(issued?.privateKeyFile).not.to.equal(privateKeyFile);
      expect(readFileSync(privateKeyFile, 'utf8')).to.equal(key);
      expect(readFileSync(replaced, 'utf8')).to.equal(key);
      expect(existsSync(unfinished)).to.equal(false);
    });

    it('writes the certificate’s file, where a kill came between the two of the pair', async () => {
      const { certificateFile, certificate } = await interrupted('before');
      rmSync(certificateFile);
      await rotated(workplace);
      expect(readFileSync(certificateFile, 'utf8')).to.equal(certificate);
      expect(statSync(certificateFile).mode & 0o777).to.equal(0o644);
    });

    it('keeps the new pair when the next deployment fails: the one before may still bring its certificate', async () => {
      const { privateKeyFile } = await interrupted('before');
      workplace.org.faults.add({ match: { method: 'GET', path: /deployRequest\/0Af/ }, respond: FAILED, times: 1 });
      const answer = await failedRotation(workplace, 'deployment_failed');
      expect(answer.warnings?.join(' ')).to.contain('Run the same command again');
      expect(existsSync(privateKeyFile)).to.equal(true);
      expect(recordsIn(workplace)).to.have.lengthOf(1);
      expect((await rotated(workplace)).issued?.privateKeyFile).to.equal(privateKeyFile);
    });

    it('in an org that shows neither certificate nor client id: deploys no second time what a login has proven', async () => {
      workplace.org.switches.certificateReadback = 'omitted';
      workplace.org.switches.consumerKeyReadable = false;
      const { privateKeyFile } = await interrupted('after', ['--client-id', clientId]);
      const before = deployRequests(workplace.org);
      workplace.org.faults.add({ match: { method: 'GET', path: /deployRequest\/0Af/ }, respond: FAILED });
      const result = await rotated(workplace);
      expect(result).to.deep.include({ resumed: true, clientId });
      expect(result.issued?.privateKeyFile).to.equal(privateKeyFile);
      expect(deployRequests(workplace.org)).to.equal(before);
      await expectLoginWorks(workplace, login);
    });

    it('goes the way back without the new key, where the org shows no certificate and the old key is refused', async () => {
      workplace.org.switches.certificateReadback = 'omitted';
      const { privateKeyFile } = await interrupted('after');
      renameSync(privateKeyFile, workplace.path('elsewhere.key'));
      await failedRotation(workplace, 'rotation_undone');
      expectCertificateInUse((await pairOf()).certificate);
      await expectLoginWorks(workplace, login);
    });

    it('believes a login that has succeeded, though another server of the org still takes the old key', async () => {
      workplace.org.switches.certificateReadback = 'omitted';
      const { privateKeyFile } = await interrupted('after');
      changeRecord({ phase: 'proven' });
      const id = `${workplace.org.url}/id/${workplace.org.orgId}/005000000000001AAA`;
      const token = { access_token: '00Dxx!stale', instance_url: workplace.org.url, id, scope: 'api' };
      const match = { path: /oauth2\/token$/ };
      workplace.org.faults.add({ match, respond: WRONG_KEY, times: 1 });
      workplace.org.faults.add({
        match,
        respond: { status: 200, headers: JSON_TYPE, body: JSON.stringify(token) },
        times: 1,
      });
      const result = await rotated(workplace);
      expect(result.resumed).to.equal(true);
      expect(result.issued?.privateKeyFile).to.equal(privateKeyFile);
    });

    it('as another user, whose refused login says nothing about the key; the app’s name in another case', async () => {
      const { privateKeyFile, certificate } = await interrupted('after');
      const args = [...ROTATE.slice(0, 3), '--username', ADMIN, '--wait', '0', '--jwt-key-file', 'server.key'];
      const answer = await workplace.json<never>(args);
      expect(answer.data?.code).to.equal('user_not_admin_approved');
      expect(answer.status).to.equal(1);
      expectCertificateInUse(certificate);
      const result = await rotated(workplace, ['--name', 'jwtbearer', '--if-expires-within', '0']);
      expect(result.resumed).to.equal(true);
      expect(result.issued?.privateKeyFile).to.equal(privateKeyFile);
    });

    it('not with --dry-run, which says that it would', async () => {
      await interrupted('before');
      const before = { org: stateOf(workplace.org), files: await workplace.files() };
      const { status, stdout } = await workplace.jwt([...ROTATE, '--dry-run']);
      expect(status).to.equal(0);
      expect(stdout).to.contain('the interrupted rotation goes on');
      expect(stdout).not.to.contain('would take');
      expect({ org: stateOf(workplace.org), files: await workplace.files() }).to.deep.equal(before);
    });

    it('not for another app of the same name', async () => {
      const { privateKeyFile } = await interrupted('before');
      changeRecord({ clientId: '3MVG9OfAnAppThatIsGone' });
      const result = await rotated(workplace);
      expect(result.resumed).to.equal(false);
      expect(result.issued?.privateKeyFile).not.to.equal(privateKeyFile);
      expect(existsSync(privateKeyFile)).to.equal(true);
    });
  });

  describe('on the way back', () => {
    it('with the key of the first run, where the given one is another', async () => {
      ({ workplace, login } = await openInUse());
      const { privateKeyFile } = await interruptedWayBack();
      const answer = await failedRotation(workplace, 'rotation_undone', ['--jwt-key-file', privateKeyFile]);
      expect(answer.message).to.contain('invalid_client: invalid client credentials');
      expect(existsSync(privateKeyFile)).to.equal(false);
      workplace.org.switches.propagationMs = 0;
      await expectLoginWorks(workplace, login);
    });

    it('without the passphrase of the new key, which isn’t needed any more', async () => {
      ({ workplace } = await openInUse({}, ['--key-storage', 'copy']));
      await interruptedWayBack(['--encrypt'], { SF_JWT_KEY_PASSPHRASE: 'correct horse' });
      await failedRotation(workplace, 'rotation_undone');
      expectCertificateInUse((await pairOf()).certificate);
      expect(pairsIn(workplace)).to.deep.equal(['server']);
      expect(recordsIn(workplace)).to.deep.equal([]);
    });

    it('puts the old certificate back though the old key isn’t here to prove it, and asks for the key then', async () => {
      ({ workplace } = await openInUse());
      const { key, certificate } = await pairOf();
      await interruptedWayBack([], { SF_JWT_KEY: key });
      rmSync(join(workplace.home, '.sfdx', `${CI_USER}.json`));
      const answer = await failedRotation(workplace, 'key_missing');
      expect(answer.warnings?.join(' ')).to.contain('Run the same command again');
      expectCertificateInUse(certificate);
      expect(recordsIn(workplace)).to.have.lengthOf(1);
      await failedRotation(workplace, 'rotation_undone', [], { env: { SF_JWT_KEY: key } });
      expect(pairsIn(workplace)).to.deep.equal(['server']);
      expect(recordsIn(workplace)).to.deep.equal([]);
    });
  });

  describe('not where somebody has given the app another certificate since, though the org shows none', () => {
    beforeEach(async () => {
      ({ workplace, login } = await openInUse());
      workplace.org.switches.certificateReadback = 'omitted';
    });

    for (const phase of ['deploying', 'undoing'] as const) {
      it(`while ${phase}`, async () => {
        await (phase === 'undoing' ? interruptedWayBack() : interrupted('after'));
        workplace.org.faults.clear();
        workplace.org.switches.propagationMs = 0;
        await workplace.savePair('another', 'another');
        const pair = ['--certificate-file', 'another.crt', '--jwt-key-file', 'another.key'];
        const target = ['--target-org', ADMIN_ALIAS, '--username', CI_USER];
        expect((await workplace.json(['connect', ...target, ...pair])).status).to.equal(0);
        await granted(workplace, [...login, '--jwt-key-file', 'another.key', '--alias', 'ci']);
        const deployments = deployRequests(workplace.org);
        for (const args of [pair, ['--certificate-file', 'another.crt']]) {
          const { status, resumed } = await rotated(workplace, [...args, '--if-expires-within', '30']);
          expect([status, resumed]).to.deep.equal(['unchanged', false]);
        }
        expect(deployRequests(workplace.org)).to.equal(deployments);
        expect(recordsIn(workplace)).to.deep.equal([]);
        await expectLoginWorks(workplace, login);
      });
    }
  });

  describe('by an admin whose own login is through the app, when the session has ended', () => {
    beforeEach(async () => {
      ({ workplace, clientId } = await openInUse());
      await connected(workplace, ['--username', ADMIN]);
      login = ['--username', ADMIN, '--client-id', clientId, '--instance-url', workplace.org.url];
      await granted(workplace, [...login, '--jwt-key-file', 'server.key', '--alias', ADMIN_ALIAS]);
    });

    for (const drop of ['before', 'after'] as const) {
      it(`the deployment was lost ${drop} it arrived`, async () => {
        const { privateKeyFile } = await interrupted(drop);
        workplace.org.expireSessions();
        const { resumed, issued, logins } = await rotated(workplace);
        expect([resumed, issued?.privateKeyFile]).to.deep.equal([true, privateKeyFile]);
        expect(logins.map(({ username }) => username).sort()).to.deep.equal([ADMIN, CI_USER].sort());
        expect(logins.map((row) => [row.switched, row.verified])).to.deep.equal([
          [true, true],
          [true, true],
        ]);
        workplace.org.expireSessions();
        expect((await rotated(workplace, ['--if-expires-within', '0'])).status).to.equal('unchanged');
      });
    }

    it('on the way back', async () => {
      let [logins, deployments] = [0, 0];
      workplace.org.faults.add({ match: ({ path }) => /oauth2.token$/.test(path) && ++logins > 1, respond: WRONG_KEY });
      workplace.org.faults.add({
        match: ({ method, path }) => method === 'POST' && DEPLOY.path.test(path) && ++deployments === 2,
        drop: 'before',
      });
      await failedRotation(workplace, 'deployment_unanswered', ['--wait', '0']);
      expect(readRecord().phase).to.equal('undoing');
      workplace.org.faults.clear();
      workplace.org.expireSessions();
      await failedRotation(workplace, 'rotation_undone');
      expectCertificateInUse((await pairOf()).certificate);
      workplace.org.expireSessions();
      expect((await rotated(workplace, ['--if-expires-within', '0'])).status).to.equal('unchanged');
    });
  });

  it('leaves nothing behind when the org refuses the deployment at once', async () => {
    ({ workplace } = await openInUse());
    const body = JSON.stringify([{ errorCode: 'INVALID_OPERATION', message: 'testLevel is required' }]);
    workplace.org.faults.add({ match: DEPLOY, respond: { status: 400, headers: JSON_TYPE, body }, times: 1 });
    const answer = await failedRotation(workplace, 'deployment_refused');
    expect(answer.message).to.contain('testLevel is required');
    expect(answer.warnings?.join(' ')).not.to.contain('Run the same command again');
    expect(pairsIn(workplace)).to.deep.equal(['server']);
    expect(recordsIn(workplace)).to.deep.equal([]);
  });

  it('writes nothing beside a copy of a key that was made for a login', async () => {
    ({ workplace } = await openInUse({}, ['--key-storage', 'copy']));
    const copy = (await entryOf(workplace.home))['privateKey'] as string;
    const { previous, issued } = await rotated(workplace, ['--jwt-key-file', copy]);
    expect(previous.privateKeyFile).to.equal(null);
    expect(issued?.privateKeyFile).to.match(/work\/JwtBearer-\d{8}\.key$/);
  });

  type RecordFields = { privateKeyFile: string; certificateFile: string; certificate: string; phase: string };

  /** A run whose deployment nobody heard of again: the org has ended it, or never saw it. */
  async function interrupted(drop: 'before' | 'after', args: string[] = []): Promise<RecordFields> {
    workplace.org.faults.add({ match: DEPLOY, drop, times: 1 });
    await failedRotation(workplace, 'deployment_unanswered', args);
    while (workplace.org.data.deployments.some(({ done }) => !done)) await setTimeout(20);
    return readRecord();
  }

  /** A run whose new key isn't taken in time, and whose second deployment doesn't reach the org. */
  async function interruptedWayBack(args: string[] = [], env: Record<string, string> = {}): Promise<RecordFields> {
    workplace.org.switches.propagationMs = 600_000;
    let deployments = 0;
    const second: Fault['match'] = ({ method, path }) =>
      method === 'POST' && DEPLOY.path.test(path) && (deployments += 1) === 2;
    workplace.org.faults.add({ match: second, drop: 'before' });
    await failedRotation(workplace, 'deployment_unanswered', ['--wait', '0', ...args], { env });
    expect(readRecord().phase).to.equal('undoing');
    return readRecord();
  }

  function recordFile(): string {
    return join(workplace.home, '.sf', 'jwt-rotations', recordsIn(workplace)[0]!);
  }

  function readRecord(): RecordFields {
    return JSON.parse(readFileSync(recordFile(), 'utf8')) as RecordFields;
  }

  function changeRecord(change: Record<string, string>): void {
    writeFileSync(recordFile(), JSON.stringify({ ...readRecord(), ...change }));
  }

  function expectCertificateInUse(pem: string): void {
    const { certificate } = fieldsOf(workplace.org, 'ExtlClntAppGlobalOauthSettings');
    expect(new X509Certificate(certificate as string).raw.equals(new X509Certificate(pem).raw)).to.equal(true);
  }
});

function stemOf(path: string): string {
  return /([^/]+)\.\w+$/.exec(path)![1]!;
}
