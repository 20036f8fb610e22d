import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtMigrateResult } from '../../src/commands/jwt/migrate.js';
import { grant } from '../support/advice/errors.js';
import { killedAtRequest } from '../support/killed.js';
import { expireLocks } from '../support/stored.js';
import { ADMIN_ALIAS, CI_USER, pairOf, Workplace } from '../support/workplace.js';

const KILL_AT = join(import.meta.dirname, '..', 'support', 'kill-at.cjs');
const MIGRATE = ['migrate', '--target-org', ADMIN_ALIAS, '--name', 'CiApp', '--username', CI_USER, '--wait', '1'];

for (const consumerKeyReadable of [true, false]) {
  describe(`sf jwt migrate, killed, where client ids are ${consumerKeyReadable ? 'shown' : 'hidden'}`, function () {
    this.timeout(900_000);

    let workplace: Workplace;
    let clientId: string;
    beforeEach(async () => {
      workplace = await Workplace.open({ switches: { consumerKeyReadable } });
      workplace.org.setup.createPermissionSet('Ci');
      workplace.org.setup.assignPermissionSet(CI_USER, 'Ci');
    });
    afterEach(() => workplace.close());

    /** The old app as it was, with a login here, and nothing of the new one. */
    async function begin(): Promise<void> {
      const { setup, apps } = workplace.org;
      for (const { name } of apps) setup.deleteApp(name);
      const { certificate } = await pairOf();
      rmSync(join(workplace.home, '.sf', 'jwt-apps'), { recursive: true, force: true });
      clientId = setup.createConnectedApp({ name: 'CiApp', certificate, adminApproved: true, permissionSets: ['Ci'] });
      const answer = await workplace.json(grant({ workplace, clientId }), { sharedProcess: true });
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
    }

    const entry = (): Record<string, unknown> =>
      JSON.parse(readFileSync(join(workplace.home, '.sfdx', `${CI_USER}.json`), 'utf8')) as Record<string, unknown>;

    /** Whichever way it ended: the stored login works, the next run does the rest, and there is one new app. */
    async function expectFinishedByNextRun(): Promise<void> {
      await expireLocks(workplace.home);
      expect(entry()['clientId'], 'the entry is whole').to.be.a('string');
      const answer = await workplace.json<JwtMigrateResult>(MIGRATE, { sharedProcess: true });
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      const { to } = answer.result;
      expect(workplace.org.apps.map(({ name }) => name).sort()).to.deep.equal(['CiApp', 'CiApp_ECA']);
      const made = workplace.org.apps.find(({ name }) => name === 'CiApp_ECA');
      expect([to.clientId, entry()['clientId']]).to.deep.equal([made?.consumerKey, made?.consumerKey]);
      expect(to.users[0]?.verified).to.equal(true);
      const records = join(workplace.home, '.sf', 'jwt-connections');
      expect(readdirSync(records), 'left behind').to.deep.equal([]);
      for (const name of readdirSync(join(workplace.home, '.sf', 'jwt-apps'))) expect(name).to.match(/\.json$/);
    }

    it('at any request: the next run finishes', async () => {
      let kills = 0;
      for (let status: number | null = null; status === null; kills += 1) {
        await begin();
        status = await killedAtRequest(workplace, MIGRATE, kills + 1);
        await expectFinishedByNextRun();
      }
      expect(kills, 'places').to.be.above(15);
    });

    it('before any change of a file: the next run finishes', async () => {
      let kills = 0;
      for (let status: number | null = null; status === null; kills += 1) {
        await begin();
        const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1) };
        ({ status } = await workplace.jwt(MIGRATE, { env }));
        await expectFinishedByNextRun();
      }
      expect(kills, 'places').to.be.above(5);
    });
  });
}
