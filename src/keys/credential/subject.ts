import { Failure } from '../../failure.js';

/** The subject of a certificate: the attributes of RFC 5280 section 4.1.2.4 that people fill in, as they are meant. */
export type Subject = {
  commonName: string;
  organization?: string | undefined;
  organizationalUnit?: string | undefined;
  locality?: string | undefined;
  state?: string | undefined;
  /** Two letters (ISO 3166-1). */
  country?: string | undefined;
  /** ASCII. */
  email?: string | undefined;
};

type Attribute = {
  field: keyof Subject;
  /** The name that the messages use. */
  name: string;
  oid: string;
  /** Upper bound in characters (RFC 5280 appendix A.1). */
  limit: number;
  type: 'utf8String' | 'printableString' | 'ia5String';
};

/** In the order of the encoding: from the country down, as OpenSSL writes it. */
const ATTRIBUTES: readonly Attribute[] = [
  { field: 'country', name: 'country', oid: '2.5.4.6', limit: 2, type: 'printableString' },
  { field: 'state', name: 'state', oid: '2.5.4.8', limit: 128, type: 'utf8String' },
  { field: 'locality', name: 'locality', oid: '2.5.4.7', limit: 128, type: 'utf8String' },
  { field: 'organization', name: 'organization', oid: '2.5.4.10', limit: 64, type: 'utf8String' },
  { field: 'organizationalUnit', name: 'organizational-unit', oid: '2.5.4.11', limit: 64, type: 'utf8String' },
  { field: 'commonName', name: 'common-name', oid: '2.5.4.3', limit: 64, type: 'utf8String' },
  { field: 'email', name: 'email', oid: '1.2.840.113549.1.9.1', limit: 255, type: 'ia5String' },
];

/** An attribute in its string type; one RDN each. The shape is that of `JsonNameParams` in `@peculiar/x509`. */
export type RelativeDistinguishedName = Record<string, Array<Partial<Record<Attribute['type'], string>>>>;

/**
 * The subject as a sequence of RDNs with one attribute each, every value exactly as given.
 *
 * @throws Failure `subject_empty`, `subject_too_long`, `subject_control_character`, `subject_country`, `subject_email`.
 */
export function distinguishedName(subject: Subject): RelativeDistinguishedName[] {
  return ATTRIBUTES.flatMap((attribute) => {
    const value = subject[attribute.field];
    if (value === undefined) return [];
    checkValue(attribute, value);
    // The string type is always named: given a bare string, the library would read `#` and `\` as escapes.
    return [{ [attribute.oid]: [{ [attribute.type]: value }] }];
  });
}

function checkValue({ name: attribute, type, limit }: Attribute, value: string): void {
  if (value === '') throw new Failure('subject_empty', { attribute });
  if (/[\p{Cc}\p{Cs}]/u.test(value)) throw new Failure('subject_control_character', { attribute });
  if (type === 'printableString' && !/^[A-Za-z]{2}$/.test(value)) throw new Failure('subject_country', { value });
  if (type === 'ia5String' && !/^[\x20-\x7e]+$/.test(value)) throw new Failure('subject_email', { value });
  const length = Array.from(value).length;
  if (length > limit) throw new Failure('subject_too_long', { attribute, length, limit });
}
