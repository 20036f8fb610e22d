import { createPublicKey, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';
import { withoutSecrets } from '../secrets.js';
import { sizeOf } from './verified.js';

/** Bytes of an answer; a signature in base64 is below 700, a public key in PEM below 900, and a word around them does no harm. */
export const LIMITS = { signature: 4096, publicKey: 65_536 };

/** Characters of what a tool says of its failure. */
const WORDS_LIMIT = 400;

const BASE64 = /^[\w+/-]+={0,2}$/;

/**
 * A signature that a tool printed: raw, or in base64 or base64url, with or without a line break behind it or within.
 *
 * @throws Failure `signer_signature_malformed`
 */
export function readSignature(answer: Buffer, publicKey: KeyObject, uri: string): Buffer {
  const expected = sizeOf(publicKey);
  const raw = [0, 1, 2].map((breaks) => withoutBreak(answer, breaks)).find((bytes) => bytes?.length === expected);
  const signature = raw ?? fromBase64(answer.toString('utf8'));
  if (signature?.length === expected) return signature;
  throw new Failure('signer_signature_malformed', { uri, bytes: signature?.length ?? answer.length, expected });
}

/** The bytes without a line break of that length at the end; undefined: there is none. */
function withoutBreak(answer: Buffer, length: number): Buffer | undefined {
  const at = answer.length - length;
  return ['', '\n', '\r\n'][length] === answer.subarray(at).toString('latin1') ? answer.subarray(0, at) : undefined;
}

function fromBase64(text: string): Buffer | undefined {
  const digits = text
    .replace(/^\uFEFF/, '')
    .trim()
    .replace(/[\r\n]+/g, '');
  return BASE64.test(digits) ? Buffer.from(digits, 'base64') : undefined;
}

/**
 * The public key that a tool printed: in PEM (SPKI or PKCS #1) or in DER (SPKI).
 *
 * @throws Failure `signer_public_key_malformed`
 */
export function readPublicKey(answer: Buffer, uri: string): KeyObject {
  const text = answer.toString('latin1');
  const [pem] = /-----BEGIN (RSA )?PUBLIC KEY-----[^-]*-----END \1?PUBLIC KEY-----/.exec(text) ?? [];
  try {
    if (pem !== undefined) return createPublicKey(pem);
    return createPublicKey({ key: answer, format: 'der', type: 'spki' });
  } catch (error) {
    throw new Failure('signer_public_key_malformed', { uri, bytes: answer.length }, { cause: error });
  }
}

/** What a tool says of its failure: on one line, without secrets, and cut. */
export function wordsOf(text: string): string {
  const line = withoutSecrets(text.replace(/\s+/g, ' ').trim());
  return line.length > WORDS_LIMIT ? `${line.slice(0, WORDS_LIMIT)}…` : line;
}
