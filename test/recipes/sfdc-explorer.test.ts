import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import jksJs from 'jks-js';
import { exportedKeystore } from '../support/exported-keystore.js';
import { expectAllRan, hasShell, openRecipe, type Recipe } from '../support/recipe.js';
import { hasOpenssl, needs, tool } from '../support/tools.js';
import { pairOf, Workplace } from '../support/workplace.js';

const PASSPHRASE = 'c0rrect-horse';
const EXPORT = '00D000000000001.jks';

/** PKCS#8 in DER, by which keys are compared. */
const pkcs8 = (pem: string): string =>
  createPrivateKey(pem.slice(pem.indexOf('-----BEGIN')))
    .export({ type: 'pkcs8', format: 'der' })
    .toString('hex');

describe('the recipe for SFDC Explorer', () => {
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    workplace = await Workplace.open();
    recipe = openRecipe('sfdc-explorer', workplace);
    await workplace.save(EXPORT, exportedKeystore(await pairOf(), 'explorer'));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  it('is tried with a keystore that others can read: JKS with an empty passphrase', async () => {
    const { explorer } = jksJs.toPem(readFileSync(workplace.path(EXPORT)), '') as Record<string, { key: string }>;
    expect(pkcs8(explorer?.key ?? '')).to.equal(pkcs8((await pairOf()).key));
    expect(() => jksJs.toPem(readFileSync(workplace.path(EXPORT)), 'another')).to.throw();
  });

  describe('makes a file for Windows', () => {
    const keyIn = (name: string): string =>
      pkcs8(
        tool('openssl', ['pkcs12', '-in', workplace.path(name), '-nocerts', '-nodes', '-passin', `pass:${PASSPHRASE}`]),
      );

    before(function () {
      needs(this, hasOpenssl, 'openssl');
    });

    it('of a new key, which logs in', async () => {
      await recipe.run('From a new key', { SF_JWT_STORE_PASSPHRASE: PASSPHRASE });
      expect(keyIn('explorer.pfx')).to.equal(pkcs8(readFileSync(workplace.path('explorer.key'), 'utf8')));
      expect(workplace.org.apps).to.have.length(1);
      const [app] = workplace.org.apps;
      expect(app?.certificate?.trim()).to.equal(readFileSync(workplace.path('explorer.crt'), 'utf8').trim());
      const names = tool('openssl', ['x509', '-in', workplace.path('explorer.crt'), '-noout', '-subject']);
      expect(names).to.contain('SFDC Explorer');
    });

    it("of the org's own key", async () => {
      await recipe.run("From the org's own key", { SF_JWT_STORE_PASSPHRASE: PASSPHRASE });
      expect(keyIn('org.pfx')).to.equal(pkcs8((await pairOf()).key));
    });

    it('with no command that no test runs', () => expectAllRan('sfdc-explorer'));
  });
});
