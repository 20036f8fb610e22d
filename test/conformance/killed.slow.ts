import { expect } from 'chai';
import { openKit } from '../../conformance/kit.js';
import { PROBES } from '../../conformance/probes/index.js';
import type { LoggedRequest } from '../emulator/index.js';
import { KitOrg, PLAIN_USER } from '../support/conformance.js';
import { KitProgram, usersOf } from '../support/conformance-program.js';

const isChange = ({ method, path, body }: LoggedRequest): boolean =>
  method !== 'GET' && (/sobjects|deployRequest$/.test(path) || body.includes('<createMetadata>'));

describe('the conformance kit, killed', function () {
  this.timeout(900_000);

  let kit: KitOrg;
  let program: KitProgram;
  let dumped: string;
  let onRequest: (entry: LoggedRequest) => void = () => undefined;
  before(async () => {
    kit = await KitOrg.start({
      switches: { connectedAppCreation: 'allowed' },
      onRequest: (entry) => onRequest(entry),
    });
    program = await KitProgram.at(kit);
    dumped = kit.dump();
  });
  after(async () => {
    await program.remove();
    await kit.stop();
  });

  /** Runs one probe and kills it when the org has answered this request. */
  async function killedAt(name: string, isTheOne: (entry: LoggedRequest) => boolean): Promise<number | null> {
    const { status } = await program.run([...usersOf(kit), '--only', name], (child) => {
      onRequest = (entry) => {
        if (isTheOne(entry)) child.kill('SIGKILL');
      };
    });
    onRequest = () => undefined;
    return status;
  }

  async function expectNextStartCleansUp(): Promise<void> {
    await kit.settled();
    await openKit(kit.access, kit.options([]));
    expect(kit.dump()).to.equal(dumped);
  }

  for (const { name } of PROBES.filter(({ readOnly }) => !readOnly)) {
    it(`at its second change of ${name}: the next start cleans up`, async () => {
      let changes = 0;
      const status = await killedAt(name, (entry) => isChange(entry) && ++changes === 2);
      expect(status).to.equal(null);
      await expectNextStartCleansUp();
    });
  }

  for (const [what, path, count] of [
    ['frozen', /sobjects\/UserLogin\//, 1],
    ['deactivated', /sobjects\/User\//, 1],
  ] as const) {
    it(`when the user was just ${what}: the next start takes that back`, async () => {
      let met = 0;
      const status = await killedAt(
        'refused-logins',
        (entry) => entry.method === 'PATCH' && path.test(entry.path) && ++met === count,
      );
      expect(status).to.equal(null);
      const { frozen, active } = kit.org.user(PLAIN_USER) ?? {};
      expect({ frozen, active }).to.deep.equal({
        frozen: what === 'frozen',
        active: what !== 'deactivated',
      });
      await expectNextStartCleansUp();
    });
  }

  it('when the integration user was just given a license: the next start takes that back', async () => {
    const given = ({ method, path }: LoggedRequest): boolean => method === 'POST' && path.endsWith('LicenseAssign');
    expect(await killedAt('integration-user', given)).to.equal(null);
    expect(kit.org.data.licenseAssignments).to.have.length(1);
    await expectNextStartCleansUp();
  });
});
