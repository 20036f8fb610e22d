import { expect } from 'chai';
import { distinguishedName, type Subject } from '../../../src/keys/credential/subject.js';
import type { FailureCode } from '../../../src/failure.js';
import { failureOf } from '../../support/failures.js';

describe('subject', () => {
  it('puts each attribute in an RDN of its own, from the country down, in its string type', () => {
    const subject: Subject = {
      email: 'ci@example.com',
      commonName: 'server',
      organizationalUnit: 'CI',
      organization: 'Acme',
      locality: 'Berlin',
      state: 'BE',
      country: 'DE',
    };
    expect(distinguishedName(subject)).to.deep.equal([
      { '2.5.4.6': [{ printableString: 'DE' }] },
      { '2.5.4.8': [{ utf8String: 'BE' }] },
      { '2.5.4.7': [{ utf8String: 'Berlin' }] },
      { '2.5.4.10': [{ utf8String: 'Acme' }] },
      { '2.5.4.11': [{ utf8String: 'CI' }] },
      { '2.5.4.3': [{ utf8String: 'server' }] },
      { '1.2.840.113549.1.9.1': [{ ia5String: 'ci@example.com' }] },
    ]);
  });

  const limits: Array<[keyof Subject, number]> = [
    ['commonName', 64],
    ['organization', 64],
    ['organizationalUnit', 64],
    ['locality', 128],
    ['state', 128],
    ['email', 255],
  ];
  for (const [field, limit] of limits) {
    it(`takes ${limit} characters of ${field} and no more`, () => {
      const fill = field === 'email' ? 'x' : '𝕏';
      const subject = (length: number): Subject => ({ commonName: 'server', [field]: fill.repeat(length) });
      expect(distinguishedName(subject(limit))).to.have.lengthOf(field === 'commonName' ? 1 : 2);
      const { data } = failureOf('subject_too_long', () => distinguishedName(subject(limit + 1)));
      expect(data).to.include({ length: limit + 1, limit });
    });
  }

  const illegal: Array<[string, FailureCode, Partial<Subject>]> = [
    ['an empty value', 'subject_empty', { organization: '' }],
    ['an empty common name', 'subject_empty', { commonName: '' }],
    ['a line break', 'subject_control_character', { organization: 'a\nb' }],
    ['NUL', 'subject_control_character', { commonName: 'server\0.example.com' }],
    ['DEL', 'subject_control_character', { email: 'a\u007f' }],
    ['a C1 control', 'subject_control_character', { state: '\u0085' }],
    ['half a surrogate pair', 'subject_control_character', { locality: '\ud800' }],
    ['a country of one letter', 'subject_country', { country: 'D' }],
    ['a country of three letters', 'subject_country', { country: 'DEU' }],
    ['a country with a digit', 'subject_country', { country: 'D1' }],
    ['a country in other letters', 'subject_country', { country: 'ÄÖ' }],
    ['an email address that is not ASCII', 'subject_email', { email: 'jürgen@example.com' }],
  ];
  for (const [what, code, part] of illegal) {
    it(`refuses ${what}`, () => {
      failureOf(code, () => distinguishedName({ commonName: 'server', ...part }));
    });
  }
});
