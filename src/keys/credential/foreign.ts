import type { FailureCode } from '../../failure.js';

/** The codes of what is no key material, and still can be named. */
export type ForeignCode = Extract<FailureCode, `content_is_${string}`>;

/** Everything is judged by the start of a file; nothing of it is kept. */
const START = 4096;

type Rule = [code: ForeignCode, test: RegExp];

/** Texts that would otherwise be taken for something else, such as base64 or PEM. */
const AT_ONCE: Rule[] = [
  ['content_is_git_lfs_pointer', /^version https:\/\/git-lfs\.github\.com/],
  ['content_is_ansible_vault', /(^|\n)\s*\$ANSIBLE_VAULT;/],
  ['content_is_age', /^age-encryption\.org\/|BEGIN AGE ENCRYPTED FILE/],
  ['content_is_pgp', /BEGIN PGP (MESSAGE|PRIVATE KEY BLOCK|PUBLIC KEY BLOCK)/],
  ['content_is_sops', /ENC\[AES256_GCM,data:/],
  ['content_is_openssl_encrypted', /^["'\s]*(Salted__|U2FsdGVkX1)/],
  [
    'content_is_fingerprint',
    /^["'\s]*((SHA-?(1|256) ?)?Fingerprint ?= ?|SHA256:|MD5:)?(([0-9A-F]{2}[: ]){15,31}[0-9A-F]{2}|(?<=SHA256:)[\w+/=]{43,44})["'\s]*$/i,
  ],
];

/** Texts that are nothing else. */
const AT_LAST: Rule[] = [
  [
    'content_is_masked',
    /^["'\s]*(\*{3,}|\[?(masked|redacted|secret|hidden)\]?|<[^<>]{0,40}(redacted|hidden|masked)[^<>]{0,40}>)["'\s]*$/i,
  ],
  [
    'content_is_variable',
    /^["'\s]*(\$\{\{[^{}]{0,200}\}\}|\{\{[^{}]{0,200}\}\}|\$\{[^{}]{0,200}\}|\$\([^()]{0,200}\)|\$\[[^[\]]{0,200}\]|\$(env:)?\w{1,200}|%\w{1,200}%|<<[^<>]{0,200}>>|#\{\w{1,200}\}#?|op:\/\/\S{1,200}|arn:aws:\S{1,200}|vault:\S{1,200})["'\s]*$/i,
  ],
  ['content_is_web_page', /^\s*<(!doctype html|html|\?xml|head|body)/i],
  ['content_is_client_id', /^["'\s]*3MVG9[\w.]{20,200}["'\s]*$/],
  ['content_is_consumer_secret', /^["'\s]*([0-9A-F]{64}|[0-9a-f]{64}|\d{15,20})["'\s]*$/],
  [
    'content_is_path',
    /^["'\s]*((~|\.{1,2}|[A-Za-z]:)?[\\/][^\n\0]{1,1000}|[\w .@~\\/-]{1,200}\.(key|pem|crt|cer|der|p12|pfx|jks|keystore|txt|enc))["'\s]*$/i,
  ],
];

/** Names text that is wrapped or encrypted by another program, before anything else is tried with it. */
export function foreignTextAtOnce(text: string): ForeignCode | undefined {
  return codeIn(AT_ONCE, text);
}

/** Names text that turned out to be no key material. */
export function foreignText(text: string): ForeignCode | undefined {
  return /[^\P{Cc}\s]/u.test(text.slice(0, START)) ? undefined : codeIn(AT_LAST, text);
}

/** Names a binary file by its first bytes. */
export function foreignBinary(bytes: Buffer): ForeignCode | undefined {
  const start = bytes.subarray(0, 10).toString('latin1');
  if (start.startsWith('Salted__')) return 'content_is_openssl_encrypted';
  if (start === 'age-encryp') return 'content_is_age';
  if (start === '\0GITCRYPT\0') return 'content_is_git_crypt';
  if (/^(PK\x03\x04|7z\xbc\xaf|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd)/.test(start)) return 'content_is_archive';
  // Packets of RFC 9580 section 5: a session key under a public key (version 3 or 6) or under a passphrase (version 4).
  if (/^(\x84.\x03|\x85..\x03|\xc1..?[\x03\x06]|\x8c.\x04|\xc3.\x04)/s.test(start)) return 'content_is_pgp';
  return undefined;
}

function codeIn(rules: Rule[], text: string): ForeignCode | undefined {
  const start = text.slice(0, START);
  return rules.find(([, test]) => test.test(start))?.[0];
}
