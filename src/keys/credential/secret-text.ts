/** What a text is that was given where something short and harmless belongs. */
export type SecretText = 'private_key' | 'certificate' | 'token' | 'encoded';

/** How base64 begins of PEM, of PEM in base64, of PEM in UTF-16, of DER, of a Java keystore and of what OpenSSL encrypted. */
const ENCODED = /^["'\s]*(LS0tL|TFMwd|\/\/4tAC|LQAtAC|MI[IGH]|\/u3\+7Q|zs7Ozg|U2FsdGVkX1)[\w+/=-]{20}/;

/** Longer than anything else that is written in these letters, a client ID above all. */
const LONG_BASE64 = /^[\w+/=\s-]{120,}$/;

/** The first block of what looks like PEM, however its dashes and its line breaks came out. */
const PEM_LABEL = /BEGIN\W{0,3}(?:[A-Z0-9]{1,12}\W{0,3}){0,3}?(PRIVATE|CERTIFICATE|PUBLIC)/;

const JWT = /^\W{0,2}(?:Bearer\s+)?eyJ[\w-]{10,}\.[\w-]{4,}/i;

/** A session of Salesforce: the org's ID, an exclamation mark, the token. */
const ACCESS_TOKEN = /00D[A-Za-z0-9]{12,15}(!|%21)[\w.]{10,}/;

/**
 * Tells key material and tokens from names, paths and URLs, so that no message repeats them. What it doesn't recognise may
 * be a secret all the same, such as a passphrase.
 */
export function secretIn(text: string): SecretText | undefined {
  const label = PEM_LABEL.exec(text)?.[1];
  if (label !== undefined) return label === 'PRIVATE' ? 'private_key' : 'certificate';
  if (/-{4,}BEGIN|"kty"\s*:/.test(text)) return 'private_key';
  if (JWT.test(text) || ACCESS_TOKEN.test(text)) return 'token';
  return ENCODED.test(text) || LONG_BASE64.test(text) ? 'encoded' : undefined;
}
