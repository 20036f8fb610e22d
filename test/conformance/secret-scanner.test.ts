import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { findSecrets } from '../../conformance/secret-scanner.js';

const RECORDINGS = join(import.meta.dirname, '..', '..', 'conformance', 'recordings');

const KEY = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'pem', type: 'pkcs8' });

/** Each is a secret, or says whose org it was, by the rule that finds it. */
const PLANTED: Record<string, string[]> = {
  'private key': [KEY.toString(), '-----BEGIN RSA PRIVATE KEY-----\\nMIIE'],
  'session id': ['00D8V000000ab1C!AQEAQ.x_7Yk2mN4pQ8rS', 'Bearer 00D8V000000ab1CUAQ!AQ4'],
  'JWT': ['eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9.c2lnbmF0dXJl'],
  'refresh token': ['5Aep861TSESvWeug_xVn7x6Z4l8zF0'],
  'client id made by Salesforce': ['3MVG9_kZcLde7U5qY0aB'],
  'mail address': ['grace.hopper@navy.mil'],
  'record id': ['0058V00000Xy9zA', '0xI8V000000ab1CUAQ', '/id/00D8V000000ab1CUAQ/x', '888Qy00000071Af'],
  'host': ['https://acme.example.net/services', 'acme--uat.sandbox.my.salesforce.com'],
  'IP address': ['from 203.0.113.77, port'],
  'long random text': [
    randomBytes(32).toString('hex'),
    `x${randomBytes(48).toString('base64url').replaceAll(/[-_]/g, 'a')}`,
  ],
};

describe('the secret scanner of recordings', () => {
  for (const [rule, secrets] of Object.entries(PLANTED)) {
    it(`finds a ${rule}, and doesn't show it`, () => {
      for (const secret of secrets) {
        const findings = findSecrets(JSON.stringify({ before: 'text', value: secret, after: 'text' }));
        expect(
          findings.map((finding) => finding.rule),
          secret,
        ).to.include(rule);
        const [found] = findings.filter((finding) => finding.rule === rule);
        expect(found?.near).to.contain('[…]').and.not.to.contain(secret.slice(0, 12));
      }
    });
  }

  it('finds nothing in placeholders, public hosts, paths, versions and words of the platform', () => {
    const harmless = {
      token: '{token-1}',
      path: '/services/data/v67.0/metadata/deployRequest/{id-0Af-1}?includeDetails=true',
      id: 'https://login.salesforce.com/id/{id-00D-1}/{id-005-1}',
      audience: 'https://{org-host}/services/oauth2/token',
      callback: 'http://localhost:1717/OauthRedirect',
      name: 'ExtlClntAppOauthConfigurablePolicies JwtConformanceSteps_oauth_defaultPolicy isSecretRequiredForRefreshToken',
      file: 'extlClntAppGlobalOauthSets/JwtConformanceLeftOut_glbloauth.ecaGlblOauth',
      version: '1.2.3 and 67.0',
      date: '2026-11-26T18:59:27.000Z',
      grant: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      contact: 'conformance@example.com',
    };
    expect(findSecrets(JSON.stringify(harmless, null, 2))).to.deep.equal([]);
  });

  const names = readdirSync(RECORDINGS).filter((name) => name.endsWith('.json'));

  it('has recordings to look at', () => expect(names).not.to.be.empty);

  for (const name of names) {
    it(`finds nothing in ${name}`, () => {
      expect(findSecrets(readFileSync(join(RECORDINGS, name), 'utf8'))).to.deep.equal([]);
    });
  }
});
