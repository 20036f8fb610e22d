import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { entryOf } from '../support/grant.js';
import { killedAtRequest } from '../support/killed.js';
import {
  expectCertificateInUse,
  expectStoredKeyInUse,
  openInUse,
  recordsIn,
  ROTATE,
  rotated,
} from '../support/rotate.js';
import { expireLocks } from '../support/stored.js';
import { pairOf, type Workplace } from '../support/workplace.js';

const KILL_AT = join(import.meta.dirname, '..', 'support', 'kill-at.cjs');

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
      status = await killedAtRequest(workplace, ROTATE, kills + 1);
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

  async function expectFinishedByNextRun(): Promise<void> {
    await expireLocks(workplace.home);
    const result = await rotated(workplace);
    expect(result.clientId).to.equal(clientId);
    expect(result.logins.map(({ switched, verified }) => ({ switched, verified }))).to.deep.equal([
      { switched: true, verified: true },
    ]);
    expect((await entryOf(workplace.home))['privateKey']).to.equal(result.issued?.privateKeyFile);
    expectStoredKeyInUse(workplace);
    expect(recordsIn(workplace)).to.deep.equal([]);
    expect(workplace.org.apps).to.have.lengthOf(1);
    const folders = [workplace.cwd, join(workplace.home, '.sfdx'), join(workplace.home, '.sf', 'jwt-rotations')];
    const left = folders
      .flatMap((folder) => readdirSync(folder).map((name) => join(basename(folder), name)))
      .filter((name) => /\.(new|old)\.|\.lock$/.test(name));
    expect(left, 'left behind').to.deep.equal([]);
  }
});
