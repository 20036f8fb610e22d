/**
 * The messages of an ssh-agent (draft-ietf-sshm-ssh-agent): a length of four bytes, a byte that says which message, what it
 * holds. An RSA key (RFC 4253 section 6.6) and its signatures (RFC 8332) stand within.
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** Bytes of a message; OpenSSH has the same limit. */
const LIMIT = 256 * 1024;

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const FAILURES = [5, 28, 30];
/** Without it, an RSA key signs with SHA-1. */
const RSA_SHA2_256 = 2;

/** A key in an agent. */
export type Identity = {
  /** As an agent names it in a request */
  blob: Buffer;
  comment: string;
  /** Such as `ssh-rsa` or `ssh-ed25519` */
  type: string;
  /** As `ssh-add -l` prints it: `SHA256:…` */
  fingerprint: string;
};

/** What came isn't a message of an agent, or not one that was asked for. */
export class StrangeMessage extends Error {}

export const identitiesRequest = (): Buffer => framed(Buffer.from([REQUEST_IDENTITIES]));

export function signRequest(blob: Buffer, data: Uint8Array): Buffer {
  const flags = Buffer.alloc(4);
  flags.writeUInt32BE(RSA_SHA2_256);
  return framed(Buffer.concat([Buffer.from([SIGN_REQUEST]), text(blob), text(data), flags]));
}

/**
 * Takes the first message out of what was received.
 *
 * @returns what it holds, from the byte that says which it is; undefined: it hasn't come whole yet
 * @throws StrangeMessage its length can't be
 */
export function messageIn(received: Buffer): Buffer | undefined {
  if (received.length < 4) return undefined;
  const length = received.readUInt32BE();
  if (length === 0 || length > LIMIT) throw new StrangeMessage();
  return received.length < 4 + length ? undefined : received.subarray(4, 4 + length);
}

/** @throws StrangeMessage */
export function identitiesIn(message: Buffer): Identity[] {
  const reader = new Reader(message);
  if (reader.byte() !== IDENTITIES_ANSWER) throw new StrangeMessage();
  const count = reader.uint32();
  const identities: Identity[] = [];
  for (let index = 0; index < count; index += 1) {
    const blob = reader.text();
    const comment = reader.text().toString('utf8');
    const type = new Reader(blob).text().toString('latin1');
    identities.push({ blob, comment, type, fingerprint: fingerprintOf(blob) });
  }
  return identities;
}

/**
 * @returns the algorithm and the signature; undefined: the agent didn't sign
 * @throws StrangeMessage
 */
export function signatureIn(message: Buffer): { algorithm: string; signature: Buffer } | undefined {
  const reader = new Reader(message);
  const kind = reader.byte();
  if (FAILURES.includes(kind)) return undefined;
  if (kind !== SIGN_RESPONSE) throw new StrangeMessage();
  const inner = new Reader(reader.text());
  return { algorithm: inner.text().toString('latin1'), signature: inner.text() };
}

/**
 * The key of an identity of the type `ssh-rsa`.
 *
 * @throws StrangeMessage
 */
export function rsaKeyIn(blob: Buffer): KeyObject {
  const reader = new Reader(blob);
  reader.text();
  const [e, n] = [reader.text(), reader.text()].map((number) => number.toString('base64url'));
  try {
    return createPublicKey({ key: { kty: 'RSA', e: e!, n: n! }, format: 'jwk' });
  } catch {
    throw new StrangeMessage();
  }
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function framed(payload: Buffer): Buffer {
  return text(payload);
}

/** Bytes with their length before them; SSH calls it a string. */
function text(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

class Reader {
  #at = 0;

  public constructor(private readonly bytes: Buffer) {}

  public byte(): number {
    return this.#take(1).readUInt8();
  }

  public uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  public text(): Buffer {
    return this.#take(this.uint32());
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.bytes.length) throw new StrangeMessage();
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
}
