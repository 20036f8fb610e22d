import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { CONNECT, stateOf } from '../support/connect.js';
import { entryOf, openWithApp } from '../support/grant.js';
import { hasTerminal, runOnTerminal, type Dialogue } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const PASSPHRASE = 'open sesame';
const OTHER = 'deploy@acme.example.com';
const AGAIN = 'That passphrase is wrong';

describe('a person at a terminal', function () {
  this.timeout(120_000);
  let workplace: Workplace;
  let login: string[];

  before(function () {
    needs(this, hasTerminal, 'a terminal');
  });
  beforeEach(async () => {
    const opened = await openWithApp({ users: [CI_USER, OTHER].map((username) => ({ username })) });
    ({ workplace } = opened);
    const encrypted = createPrivateKey((await pairOf()).key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
      .toString();
    await workplace.save('encrypted.key', encrypted);
    login = ['--username', CI_USER, '--client-id', opened.clientId, '--instance-url', workplace.org.url];
  });
  afterEach(() => workplace.close());

  const typing = (args: string[], dialogue: Dialogue): ReturnType<typeof runOnTerminal> =>
    runOnTerminal(['jwt', ...args], dialogue, { home: workplace.home, cwd: workplace.cwd });
  const answers = (question: string, ...typed: string[]): Dialogue =>
    typed.map((text) => ({ expect: question, type: `${text}\r` }));

  describe('who mistypes a passphrase', () => {
    it('is asked again by grant, and logs in', async () => {
      const words = ['grant', ...login, '--jwt-key-file', 'encrypted.key', '--key-storage', 'copy'];
      const { status, stdout } = await typing(words, answers('Passphrase of the private key', 'typo', PASSPHRASE));
      expect(status, stdout).to.equal(0);
      expect(stdout.split(AGAIN)).to.have.length(2);
      expect(await entryOf(workplace.home)).to.have.property('privateKey');
    });

    it('is asked three times by grant, and no more', async () => {
      const words = ['grant', ...login, '--jwt-key-file', 'encrypted.key', '--key-storage', 'copy'];
      const { status, stdout } = await typing(words, answers('Passphrase of the private key', 'one', 'two', 'three'));
      expect(status, stdout).to.equal(1);
      expect(stdout.split(AGAIN)).to.have.length(3);
      expect(stdout).to.contain('KeyPassphraseWrongError');
      expect(workplace.org.requestsTo(/oauth2\/token$/, 'POST')).to.deep.equal([]);
    });

    it('is asked again by convert, which then asks for the new one', async () => {
      const words = ['convert', '--from', 'encrypted.key', '-c', 'server.crt', '--to', 'new.p12'];
      const { status, stdout } = await typing(words, [
        ...answers('Passphrase of encrypted.key', 'typo', PASSPHRASE),
        ...answers('Passphrase for the new keystore', 'correct horse'),
        ...answers('Same passphrase again', 'correct horse'),
      ]);
      expect(status, stdout).to.equal(0);
      expect(stdout.split(AGAIN)).to.have.length(2);
      expect(existsSync(workplace.path('new.p12'))).to.equal(true);
    });
  });

  describe('whose change would end the access of users', () => {
    beforeEach(async () => {
      const { setup } = workplace.org;
      setup.deleteApp('Ci');
      setup.createExternalClientApp({ name: 'Ci', certificate: (await pairOf()).certificate });
      setup.approve(OTHER, 'Ci');
    });
    const words = [...CONNECT, '--name', 'Ci', '--username', CI_USER, '--wait', '0'];
    const QUESTION = 'Admit only pre-authorized users to Ci';

    it('is told who they are, and nothing is changed without a yes', async () => {
      const before = stateOf(workplace.org);
      for (const answer of ['n', '']) {
        const { status, stdout } = await typing(words, [{ expect: QUESTION, type: `${answer}\r` }]);
        expect(status, stdout).to.equal(1);
        expect(stdout).to.contain(OTHER).and.to.contain('LockoutDeclinedError');
        expect(stateOf(workplace.org)).to.deep.equal(before);
      }
    });

    it('gets it after a yes', async () => {
      const { status, stdout } = await typing(words, [{ expect: QUESTION, type: 'y\r' }]);
      expect(status, stdout).to.equal(0);
      expect(workplace.org.apps.map(({ adminApproved }) => adminApproved)).to.deep.equal([true]);
    });
  });
});
