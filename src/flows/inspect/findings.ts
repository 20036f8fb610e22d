import type { CertificateFacts, KeyFacts } from '../../keys/credential/certificate-facts.js';
import { LARGEST_CERTIFICATE } from '../../keys/credential/certificate.js';
import { secondsOf } from '../../keys/credential/jwt.js';
import { SMALLEST_KEY_SIZE } from '../../keys/credential/private-key.js';
import type { Inspected, InspectedJwt, StoreKeyFacts } from './inspected.js';
import { IMPORTABLE_KEY_SIZES, isImportableAlias } from '../convert/keystore-alias.js';

/** Every finding by its stable code, with the values that its text in `messages/jwt.inspect.md` names in braces. */
export type InspectFindingData = {
  alias_not_importable: { alias: string; typed: string };
  alias_upper_case: { alias: string; typed: string };
  audience_unusual: { audience: string };
  certificate_ended: { subject: string; notAfter: string };
  certificate_ends_soon: { subject: string; notAfter: string; days: number };
  certificate_key_not_rsa: { subject: string; type: string };
  certificate_key_too_small: { subject: string; size: number };
  certificate_starts_later: { subject: string; notBefore: string };
  certificate_too_large: { subject: string; bytes: number; limit: number };
  certificates_several: { count: number };
  claim_capitalized: { claim: string; right: string };
  claim_missing: { claim: string };
  entries_unreadable: Record<string, never>;
  exp_in_milliseconds: { exp: string };
  exp_unreadable: { exp: string };
  jwt_algorithm: { algorithm: string };
  jwt_expired: { exp: string };
  jwt_not_yet_valid: { nbf: string };
  jwt_unsigned: Record<string, never>;
  key_encrypted: Record<string, never>;
  key_not_of_certificate: { alias: string };
  key_not_rsa: { type: string };
  key_passphrase_differs: { typed: string };
  key_size_not_importable: { size: number };
  key_too_small: { size: number };
  keystore_closed: Record<string, never>;
  keystore_unsupported: Record<string, never>;
  keystore_without_key: Record<string, never>;
  pkcs12_not_importable: Record<string, never>;
  request_unverified: Record<string, never>;
};

export type InspectFinding = {
  code: keyof InspectFindingData;
  /** `error` fails a JWT login or an import into an org; `warning` is worth knowing. */
  severity: 'error' | 'warning';
  values: Record<string, string | number>;
  /** Where the keystore has several keys, and the fix is another one for that. */
  several?: true;
};

const SOON = 30;

/** From here on, a number of seconds would be a date after the year 5000, so it's milliseconds. */
const MILLISECONDS = 1e11;

/** What stands in the way of a JWT login, or of an import into an org. Errors come first. */
export function findingsAbout(inspected: Inspected, now: Date): InspectFinding[] {
  const findings = checks(inspected, now);
  return [
    ...findings.filter(({ severity }) => severity === 'error'),
    ...findings.filter(({ severity }) => severity === 'warning'),
  ];
}

/** Whether any certificate in the file has ended. */
export function hasEnded(findings: InspectFinding[]): boolean {
  return findings.some(({ code }) => code === 'certificate_ended');
}

function found<Code extends keyof InspectFindingData>(
  severity: InspectFinding['severity'],
  code: Code,
  values: InspectFindingData[Code],
): InspectFinding[] {
  return [{ severity, code, values }];
}

function checks(inspected: Inspected, now: Date): InspectFinding[] {
  switch (inspected.kind) {
    case 'private-key':
      return privateKeyFindings(inspected);
    case 'public-key':
      return keyFindings(inspected.key);
    case 'certificate': {
      const { certificates } = inspected;
      const several =
        certificates.length > 1 ? found('warning', 'certificates_several', { count: certificates.length }) : [];
      return [...certificateFindings(certificates, now), ...several];
    }
    case 'bundle': {
      const { privateKey, certificates, belongsTogether } = inspected;
      const other = belongsTogether === false ? found('error', 'key_not_of_certificate', { alias: '' }) : [];
      return [...other, ...privateKeyFindings(privateKey), ...certificateFindings(certificates, now)];
    }
    case 'certificate-request': {
      const unverified = inspected.verified ? [] : found('error', 'request_unverified', {});
      return [...unverified, ...keyFindings(inspected.key)];
    }
    case 'pkcs12':
    case 'jks':
    case 'jceks':
      return storeFindings(inspected, now);
    case 'jwt':
      return jwtFindings(inspected, now);
  }
}

function privateKeyFindings({
  encryption,
  key,
}: {
  encryption: object | null;
  key: KeyFacts | null;
}): InspectFinding[] {
  return [
    ...(key === null ? [] : keyFindings(key)),
    ...(encryption === null ? [] : found('warning', 'key_encrypted', {})),
  ];
}

function keyFindings({ type, size }: KeyFacts): InspectFinding[] {
  if (type !== 'RSA') return found('error', 'key_not_rsa', { type });
  return size !== undefined && size < SMALLEST_KEY_SIZE ? found('error', 'key_too_small', { size }) : [];
}

/** The first certificate is the one that goes into the app; of the others, the issuers, only the dates matter. */
function certificateFindings(certificates: CertificateFacts[], now: Date): InspectFinding[] {
  const [leaf] = certificates;
  return [
    ...(leaf === undefined ? [] : leafFindings(leaf)),
    ...certificates.flatMap((each) => dateFindings(each, now)),
  ];
}

function leafFindings({ subject, key: { type, size }, pemSize }: CertificateFacts): InspectFinding[] {
  const small = size !== undefined && size < SMALLEST_KEY_SIZE;
  return [
    ...(type === 'RSA' ? [] : found('error', 'certificate_key_not_rsa', { subject, type })),
    ...(type === 'RSA' && small ? found('error', 'certificate_key_too_small', { subject, size }) : []),
    ...(pemSize > LARGEST_CERTIFICATE
      ? found('error', 'certificate_too_large', { subject, bytes: pemSize, limit: LARGEST_CERTIFICATE })
      : []),
  ];
}

function dateFindings({ subject, notBefore, notAfter, daysLeft }: CertificateFacts, now: Date): InspectFinding[] {
  if (new Date(notAfter) < now) return found('error', 'certificate_ended', { subject, notAfter });
  if (new Date(notBefore) > now) return found('error', 'certificate_starts_later', { subject, notBefore });
  return daysLeft < SOON ? found('warning', 'certificate_ends_soon', { subject, notAfter, days: daysLeft }) : [];
}

function storeFindings(store: Extract<Inspected, { keys: unknown }>, now: Date): InspectFinding[] {
  const { kind, opened, keys, certificates } = store;
  // In an unopened PKCS#12, or behind a secret key of a JCEKS, nobody can see whether there is a key.
  const keyless = keys.length === 0 && (kind === 'pkcs12' ? opened : !store.truncated);
  const several = keys.length > 1;
  return [
    ...(kind !== 'pkcs12' && store.keyPassphraseDiffers === true ? closedKeyFindings(keys) : []),
    ...(keyless ? found('error', 'keystore_without_key', {}) : []),
    ...keys.flatMap((entry) => [
      ...storeKeyFindings(entry),
      ...(kind === 'jks' ? importFindings(entry, several) : []),
      ...certificateFindings(entry.certificates, now),
    ]),
    ...certificates.flatMap(({ certificate }) => dateFindings(certificate, now)),
    ...(kind !== 'jks' && isConvertible(store) ? found('warning', 'pkcs12_not_importable', {}) : []),
    ...(kind === 'jceks' && store.truncated ? found('warning', 'entries_unreadable', {}) : []),
    ...closedFindings(store),
  ];
}

/** Whether there may be a key in it that `convert` can read: in a JCEKS that shows only once it's opened. */
function isConvertible({ kind, opened, unsupported, keys }: Extract<Inspected, { keys: unknown }>): boolean {
  if (unsupported) return false;
  return opened ? keys.length > 0 : kind === 'pkcs12';
}

function closedFindings(store: Extract<Inspected, { keys: unknown }>): InspectFinding[] {
  const explained = store.kind !== 'pkcs12' && store.keyPassphraseDiffers === true;
  if (store.opened || explained) return [];
  return found('warning', store.unsupported ? 'keystore_unsupported' : 'keystore_closed', {});
}

/** The key's own type shows in its certificate too, and is said there. */
function storeKeyFindings({ alias, key, certificates, belongsTogether }: StoreKeyFacts): InspectFinding[] {
  if (belongsTogether === false) return found('error', 'key_not_of_certificate', { alias: alias ?? '' });
  return key === null || certificates.length > 0 ? [] : keyFindings(key);
}

function importFindings({ alias, key, certificates }: StoreKeyFacts, several: boolean): InspectFinding[] {
  const { type, size } = key ?? certificates[0]?.key ?? {};
  return [
    ...aliasFindings(alias ?? '', several),
    ...(type === 'RSA' && size !== undefined && size >= SMALLEST_KEY_SIZE && !IMPORTABLE_KEY_SIZES.includes(size)
      ? found('error', 'key_size_not_importable', { size })
      : []),
  ];
}

function aliasFindings(alias: string, several: boolean): InspectFinding[] {
  const values = { alias, typed: typedAlias(alias) };
  const findings = !isImportableAlias(alias)
    ? found('error', 'alias_not_importable', values)
    : alias !== alias.toLowerCase()
      ? found('warning', 'alias_upper_case', values)
      : [];
  return several ? findings.map((finding) => ({ ...finding, several })) : findings;
}

/** Of a store that is open; one finding for all its keys. */
function closedKeyFindings(keys: StoreKeyFacts[]): InspectFinding[] {
  const closed = keys.find(({ key }) => key === null);
  const findings = found('error', 'key_passphrase_differs', { typed: typedAlias(closed?.alias ?? '') });
  return keys.length > 1 ? findings.map((finding) => ({ ...finding, several: true })) : findings;
}

/** The alias as it stands in a command, where no shell could take it for anything else; the file may be anybody's. */
function typedAlias(alias: string): string {
  return /^[\p{L}\p{N}_.@][\p{L}\p{N}_.@ :+-]*$/u.test(alias) ? alias : 'ALIAS';
}

/** A JWT as the assertion of a login (RFC 7523 section 3, and what Salesforce makes of it). */
function jwtFindings({ header, claims, signed, times }: InspectedJwt, now: Date): InspectFinding[] {
  const capitalized = Object.keys(claims).filter(
    (claim) => /^(iss|sub|prn|aud|exp|nbf|iat|jti)$/i.test(claim) && claim !== claim.toLowerCase(),
  );
  const present = (...names: string[]): boolean =>
    names.some((name) => claims[name] !== undefined || capitalized.some((claim) => claim.toLowerCase() === name));
  const missing = [
    ...(present('iss') ? [] : ['iss']),
    ...(present('sub', 'prn') ? [] : ['sub']),
    ...(present('aud') ? [] : ['aud']),
    ...(present('exp') ? [] : ['exp']),
  ];
  const { nbf } = times;
  return [
    ...(header['alg'] === 'RS256' ? [] : found('error', 'jwt_algorithm', { algorithm: words(header['alg']) })),
    ...(signed ? [] : found('error', 'jwt_unsigned', {})),
    ...capitalized.flatMap((claim) => found('error', 'claim_capitalized', { claim, right: claim.toLowerCase() })),
    ...missing.flatMap((claim) => found('error', 'claim_missing', { claim })),
    ...expFindings(claims['exp'], times.exp, now),
    ...(nbf !== undefined && new Date(nbf) > now ? found('error', 'jwt_not_yet_valid', { nbf }) : []),
    ...(claims['aud'] === undefined || isUsualAudience(claims['aud'])
      ? []
      : found('warning', 'audience_unusual', { audience: words(claims['aud']) })),
  ];
}

function expFindings(exp: unknown, moment: string | undefined, now: Date): InspectFinding[] {
  if (exp === undefined) return [];
  const seconds = secondsOf(exp);
  if (seconds === undefined) return found('error', 'exp_unreadable', { exp: words(exp) });
  if (seconds >= MILLISECONDS) return found('warning', 'exp_in_milliseconds', { exp: words(exp) });
  if (seconds * 1000 >= now.getTime()) return [];
  return found('error', 'jwt_expired', { exp: moment ?? words(exp) });
}

/** The two login hosts, a My Domain, or an Experience Cloud site. */
function isUsualAudience(audience: unknown): boolean {
  if (typeof audience !== 'string' || !URL.canParse(audience)) return false;
  const { protocol, hostname } = new URL(audience);
  return (
    protocol === 'https:' &&
    /^(login|test)\.salesforce\.com$|\.my\.salesforce\.com$|\.my\.site\.com$|\.force\.com$/.test(hostname) &&
    !hostname.endsWith('.lightning.force.com')
  );
}

function words(value: unknown): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value).slice(0, 200);
}
