import { expect } from 'chai';
import { openDesk, replaced, type Desk } from '../support/tokens.js';

describe('an empty flag, as an unset variable of a CI gives,', function () {
  this.timeout(120_000);

  let desk: Desk;
  before(async () => {
    desk = await openDesk();
  });
  after(() => desk.workplace.close());

  for (const command of ['grant', 'token', 'sign', 'doctor']) {
    it(`is told at once by ${command}, before it reads a key or asks anybody`, async () => {
      const files = await desk.workplace.files();
      const keyless = replaced(desk.flags, '--jwt-key-file', 'none.key');
      for (const [flag, claim] of [
        ['--client-id', 'iss'],
        ['--username', 'sub'],
      ] as const) {
        const { status, data, actions } = await desk.json([command, ...replaced(keyless, flag, '')]);
        expect({ status, data }).to.deep.equal({ status: 1, data: { code: 'claim_empty', claim, flag } });
        expect(actions?.join()).to.contain(`Specify ${flag}.`);
      }
      const { status, stdout, stderr } = await desk.jwt([command, ...replaced(keyless, '--client-id', '')]);
      expect([status, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(/^Error \(ClaimEmptyError\): The claim "iss" would be empty, because --client-id is\.\n/);
      expect(desk.workplace.org.requests.map(({ path }) => path)).to.deep.equal([]);
      expect(await desk.workplace.files()).to.deep.equal(files);
    });
  }
});
