import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { JwtRotateResult } from '../../src/commands/jwt/rotate.js';
import { CONNECT, connected } from '../support/connect.js';
import { entryOf, granted, stateFile } from '../support/grant.js';
import { keeperAt } from '../support/keeper.js';
import { expectLoginWorks, failedRotation, recordsIn, ROTATE, rotated } from '../support/rotate.js';
import { ADMIN_ALIAS, CI_USER, pairOf, Workplace, type Answer } from '../support/workplace.js';

const APP = ['--name', 'CiApp'];
const DEPLOY_USER = 'deploy@acme.example.com';

type Warned = { message: string; actions: string[] };

/** The warnings of logins with a client id of before. */
const warnedOf = ({ warnings = [] }: Answer<unknown>): Warned[] =>
  (warnings as unknown as Array<Warned | string>).filter(
    (warning): warning is Warned => typeof warning === 'object' && warning.message.includes('client ID'),
  );

const clientIdOf = async ({ home }: Workplace, username: string): Promise<unknown> =>
  (await entryOf(home, username))['clientId'];

/** Runs the command of each warning as a shell would read it. */
async function pasteAdvice(workplace: Workplace, answer: Answer<unknown>): Promise<void> {
  for (const { actions } of warnedOf(answer)) {
    expect(actions).to.have.length(1);
    const [, line = ''] = /: sf jwt grant (.*)$/.exec(actions[0]!) ?? [];
    const words = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1);
    await granted(workplace, words);
  }
}

for (const keepsClientId of [true, false]) {
  describe(`jwt rotate of a Connected App that was converted and ${keepsClientId ? 'kept' : 'lost'} its client id`, () => {
    let workplace: Workplace;
    let before: string;
    let after: string;

    beforeEach(async () => {
      workplace = await Workplace.open({ users: [{ username: CI_USER }, { username: DEPLOY_USER }] });
      const { setup } = workplace.org;
      setup.createPermissionSet('Ci');
      for (const username of [CI_USER, DEPLOY_USER]) setup.assignPermissionSet(username, 'Ci');
      const { certificate } = await pairOf();
      const policy = { adminApproved: true, permissionSets: ['Ci'] };
      before = setup.createConnectedApp({ name: 'CiApp', certificate, ...policy });
      await granted(workplace, [...login(CI_USER, before), '--alias', 'ci']);
      await granted(workplace, [...login(DEPLOY_USER, before), '--key-storage', 'copy']);
      after = setup.convertToExternalClientApp('CiApp', { keepsClientId });
    });
    afterEach(() => workplace.close());

    const login = (username: string, clientId: string): string[] => [
      ...['--username', username, '--client-id', clientId],
      ...['--jwt-key-file', 'server.key', '--instance-url', workplace.org.url],
    ];

    it('comes to its end with the key of the stored login, and leaves no login behind unsaid', async () => {
      expect(after === before).to.equal(keepsClientId);
      const answer = await workplace.json<JwtRotateResult>([...ROTATE, ...APP]);
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      const { result } = answer;
      expect(result).to.include({ status: 'rotated', clientId: after, appType: 'external-client-app' });
      expect(result.previous.privateKeyFile).to.equal(workplace.path('server.key'));
      expect(recordsIn(workplace)).to.deep.equal([]);
      if (keepsClientId) {
        expect(result.logins.map(({ username }) => username)).to.have.members([CI_USER, DEPLOY_USER]);
        expect(warnedOf(answer)).to.deep.equal([]);
      } else {
        expect(result.logins).to.deep.equal([]);
        expect(warnedOf(answer)).to.have.length(2);
        expect(await clientIdOf(workplace, CI_USER)).to.equal(before);
        await pasteAdvice(workplace, answer);
      }
      workplace.secrets.push(readFileSync(result.issued!.privateKeyFile!, 'utf8'));
      for (const username of [CI_USER, DEPLOY_USER]) expect(await clientIdOf(workplace, username)).to.equal(after);
      const ofUser = ['--username', CI_USER, '--client-id', after, '--instance-url', workplace.org.url];
      await expectLoginWorks(workplace, ofUser);
      // Whoever had a copy of the key has a copy of the new one.
      expect((await entryOf(workplace.home, DEPLOY_USER))['privateKey']).to.match(/jwt-keys/);
      const again = await workplace.json<JwtRotateResult>([...ROTATE, ...APP, '--if-expires-within', '30']);
      expect([again.result.status, warnedOf(again)]).to.deep.equal(['unchanged', []]);
    });

    if (keepsClientId) return;

    it('and names the signer that keeps the new key', async () => {
      const keeper = await keeperAt(workplace);
      await keeper.keep('other');
      const signer = keeper.uri('other');
      const answer = await workplace.json<JwtRotateResult>([...ROTATE, ...APP, '--new-signer', signer]);
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      expect(warnedOf(answer)).to.have.length(2);
      await pasteAdvice(workplace, answer);
      for (const username of [CI_USER, DEPLOY_USER]) {
        expect(await clientIdOf(workplace, username)).to.equal(after);
        expect(await stateFile(workplace.home, `.sf/jwt-signers/${username}.json`)).to.include({ uri: signer });
      }
    });

    it('says so where nothing is due, too, and in a dry run', async () => {
      for (const flags of [['--if-expires-within', '30'], ['--dry-run']]) {
        const answer = await workplace.json<JwtRotateResult>([...ROTATE, ...APP, ...flags]);
        expect(
          warnedOf(answer)
            .map(({ message }) => message)
            .join('\n'),
        ).to.contain(`${CI_USER} is stored with the client ID ${before}`);
      }
    });

    it('and connect says so with the client ID that it prints', async () => {
      const answer = await workplace.json<never>([...CONNECT, ...APP]);
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      expect(warnedOf(answer)).to.have.length(2);
      await pasteAdvice(workplace, answer);
      expect(await clientIdOf(workplace, CI_USER)).to.equal(after);
    });

    it('takes no key that is not the app’s', async () => {
      await workplace.savePair('other', 'other');
      const { certificate } = await pairOf('other');
      const policy = { adminApproved: true, permissionSets: ['Ci'] };
      const other = workplace.org.setup.createExternalClientApp({ name: 'Other', certificate, ...policy });
      const flags = [...login(CI_USER, other), '--jwt-key-file', 'other.key'];
      await granted(
        workplace,
        flags.filter((_, index) => index !== 4 && index !== 5),
      );
      await failedRotation(workplace, 'key_missing', APP);
    });

    it('knows by its name an app whose certificate the org does not show', async () => {
      workplace.org.switches.certificateReadback = 'omitted';
      // The command knew it under its old client ID.
      await connected(workplace, APP);
      const answer = await workplace.json<JwtRotateResult>([...ROTATE, ...APP, '--jwt-key-file', 'server.key']);
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      expect(warnedOf(answer)).to.have.length(2);
    });
  });
}

describe('jwt rotate beside a Connected App with the same certificate', () => {
  it('says nothing of logins with the client ID of that one', async () => {
    const workplace = await Workplace.open();
    try {
      const { setup, url } = workplace.org;
      setup.createPermissionSet('Ci');
      setup.assignPermissionSet(CI_USER, 'Ci');
      const { certificate } = await pairOf();
      const app = { certificate, adminApproved: true, permissionSets: ['Ci'] };
      const old = setup.createConnectedApp({ name: 'CiApp', ...app });
      setup.createExternalClientApp({ name: 'JwtBearer', ...app });
      const place = ['--jwt-key-file', 'server.key', '--instance-url', url];
      await granted(workplace, ['--username', CI_USER, '--client-id', old, ...place]);
      const { warnings } = await workplace.json([...ROTATE, '--dry-run']);
      expect(warnings?.join('\n')).not.to.contain('client ID');
      await rotated(workplace);
      expect((await entryOf(workplace.home))['clientId']).to.equal(old);
    } finally {
      await workplace.close();
    }
  });
});

describe('jwt rotate, whose key no login is granted with', () => {
  it('names the admin as it was named', async () => {
    const workplace = await Workplace.open();
    try {
      await connected(workplace, ['--username', CI_USER]);
      workplace.org.setup.removeAssignment(CI_USER, 'JwtBearer');
      const { actions } = await failedRotation(workplace, 'user_not_admin_approved', ['--jwt-key-file', 'server.key']);
      expect(actions?.join('\n')).to.contain(`--target-org ${ADMIN_ALIAS}`);
    } finally {
      await workplace.close();
    }
  });
});
