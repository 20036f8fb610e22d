import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { decodeJwt } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import type { JwtSignResult } from '../../src/commands/jwt/sign.js';
import { expectAllRan, hasShell, openRecipeWithApp, type Recipe } from '../support/recipe.js';
import { hasKeytool, hasOpenssl, needs, tool } from '../support/tools.js';
import type { Workplace } from '../support/workplace.js';

const PASSPHRASE = 'c0rrect horse';

describe('the recipe for Apex', () => {
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    ({ workplace, recipe } = await openRecipeWithApp('apex'));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  /** What the page's Apex code sets, and where it sends the assertion. */
  function apexCode(): { claims: Record<string, string>; validity: number; certificateName: string; tokenUrl: string } {
    const [block] = recipe.section('In Apex', 'apex');
    const code = recipe.fill(block!.text);
    const set = (name: string): string => new RegExp(`jwt\\.set${name}\\('([^']+)'\\)`).exec(code)?.[1] ?? '';
    return {
      claims: { iss: set('Iss'), sub: set('Sub'), aud: set('Aud') },
      validity: Number(/setValidityLength\((\d+)\)/.exec(code)?.[1]),
      certificateName: /new Auth\.JWS\(jwt, '(\w+)'\)/.exec(code)?.[1] ?? '',
      tokenUrl: /tokenUrl = '([^']+)'/.exec(code)?.[1] ?? '',
    };
  }

  it('sets in Apex the claims that "sf jwt sign" makes', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('In Apex');
    const { result } = JSON.parse(stdout) as { result: JwtSignResult };
    const { exp, ...claims } = decodeJwt(result.assertion);
    const apex = apexCode();
    expect(apex.claims).to.deep.equal(claims);
    expect(Number(exp) - Math.floor(Date.now() / 1000)).to.be.within(apex.validity - 60, apex.validity);
  });

  it('names in the table for the Named Credential what Apex sets', () => {
    const table = recipe.fill(readFileSync(new URL('../../docs/recipes/apex.md', import.meta.url), 'utf8'));
    const { claims, validity, certificateName, tokenUrl } = apexCode();
    for (const value of [...Object.values(claims), certificateName, tokenUrl])
      expect(table).to.contain(`| \`${value}\``);
    expect(table).to.contain(`${validity} seconds`);
  });

  describe('makes a keystore', () => {
    before(async () => {
      await recipe.run('Make the keystore', { SF_JWT_STORE_PASSPHRASE: PASSPHRASE });
    });

    it('that Setup imports: JKS, one RSA private key of 2048 bits, a legal alias, one passphrase for both', function () {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      const file = workplace.path('server.jks');
      const said = tool('keytool', ['-list', '-v', '-keystore', file, '-storepass', PASSPHRASE]);
      expect(said)
        .to.match(/Keystore type: JKS/i)
        .and.to.contain('Your keystore contains 1 entry');
      expect(said).to.contain(`Alias name: ${apexCode().certificateName}`).and.to.contain('PrivateKeyEntry');
      expect(said).to.contain('2048-bit RSA key');
      expect(apexCode().certificateName).to.match(/^[a-z](_?[a-z0-9])*$/);
    });

    it('whose key signs what the org accepts', async function () {
      needs(this, hasKeytool && hasOpenssl, 'keytool or openssl');
      const [jks, p12] = [workplace.path('server.jks'), workplace.path('from-keytool.p12')];
      // Without -srckeypass, keytool opens the key with the passphrase of the store, as Setup does.
      const target = ['-destkeystore', p12, '-deststoretype', 'PKCS12', '-deststorepass', PASSPHRASE];
      tool('keytool', ['-importkeystore', '-srckeystore', jks, '-srcstorepass', PASSPHRASE, '-noprompt', ...target]);
      const key = tool('openssl', ['pkcs12', '-in', p12, '-nocerts', '-nodes', '-passin', `pass:${PASSPHRASE}`]);
      const { claims, validity, tokenUrl, certificateName } = apexCode();
      const options = { algorithm: 'RS256' as const, expiresIn: validity, keyid: certificateName };
      const assertion = jsonwebtoken.sign(claims, key.slice(key.indexOf('-----BEGIN')), options);
      const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
      const response = await fetch(tokenUrl, { method: 'POST', body });
      expect(response.status, await response.text()).to.equal(200);
    });

    it('with no command that no test runs', () => expectAllRan('apex'));
  });
});
