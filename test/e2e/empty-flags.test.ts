import { expect } from 'chai';
import { openDesk, replaced, type Desk } from '../support/tokens.js';
import { ADMIN_ALIAS, CI_USER } from '../support/workplace.js';

describe('an empty flag, as an unset variable of a CI gives,', () => {
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

  const OTHERS: Array<[args: string[], flag: string, claim: 'iss' | 'sub']> = [
    [['connect', '--target-org', ADMIN_ALIAS, '--username', ''], '--username', 'sub'],
    [['connect', '--target-org', ADMIN_ALIAS, '--username', CI_USER, '--client-id', ''], '--client-id', 'iss'],
    [['rotate', '--target-org', ADMIN_ALIAS, '--username', ''], '--username', 'sub'],
    [['rotate', '--target-org', ADMIN_ALIAS, '--client-id', ''], '--client-id', 'iss'],
    [['fleet', 'grant', '--orgs-file', 'none.csv', '--client-id', ''], '--client-id', 'iss'],
    [['snippet', '--for', 'shell', '--target-org', ''], '--target-org', 'sub'],
    [['snippet', '--for', 'shell', '-o', CI_USER, '-r', 'https://x.example.com', '-i', ''], '--client-id', 'iss'],
  ];
  for (const [args, flag, claim] of OTHERS) {
    it(`is told at once by ${args[0]} for ${flag}`, async () => {
      const files = await desk.workplace.files();
      const { status, data } = await desk.json(args);
      expect({ status, data }).to.deep.equal({ status: 1, data: { code: 'claim_empty', claim, flag } });
      expect(desk.workplace.org.requests).to.deep.equal([]);
      expect(await desk.workplace.files()).to.deep.equal(files);
    });
  }
});
