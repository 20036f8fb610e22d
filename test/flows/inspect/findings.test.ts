import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CertificateFacts } from '../../../src/keys/credential/certificate-facts.js';
import { findingsAbout, hasEnded } from '../../../src/flows/inspect/findings.js';
import { describeFinding } from '../../../src/flows/inspect/report.js';
import type { Inspected, InspectedJavaKeystore, InspectedJwt } from '../../../src/flows/inspect/inspected.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const NOW = new Date('2026-06-01T00:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const DAY = 86_400_000;

const inDays = (days: number): string => new Date(NOW.getTime() + days * DAY).toISOString();

function certificate(change: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    'subject': 'CN=server',
    'issuer': 'CN=server',
    'selfSigned': true,
    'serialNumber': '4A0B',
    'notBefore': inDays(-1),
    'notAfter': inDays(365),
    'daysLeft': 365,
    'fingerprint': '',
    'fingerprint256': '',
    'x5t': '',
    'x5t#S256': '',
    'pemSize': 1200,
    'key': { type: 'RSA', size: 2048 },
    ...change,
  };
}

function jwt(claims: Record<string, unknown>, change: Partial<InspectedJwt> = {}): Inspected {
  const usual = { iss: '3MVG9', sub: 'ci@example.com', aud: 'https://login.salesforce.com', exp: SECONDS + 180 };
  return { kind: 'jwt', header: { alg: 'RS256' }, claims: { ...usual, ...claims }, times: {}, signed: true, ...change };
}

function jks(
  change: Partial<InspectedJavaKeystore['keys'][number]> = {},
  store: Partial<InspectedJavaKeystore> = {},
): Inspected {
  const key = { type: 'RSA', size: 2048 };
  const entry = {
    alias: 'jwt_signing',
    created: inDays(-1),
    key,
    certificates: [certificate()],
    belongsTogether: true,
  };
  return {
    kind: 'jks',
    opened: true,
    unsupported: false,
    keyPassphraseDiffers: false,
    truncated: false,
    keys: [{ ...entry, ...change }],
    certificates: [],
    ...store,
  };
}

const ofCertificate = (change: Partial<CertificateFacts>): Inspected => ({
  kind: 'certificate',
  encoding: 'PEM',
  certificates: [certificate(change)],
});
const privateKey = { format: 'PKCS#8', encryption: null, key: { type: 'RSA', size: 2048 } };

/** What is found, as `severity code`. */
const cases: Array<[string, Inspected, string[]]> = [
  ['a usual private key', { kind: 'private-key', encoding: 'PEM', ...privateKey }, []],
  [
    'an EC key',
    { kind: 'private-key', encoding: 'PEM', ...privateKey, key: { type: 'EC', curve: 'P-256' } },
    ['error key_not_rsa'],
  ],
  ['a small key', { kind: 'public-key', encoding: 'PEM', key: { type: 'RSA', size: 1024 } }, ['error key_too_small']],
  [
    'an encrypted key',
    { kind: 'private-key', encoding: 'PEM', ...privateKey, key: null, encryption: { cipher: 'AES-256-CBC' } },
    ['warning key_encrypted'],
  ],
  ['a usual certificate', ofCertificate({}), []],
  ['an ended certificate', ofCertificate({ notAfter: inDays(-2), daysLeft: -2 }), ['error certificate_ended']],
  ['a certificate to come', ofCertificate({ notBefore: inDays(1) }), ['error certificate_starts_later']],
  [
    'a certificate with 29 days',
    ofCertificate({ notAfter: inDays(29.5), daysLeft: 29 }),
    ['warning certificate_ends_soon'],
  ],
  ['a certificate with 30 days', ofCertificate({ notAfter: inDays(30.5), daysLeft: 30 }), []],
  ['an EC certificate', ofCertificate({ key: { type: 'EC', curve: 'P-256' } }), ['error certificate_key_not_rsa']],
  ['a small certificate', ofCertificate({ key: { type: 'RSA', size: 1024 } }), ['error certificate_key_too_small']],
  ['a large certificate', ofCertificate({ pemSize: 4097 }), ['error certificate_too_large']],
  [
    'several certificates, an issuer with an EC key among them',
    { kind: 'certificate', encoding: 'PEM', certificates: [certificate(), certificate({ key: { type: 'EC' } })] },
    ['warning certificates_several'],
  ],
  [
    'a key with another certificate',
    { kind: 'bundle', encoding: 'PEM', privateKey, certificates: [certificate()], belongsTogether: false },
    ['error key_not_of_certificate'],
  ],
  [
    'a request that is not its own',
    {
      kind: 'certificate-request',
      encoding: 'PEM',
      subject: 'CN=a',
      key: { type: 'RSA', size: 2048 },
      verified: false,
    },
    ['error request_unverified'],
  ],
  ['a JKS that an org imports', jks(), []],
  ['an alias that begins with a digit', jks({ alias: '1' }), ['error alias_not_importable']],
  ['an alias with a hyphen', jks({ alias: 'a-b' }), ['error alias_not_importable']],
  ['an alias with two underscores', jks({ alias: 'a__b' }), ['error alias_not_importable']],
  ['an alias with an underscore at the end', jks({ alias: 'a_' }), ['error alias_not_importable']],
  ['a hyphen and capitals', jks({ alias: 'A-b' }), ['error alias_not_importable']],
  ['an alias with capitals', jks({ alias: 'Jwt_Signing' }), ['warning alias_upper_case']],
  ['a key of another size', jks({ key: { type: 'RSA', size: 2560 } }), ['error key_size_not_importable']],
  ['a JKS whose key is another', jks({ belongsTogether: false }), ['error key_not_of_certificate']],
  ['a JKS without a key', jks({}, { keys: [] }), ['error keystore_without_key']],
  [
    'a JKS that is closed',
    jks({ key: null, belongsTogether: null }, { opened: false, keyPassphraseDiffers: null }),
    ['warning keystore_closed'],
  ],
  [
    'a JKS with two passphrases',
    jks({ key: null }, { opened: false, keyPassphraseDiffers: true }),
    ['error key_passphrase_differs'],
  ],
  [
    'a JCEKS whose keys nobody here reads',
    jks({ key: null, belongsTogether: null }, { kind: 'jceks', opened: false, unsupported: true }),
    ['warning keystore_unsupported'],
  ],
  [
    'a JCEKS that is closed',
    jks({ key: null, belongsTogether: null }, { kind: 'jceks', opened: false, keyPassphraseDiffers: null }),
    ['warning keystore_closed'],
  ],
  ['a JCEKS without a key', jks({}, { kind: 'jceks', keys: [] }), ['error keystore_without_key']],
  [
    'a JCEKS with secret keys alone',
    jks({}, { kind: 'jceks', keys: [], truncated: true }),
    ['warning entries_unreadable'],
  ],
  [
    'a JCEKS with secret keys',
    jks({}, { kind: 'jceks', truncated: true }),
    ['warning pkcs12_not_importable', 'warning entries_unreadable'],
  ],
  [
    'a PKCS#12 file whose trusted certificate has ended',
    {
      kind: 'pkcs12',
      opened: true,
      unsupported: false,
      integrity: null,
      encryption: [],
      keys: [{ alias: null, key: { type: 'EC', curve: 'P-256' }, certificates: [], belongsTogether: null }],
      certificates: [{ alias: 'ca', certificate: certificate({ notAfter: inDays(-1), daysLeft: -1 }) }],
    },
    ['error key_not_rsa', 'error certificate_ended', 'warning pkcs12_not_importable'],
  ],
  [
    'a PKCS#12 file without a key',
    {
      kind: 'pkcs12',
      opened: true,
      unsupported: false,
      integrity: null,
      encryption: [],
      keys: [],
      certificates: [{ alias: 'ca', certificate: certificate() }],
    },
    ['error keystore_without_key'],
  ],
  ['a usual assertion', jwt({}), []],
  ['an audience with a slash', jwt({ aud: 'https://test.salesforce.com/' }), []],
  ['a My Domain', jwt({ aud: 'https://acme--uat.sandbox.my.salesforce.com' }), []],
  ['an Experience Cloud site', jwt({ aud: 'https://acme.my.site.com/customers' }), []],
  ['a string for exp', jwt({ exp: String(SECONDS + 60) }), []],
  ['another algorithm', jwt({}, { header: { alg: 'HS256' } }), ['error jwt_algorithm']],
  ['no signature', jwt({}, { signed: false }), ['error jwt_unsigned']],
  ['a capital in iss', jwt({ iss: undefined, Iss: '3MVG9' }), ['error claim_capitalized']],
  ['no sub', jwt({ sub: undefined }), ['error claim_missing']],
  ['prn for sub', jwt({ sub: undefined, prn: 'ci@example.com' }), []],
  ['an exp in the past', jwt({ exp: SECONDS - 1 }), ['error jwt_expired']],
  ['an exp of now', jwt({ exp: SECONDS }), []],
  ['an exp in milliseconds', jwt({ exp: NOW.getTime() + 300 }), ['warning exp_in_milliseconds']],
  ['an exp that is a date', jwt({ exp: '2026-06-01' }), ['error exp_unreadable']],
  ['an nbf to come', jwt({ nbf: SECONDS + 60 }, { times: { nbf: inDays(1) } }), ['error jwt_not_yet_valid']],
  ['a Lightning URL as audience', jwt({ aud: 'https://acme.lightning.force.com' }), ['warning audience_unusual']],
  ['an audience without https', jwt({ aud: 'http://login.salesforce.com' }), ['warning audience_unusual']],
  ['a list of audiences', jwt({ aud: ['https://login.salesforce.com'] }), ['warning audience_unusual']],
  [
    'an audience that ends like one',
    jwt({ aud: 'https://evil-login.salesforce.com.example' }),
    ['warning audience_unusual'],
  ],
];

/** Of which app the key material is isn't known. */
const UNUSED = {
  adminOrg: 'my-admin-org',
  clientId: undefined,
  name: undefined,
  username: undefined,
  loginUrl: undefined,
};

describe('findings about key material', () => {
  for (const [name, inspected, expected] of cases) {
    it(`${name}: ${expected.join(', ') || 'nothing'}`, () => {
      const findings = findingsAbout(inspected, NOW);
      expect(findings.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal(expected);
      expect(hasEnded(findings)).to.equal(expected.includes('error certificate_ended'));
    });
  }

  it('names an alias in a command only where every shell takes it as it is', () => {
    const fixFor = (alias: string): string => {
      const { keys, ...store } = jks({ alias }) as InspectedJavaKeystore;
      const [finding] = findingsAbout({ ...store, keys: [...keys, ...keys] }, NOW);
      return describeFinding(finding!, 'my store.jks', UNUSED).fix;
    };
    expect(fixFor('my key 1')).to.contain("--from 'my store.jks' --to new.pem --store-alias 'my key 1'");
    for (const alias of ['$(id)', '"a"', '`id`', '%PATH%', '-a', 'a\nb', '\u001b[2J', '']) {
      expect(fixFor(alias)).to.match(/^[^\n]*--store-alias ALIAS\n/);
    }
  });

  it('names the key that has a passphrase of its own, where there are several', () => {
    const fixes = ['one', 'two'].map((own) => {
      const { keys, ...store } = jks({}, { keyPassphraseDiffers: true }) as InspectedJavaKeystore;
      const entries = ['one', 'two'].map((alias) => ({ ...keys[0]!, alias, ...(alias === own ? { key: null } : {}) }));
      const found = findingsAbout({ ...store, keys: entries }, NOW).find(
        ({ code }) => code === 'key_passphrase_differs',
      );
      return describeFinding(found!, 'x.jks', UNUSED).fix;
    });
    expect(fixes[0]).to.contain('convert --from x.jks --to new.jks --store-alias one');
    expect(fixes[1]).to.contain('convert --from x.jks --to new.jks --store-alias two');
  });

  it('have a text and a fix each, and there is no text without a finding', () => {
    const source = readFileSync(join(ROOT, 'src', 'flows', 'inspect', 'findings.ts'), 'utf8');
    const declared = [
      ...(/InspectFindingData = \{\n([^]*?)\n\};/.exec(source)?.[1] ?? '').matchAll(/^ {2}(\w+): (.+);$/gm),
    ];
    const texts = readFileSync(join(ROOT, 'messages', 'jwt.inspect.md'), 'utf8');
    const written = [...texts.matchAll(/^# finding\.(\w+)(\.fix(?:\.several)?)?\n\n([^]*?)\n(?=\n#|$)/gm)];
    expect(declared).to.have.length.above(20);
    expect(
      written
        .filter(([, , fix]) => fix === undefined)
        .map(([, code]) => code)
        .sort(),
    ).to.deep.equal(declared.map(([, code]) => code).sort());
    for (const [, code = '', , text = ''] of written) {
      const fields = declared.find(([, name]) => name === code)?.[2] ?? '';
      for (const [, field = ''] of text.matchAll(/\{(\w+)(?::shell)?\}/g)) {
        if (!['file', 'rotation'].includes(field))
          expect(fields, `{${field}} of ${code}`).to.match(new RegExp(`\\b${field}:`));
      }
      expect(
        written.some(([, name, fix]) => name === code && fix === '.fix'),
        `${code}.fix`,
      ).to.equal(true);
    }
  });
});
