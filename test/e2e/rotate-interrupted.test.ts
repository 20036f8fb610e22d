import { join } from 'node:path';
import { expect } from 'chai';
import {
  expectCertificateInUse,
  expectStoredKeyInUse,
  failedRotation,
  openInUse,
  pairsIn,
  recordsIn,
  rotated,
} from '../support/rotate.js';
import type { Fault } from '../emulator/http/faults.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const FAST_CLOCK = join(import.meta.dirname, '..', 'support', 'fast-clock.cjs');
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

describe('sf jwt rotate at a token endpoint that falls silent after the deployment', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    ({ workplace } = await openInUse({ users: [{ username: CI_USER }, { username: 'second@acme.example.com' }] }));
  });
  afterEach(() => workplace.close());

  const silences: Record<string, Partial<Fault>> = {
    drips: {
      take: (outgoing) => {
        outgoing.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => outgoing.write(' '), 20);
        outgoing.on('close', () => clearInterval(drip));
      },
    },
    stalls: { hang: true },
  };
  for (const [how, fault] of Object.entries(silences)) {
    it(`${how}: waits as long as --wait says, once, and says where things stand`, async () => {
      let asked = 0;
      const isAsked = ({ path }: { path: string }): boolean => /oauth2\/token$/.test(path) && ++asked > 1;
      workplace.org.faults.add({ match: isAsked, ...fault });
      const env = { ...FAST, HTTP_TIMEOUT: '400' };
      const { message, warnings } = await failedRotation(workplace, 'rotation_stuck', ['--wait', '1'], { env });
      expect(message).to.contain('timeout');
      expect(warnings?.join(' ')).to.contain('Run the same command again');
      // The old key, the new one with growing pauses for a minute, and the old one once more; for ten minutes it were 13.
      expect(asked, 'logins').to.be.within(4, 9);
      workplace.org.faults.clear();
      await failedRotation(workplace, 'rotation_undone');
      expect(recordsIn(workplace)).to.deep.equal([]);
    });
  }
});

describe('sf jwt rotate, twice', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    ({ workplace } = await openInUse());
  });
  afterEach(() => workplace.close());

  it('at the same time: one after the other', async () => {
    const [one, other] = await Promise.all([rotated(workplace), rotated(workplace)]);
    const [first, second] =
      one.previous.fingerprint256 === (await pairOf()).fingerprint256 ? [one, other] : [other, one];
    expect(second.previous.fingerprint256).to.equal(first.issued?.fingerprint256);
    expectStoredKeyInUse(workplace);
  });
});
