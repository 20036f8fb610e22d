import { expect } from 'chai';
import fc from 'fast-check';
import { isKmsUri, kmsUri, parseKmsUri } from '../../../src/keys/signer/kms-uri.js';
import { failureOf } from '../../support/failures.js';

const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const MRK = 'mrk-1234abcd12ab34cd56ef1234567890ab';
const ARN = `arn:aws:kms:eu-central-1:123456789012:key/${UUID}`;
const GOOGLE = 'gcpkms://projects/acme-1/locations/europe-west1/keyRings/ci/cryptoKeys/sf_ci';
const VERSION = '0123456789abcdef0123456789abcdef';

describe('the URI of a key in a key management service', () => {
  for (const [uri, key] of [
    [`awskms:///${UUID}`, { kind: 'awskms', endpoint: undefined, id: UUID, region: undefined }],
    [`awskms:///${MRK}`, { id: MRK }],
    [`awskms:///${ARN}`, { id: ARN, region: 'eu-central-1' }],
    ['awskms:///alias/team/sf-ci', { id: 'alias/team/sf-ci' }],
    ['awskms:///arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/ci', { region: 'us-gov-west-1' }],
    ['awskms://localhost:4566/alias/ci', { endpoint: 'localhost:4566', id: 'alias/ci' }],
    ['awskms://[::1]:4566/alias/ci', { endpoint: '[::1]:4566' }],
    [
      'azurekms://acme.vault.azure.net/sf-ci',
      { kind: 'azurekms', host: 'acme.vault.azure.net', name: 'sf-ci', version: undefined },
    ],
    [`azurekms://acme.managedhsm.azure.net/sf-ci/${VERSION}`, { host: 'acme.managedhsm.azure.net', version: VERSION }],
    [
      `${GOOGLE}/cryptoKeyVersions/12`,
      { kind: 'gcpkms', project: 'acme-1', location: 'europe-west1', ring: 'ci', name: 'sf_ci', version: '12' },
    ],
    [GOOGLE, { version: undefined }],
    ['hashivault://sf-ci', { kind: 'hashivault', mount: undefined, name: 'sf-ci', version: undefined }],
    ['hashivault://team/transit/sf-ci/versions/3', { mount: 'team/transit', name: 'sf-ci', version: '3' }],
  ] as const) {
    it(`is read: ${uri}`, () => {
      expect(isKmsUri(uri)).to.equal(true);
      expect(parseKmsUri(uri)).to.deep.include(key);
      expect(kmsUri(parseKmsUri(uri))).to.equal(uri);
    });
  }

  it('may have the short name of Google’s versions, and a scheme in capitals', () => {
    expect(kmsUri(parseKmsUri(`${GOOGLE}/versions/2`))).to.equal(`${GOOGLE}/cryptoKeyVersions/2`);
    expect(kmsUri(parseKmsUri('AWSKMS:///alias/ci'))).to.equal('awskms:///alias/ci');
    expect(kmsUri(parseKmsUri('azurekms://ACME.vault.azure.net/ci'))).to.equal('azurekms://acme.vault.azure.net/ci');
  });

  for (const uri of [
    'awskms://alias/ci',
    `awskms://${UUID}`,
    `awskms://${UUID}/`,
    `awskms://${ARN}`,
    'awskms:///',
    'awskms:///ci',
    'awskms:///alias/',
    'awskms:///alias/a b',
    `awskms:///${UUID}/x`,
    'awskms:alias/ci',
    'awskms://user@localhost/alias/ci',
    'azurekms://acme/ci',
    'azurekms://acme.vault.azure.net/ci/2',
    'azurekms://acme.vault.azure.net/',
    'azurekms://acme.vault.azure.net/a_b',
    'gcpkms://projects/p/locations/l/keyRings/r',
    `${GOOGLE}/cryptoKeyVersions/latest`,
    `${GOOGLE}/cryptoKeyVersions/`,
    `${GOOGLE}/versions/1/2`,
    'hashivault://',
    'hashivault:///ci',
    'hashivault://../ci',
    'hashivault://a/../ci',
    'hashivault://ci?x=1',
    'hashivault://a b',
    'hashivault://transit/',
  ]) {
    it(`is refused: ${uri}`, () => {
      const { data } = failureOf('signer_uri_malformed', () => parseKmsUri(uri));
      expect(data).to.have.property('uri', uri);
      expect(data)
        .to.have.property('form')
        .that.contains(uri.slice(0, uri.indexOf(':')));
    });
  }

  it('is read or refused, whatever it is', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'/:.-_?#@ a1alias/versions/keys/'.split(''), '\n', '$(x)', '--help'),
    });
    fc.assert(
      fc.property(fc.constantFrom('awskms:', 'azurekms:', 'gcpkms:', 'hashivault:'), text, (scheme, rest) => {
        let key;
        try {
          key = parseKmsUri(scheme + rest);
        } catch {
          failureOf('signer_uri_malformed', () => parseKmsUri(scheme + rest));
          return;
        }
        // No part of it is a flag to a tool, or anything to a shell.
        expect(Object.values(key).join('')).to.match(/^[\w./:[\]-]*$/);
        expect(parseKmsUri(kmsUri(key))).to.deep.equal(key);
      }),
    );
  });

  it('has one of these schemes', () => {
    for (const uri of ['pkcs11:token=ci', 'ssh-agent:ci', 'exec:x', '', 'awskms', 'constructor:x']) {
      expect(isKmsUri(uri), uri).to.equal(false);
    }
  });
});
