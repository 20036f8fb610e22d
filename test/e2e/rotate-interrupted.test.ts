import { spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fieldsOf } from '../support/connect.js';
import { entryOf } from '../support/grant.js';
import { environment, RUN_JS } from '../support/plugin.js';
import { failedRotation, openInUse, pairsIn, recordsIn, ROTATE, rotated } from '../support/rotate.js';
import { expireLocks } from '../support/stored.js';
import { pairOf, type Workplace } from '../support/workplace.js';

const SUPPORT = join(import.meta.dirname, '..', 'support');
const KILL_AT = join(SUPPORT, 'kill-at.cjs');
const FAST_CLOCK = join(SUPPORT, 'fast-clock.cjs');
const FAST = { NODE_OPTIONS: `--require=${FAST_CLOCK}` };

describe('sf jwt rotate, undone', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    ({ workplace } = await openInUse());
  });
  afterEach(() => workplace.close());

  it('puts the old certificate back when the new key does not log in, and proves it', async () => {
    workplace.org.switches.propagationMs = 600_000;
    const before = await workplace.files();
    const answer = await failedRotation(workplace, 'rotation_undone', ['--wait', '0']);
    expect(answer.message).to.contain('invalid_client: invalid client credentials');
    expect(answer.warnings?.join(' ')).to.contain('The old certificate is being put back');
    expectCertificateInUse(workplace, (await pairOf()).certificate);
    expect(await workplace.files()).to.deep.equal(before);
    workplace.org.switches.propagationMs = 0;
    expect((await rotated(workplace)).status).to.equal('rotated');
  });

  it('says so when the old key does not log in either, and goes on with undoing later', async () => {
    workplace.org.switches.propagationMs = 600_000;
    let tokens = 0;
    // The first login, with the old key, succeeds; then the org refuses every one.
    workplace.org.faults.add({
      match: ({ path }) => /oauth2\/token$/.test(path) && ++tokens > 1,
      respond: {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error: 'invalid_client', error_description: 'invalid client credentials' }),
      },
    });
    const stuck = await failedRotation(workplace, 'rotation_stuck', ['--wait', '0'], { env: FAST });
    expect(stuck.message).to.contain('invalid_client: invalid client credentials');
    expect(stuck.warnings?.join(' ')).to.contain('Run the same command again');
    expectCertificateInUse(workplace, (await pairOf()).certificate);
    workplace.org.faults.clear();
    await failedRotation(workplace, 'rotation_undone');
    expect(recordsIn(workplace)).to.deep.equal([]);
    expect(pairsIn(workplace)).to.deep.equal(['server']);
  });
});

describe('sf jwt rotate, killed', function () {
  this.timeout(600_000);

  let workplace: Workplace;
  let clientId: string;
  beforeEach(async () => {
    ({ workplace, clientId } = await openInUse());
  });
  afterEach(() => workplace.close());

  it('before any change of a file: the next run finishes', async () => {
    let kills = 0;
    for (let status: number | null = null; status === null; kills += 1) {
      const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1) };
      ({ status } = await workplace.jwt(ROTATE, { env }));
      await expectFinishedByNextRun();
    }
    expect(kills, 'places').to.be.above(15);
  });

  it('at any request: the next run finishes', async () => {
    let kills = 0;
    for (let status: number | null = null; status === null; kills += 1) {
      status = await killedAtRequest(kills + 1);
      await expectFinishedByNextRun();
    }
    expect(kills, 'places').to.be.above(10);
  });

  it('while it undoes: the next run undoes', async () => {
    const old = (await pairOf()).certificate;
    workplace.org.switches.propagationMs = 600_000;
    let [kills, status] = [0, null as number | null];
    for (; status === null; kills += 1) {
      const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1) };
      ({ status } = await workplace.jwt([...ROTATE, '--wait', '0'], { env }));
      await expireLocks(workplace.home);
      const { data } = await workplace.json([...ROTATE, '--wait', '0']);
      expect(data?.code).to.equal('rotation_undone');
      expectCertificateInUse(workplace, old);
      expect(recordsIn(workplace)).to.deep.equal([]);
      expect((await entryOf(workplace.home))['privateKey']).to.equal(workplace.path('server.key'));
    }
    expect(status).to.equal(1);
    expect(kills, 'places').to.be.above(8);
  });

  it('two at the same time: one after the other', async () => {
    const [one, other] = await Promise.all([rotated(workplace), rotated(workplace)]);
    const [first, second] =
      one.previous.fingerprint256 === (await pairOf()).fingerprint256 ? [one, other] : [other, one];
    expect(second.previous.fingerprint256).to.equal(first.issued?.fingerprint256);
    expectStoredKeyInUse();
  });

  async function expectFinishedByNextRun(): Promise<void> {
    await expireLocks(workplace.home);
    const result = await rotated(workplace);
    expect(result.clientId).to.equal(clientId);
    expect(result.logins.map(({ switched, verified }) => ({ switched, verified }))).to.deep.equal([
      { switched: true, verified: true },
    ]);
    expect((await entryOf(workplace.home))['privateKey']).to.equal(result.issued?.privateKeyFile);
    expectStoredKeyInUse();
    expect(recordsIn(workplace)).to.deep.equal([]);
    expect(workplace.org.apps).to.have.lengthOf(1);
    const folders = [workplace.cwd, join(workplace.home, '.sfdx'), join(workplace.home, '.sf', 'jwt-rotations')];
    const left = folders.flatMap((folder) => readdirSync(folder)).filter((name) => /\.(new|old)\.|\.lock$/.test(name));
    expect(left, 'left behind').to.deep.equal([]);
  }

  /** The key that sf reads for the login is that of the certificate that the app has. */
  function expectStoredKeyInUse(): void {
    const entry = join(workplace.home, '.sfdx', 'ci@acme.example.com.json');
    const { privateKey } = JSON.parse(readFileSync(entry, 'utf8')) as { privateKey: string };
    const publicKey = createPublicKey(createPrivateKey(readFileSync(privateKey, 'utf8')));
    expect(certificateInUse(workplace).publicKey.equals(publicKey)).to.equal(true);
  }

  /** Kills the run when its n-th request arrives, before the org has seen it or after. */
  async function killedAtRequest(number: number): Promise<number | null> {
    const child = spawn(process.execPath, [RUN_JS, 'jwt', ...ROTATE], {
      cwd: workplace.cwd,
      env: environment({ home: workplace.home }),
      stdio: 'ignore',
    });
    let left = number;
    const remove = workplace.org.faults.add({
      match: () => --left === 0 && child.kill('SIGKILL'),
      drop: number % 2 === 0 ? 'before' : 'after',
    });
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    remove();
    return status;
  }
});

function certificateInUse(workplace: Workplace): X509Certificate {
  return new X509Certificate(fieldsOf(workplace.org, 'ExtlClntAppGlobalOauthSettings')['certificate'] as string);
}

function expectCertificateInUse(workplace: Workplace, pem: string): void {
  expect(certificateInUse(workplace).raw.equals(new X509Certificate(pem).raw)).to.equal(true);
}
