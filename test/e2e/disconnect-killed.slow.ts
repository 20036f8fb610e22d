import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { connected, stateOf } from '../support/connect.js';
import { killedAtRequest } from '../support/killed.js';
import { expireLocks } from '../support/stored.js';
import { ADMIN_ALIAS, CI_USER, Workplace } from '../support/workplace.js';

const KILL_AT = join(import.meta.dirname, '..', 'support', 'kill-at.cjs');
const DISCONNECT = ['disconnect', '--target-org', ADMIN_ALIAS, '--name', 'CiApp'];

describe('sf jwt disconnect, killed', function () {
  this.timeout(600_000);

  let workplace: Workplace;
  let nothing: unknown;
  beforeEach(async () => {
    workplace = await Workplace.open();
    nothing = stateOf(workplace.org);
    await connectAnew();
  });
  afterEach(() => workplace.close());

  it('before any change of a file: the next run finishes', async () => {
    let kills = 0;
    for (let status: number | null = null; status === null; kills += 1) {
      const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1) };
      ({ status } = await workplace.jwt(DISCONNECT, { env }));
      await expectFinishedByNextRun(status);
    }
    expect(kills, 'places').to.be.above(3);
  });

  it('at any request: the next run finishes', async () => {
    let kills = 0;
    for (let status: number | null = null; status === null; kills += 1) {
      status = await killedAtRequest(workplace, DISCONNECT, kills + 1);
      await expectFinishedByNextRun(status);
    }
    expect(kills, 'places').to.be.above(10);
  });

  const connectAnew = async (): Promise<void> => {
    await connected(workplace, ['--name', 'CiApp', '--username', CI_USER], { sharedProcess: true });
  };

  /** Whoever was killed has the next run do the rest; whoever wasn't has done it. */
  async function expectFinishedByNextRun(status: number | null): Promise<void> {
    await expireLocks(workplace.home);
    const { json, stdout, stderr } = await workplace.jwt([...DISCONNECT, '--json'], { sharedProcess: true });
    const answer = json as { status: number; data?: { code: string } };
    // A run that was killed when all was done leaves nothing to finish.
    if (status === null && answer.status !== 0) expect(answer.data?.code, stdout + stderr).to.equal('app_not_found');
    expect(stateOf(workplace.org)).to.deep.equal(nothing);
    const folders = ['jwt-disconnections', 'jwt-connections', 'jwt-apps'].map((name) =>
      join(workplace.home, '.sf', name),
    );
    const left = folders.flatMap((folder) => readdirSync(folder, { encoding: 'utf8' }));
    expect(left, 'left behind').to.deep.equal([]);
    await connectAnew();
  }
});
