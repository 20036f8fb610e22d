import { createPublicKey } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import type { JwtRotateResult } from '../../src/commands/jwt/rotate.js';
import { stateFile } from '../support/grant.js';
import { keeperAt, type Keeper } from '../support/keeper.js';
import { killedAtRequest } from '../support/killed.js';
import { certificateInUse, openInUse, recordsIn, ROTATE } from '../support/rotate.js';
import { expireLocks } from '../support/stored.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const KILL_AT = join(import.meta.dirname, '..', 'support', 'kill-at.cjs');
const NAMES = ['other', 'third'] as const;

describe('sf jwt rotate --new-signer, killed', function () {
  this.timeout(600_000);

  let workplace: Workplace;
  let keeper: Keeper;
  beforeEach(async () => {
    ({ workplace } = await openInUse());
    keeper = await keeperAt(workplace);
    for (const name of NAMES) await keeper.keep(name);
  });
  afterEach(async () => {
    await workplace.close();
    rmSync(keeper.folder, { recursive: true });
  });

  const rotateTo = (name: string): string[] => [...ROTATE, '--new-signer', keeper.uri(name)];

  it('before any change of a file: the next run finishes', async () => {
    let kills = 0;
    for (let status: number | null = null; status === null; kills += 1) {
      const name = NAMES[kills % 2]!;
      const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1) };
      ({ status } = await workplace.jwt(rotateTo(name), { env }));
      await expectFinishedByNextRun(name);
    }
    expect(kills, 'places').to.be.above(12);
  });

  it('at any request: the next run finishes', async () => {
    let kills = 0;
    for (let status: number | null = null; status === null; kills += 1) {
      const name = NAMES[kills % 2]!;
      status = await killedAtRequest(workplace, rotateTo(name), kills + 1);
      await expectFinishedByNextRun(name);
    }
    expect(kills, 'places').to.be.above(10);
  });

  /** Where the killed run had come to its end, there is nothing left to do. */
  async function expectFinishedByNextRun(name: string): Promise<void> {
    await expireLocks(workplace.home);
    const answer = await workplace.json<JwtRotateResult>(rotateTo(name));
    if (answer.status !== 0) expect(answer.data?.code, JSON.stringify(answer)).to.equal('new_signer_in_use');
    expect(certificateInUse(workplace).publicKey.equals(createPublicKey((await pairOf(name)).key))).to.equal(true);
    const record = join('.sf', 'jwt-signers', `${CI_USER}.json`);
    expect(await stateFile(workplace.home, record)).to.include({ uri: keeper.uri(name) });
    const grant = await workplace.json(['grant', '--target-org', CI_USER]);
    expect(grant.status, JSON.stringify(grant)).to.equal(0);
    expect(recordsIn(workplace)).to.deep.equal([]);
    expect(workplace.org.apps).to.have.lengthOf(1);
    const folders = [workplace.cwd, join(workplace.home, '.sfdx'), join(workplace.home, '.sf', 'jwt-rotations')];
    const names = folders.flatMap((folder) => readdirSync(folder).map((each) => join(basename(folder), each)));
    expect(names.filter((each) => /\.(new|old)\.|\.lock$/.test(each))).to.deep.equal([]);
    expect(names.filter((each) => each.endsWith('.key')).map((each) => basename(each))).to.deep.equal(['server.key']);
  }
});
