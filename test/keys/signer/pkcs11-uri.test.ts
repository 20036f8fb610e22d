import { expect } from 'chai';
import fc from 'fast-check';
import { isFailure } from '../../../src/failure.js';
import { parsePkcs11Uri, pkcs11Uri, type Pkcs11Uri } from '../../../src/keys/signer/pkcs11-uri.js';
import { failureOf } from '../../support/failures.js';

describe('the URI of a key on a token', () => {
  const accepted: Array<[uri: string, read: Pkcs11Uri]> = [
    [
      'pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial=0123;token=ci;id=%01;object=sf-ci;type=private',
      {
        token: { model: 'SoftHSM v2', manufacturer: 'SoftHSM project', serial: '0123', token: 'ci' },
        id: '01',
        object: 'sf-ci',
      },
    ],
    ['pkcs11:id=%0A%fF01', { token: {}, id: '0aff3031' }],
    ['pkcs11:object=a b;slot-id=17', { token: {}, object: 'a b', slotId: 17 }],
    ['pkcs11:object=schl%C3%BCssel%3B%3f', { token: {}, object: 'schlüssel;?' }],
    ['pkcs11:object=schlüssel', { token: {}, object: 'schlüssel' }],
    ['pkcs11:object=a=b', { token: {}, object: 'a=b' }],
    [
      'pkcs11:object=x?module-path=/usr/lib/m.so&pin-source=file:/run/pin',
      { token: {}, object: 'x', modulePath: '/usr/lib/m.so', pinFile: '/run/pin' },
    ],
    ['pkcs11:object=x?pin-source=file:///run/pin', { token: {}, object: 'x', pinFile: '/run/pin' }],
    ['pkcs11:object=x?pin-source=run/pin%20file', { token: {}, object: 'x', pinFile: 'run/pin file' }],
    ['pkcs11:object=x?pin-source=C:%5Cpin', { token: {}, object: 'x', pinFile: 'C:\\pin' }],
    ['pkcs11:object=x;library-version=2.6;x-vendor=1;slot-manufacturer=y', { token: {}, object: 'x' }],
  ];
  for (const [uri, read] of accepted) {
    it(`is read: ${uri}`, () => expect(parsePkcs11Uri(uri)).to.deep.equal(read));
  }

  const refused: Array<[uri: string, part: string]> = [
    ['pkcs11:object=x;lable=y', 'lable=y'],
    ['pkcs11:object', 'object'],
    ['pkcs11:object=x;;token=y', ''],
    ['pkcs11:object=%4', 'object=%4'],
    ['pkcs11:object=%zz', 'object=%zz'],
    ['pkcs11:object=%ff', 'object=%ff'],
    ['pkcs11:object=a%0ab', 'object=a%0ab'],
    ['pkcs11:object=a;object=b', 'object=b'],
    ['pkcs11:object=x;type=data', 'type=data'],
    ['pkcs11:object=x;slot-id=one', 'slot-id=one'],
    ['pkcs11:object=x?module-name=softhsm2', 'module-name=softhsm2'],
    ['pkcs11:object=x?pin-source=|cat%20pin', 'pin-source=|cat%20pin'],
    ['pkcs11:object=x?pin-source=https://host/pin', 'pin-source=https://host/pin'],
    ['pkcs11:object=x?pin-source=', 'pin-source='],
  ];
  for (const [uri, part] of refused) {
    it(`is refused, and the part is named: ${uri}`, () => {
      expect(failureOf('signer_uri_malformed', () => parsePkcs11Uri(uri)).data).to.include({ uri, part });
    });
  }

  it('needs a label or an ID of the key', () => {
    for (const uri of ['pkcs11:', 'pkcs11:token=ci', 'pkcs11:?module-path=/m.so']) {
      expect(failureOf('signer_uri_malformed', () => parsePkcs11Uri(uri)).data).to.include({ variant: 'incomplete' });
    }
  });

  it('has no PIN in it, which is not told on', () => {
    for (const uri of [
      'pkcs11:object=x?pin-value=1234',
      'pkcs11:object=x;pin-value=1234',
      'pkcs11:object=x?pin-value=%zz1234',
    ]) {
      expect(JSON.stringify(failureOf('signer_pin_in_uri', () => parsePkcs11Uri(uri)))).not.to.contain('1234');
    }
  });

  it('is read as it was written', () => {
    const text = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((each) => !/[\0-\x1f\x7f]/.test(each) && each.isWellFormed());
    const path = fc
      .array(text, { minLength: 1 })
      .map((parts) => `/${parts.join('/')}`)
      .filter((each) => !each.startsWith('//'));
    const id = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'));
    const token = fc.record({ token: text, serial: text, model: text, manufacturer: text }, { requiredKeys: [] });
    const rest = { slotId: fc.nat(), object: text, id, modulePath: path, pinFile: path };
    fc.assert(
      fc.property(token, fc.record(rest, { requiredKeys: ['id'] }), (named, more) => {
        const uri: Pkcs11Uri = { token: named, ...more };
        expect(pkcs11Uri(uri)).to.match(/^[\w:;=%?&/.~-]+$/);
        expect(parsePkcs11Uri(pkcs11Uri(uri))).to.deep.equal(uri);
      }),
    );
  });

  it('is read or refused by name, whatever it is', () => {
    const piece = fc.oneof(
      fc.constantFrom('object=', 'id=', 'token=', ';', '?', '&', '%', '%2', '%41', 'pin-source='),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          const { object, id } = parsePkcs11Uri(`pkcs11:${pieces.join('')}`);
          expect(object ?? id).to.be.a('string');
        } catch (error) {
          expect(isFailure(error, 'signer_uri_malformed') || isFailure(error, 'signer_pin_in_uri')).to.equal(true);
        }
      }),
    );
  });
});
