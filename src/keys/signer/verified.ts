import { constants, createHash, publicDecrypt, verify, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';
import type { FoundKey } from './provider.js';
import type { Signer } from './signer.js';

/** Bits of RSA keys that Salesforce takes */
const SIZES = { least: 2048, most: 4096 };

/** Hash algorithms of PKCS #1 signatures, and how RFC 8017 section 9.2 begins their DigestInfo. */
const DIGEST_INFOS = {
  'SHA-1': '3021300906052b0e03021a05000414',
  'SHA-224': '302d300d06096086480165030402040500041c',
  'SHA-256': '3031300d060960864801650304020105000420',
  'SHA-384': '3041300d060960864801650304020205000430',
  'SHA-512': '3051300d060960864801650304020305000440',
} as const;

/**
 * The key that was found as a signer each of whose signatures is verified before it is given out. A wrong one is told by what
 * it is.
 *
 * @throws Failure `signer_key_unsuitable`; its `sign` those that start with `signer_signed_`, `signer_hashed_twice`,
 *   `signer_signature_malformed`, and what the keeper of the key reports
 */
export function verifiedSigner(key: FoundKey): Signer {
  const { publicKey, uri } = key;
  assertSuitable(publicKey, uri);
  return {
    publicKey,
    uri,
    sign: async (data) => {
      const signature = await key.sign(data);
      if (!verify('sha256', data, publicKey, signature)) throw await faultOf(signature, data, key);
      return signature;
    },
  };
}

function assertSuitable(publicKey: KeyObject, uri: string): void {
  const { modulusLength = 0, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  const type = publicKey.asymmetricKeyType ?? '';
  const fits = type === 'rsa' && modulusLength >= SIZES.least && modulusLength <= SIZES.most;
  if (!fits) throw new Failure('signer_key_unsuitable', { uri, found: typeName(type, namedCurve ?? modulusLength) });
}

/** `RSA 1024`, `EC prime256v1`, `ED25519` */
function typeName(type: string, detail: string | number): string {
  return `${type.toUpperCase()}${detail === 0 ? '' : ` ${detail}`}`;
}

/** What is wrong with a signature that the public key doesn't verify. */
async function faultOf(signature: Buffer, data: Uint8Array, key: FoundKey): Promise<Failure> {
  const { publicKey, uri } = key;
  const expected = sizeOf(publicKey);
  if (signature.length !== expected) {
    return new Failure('signer_signature_malformed', { uri, bytes: signature.length, expected });
  }
  const sha256 = createHash('sha256').update(data).digest();
  if (isPss(signature, [data, sha256], publicKey)) return new Failure('signer_signed_with_pss', { uri });
  return blockFault(signature, sha256, key) ?? (await otherKeyFault(signature, data, key));
}

/** The bytes of a signature by an RSA key. */
export function sizeOf(publicKey: KeyObject): number {
  return Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

function isPss(signature: Buffer, messages: Uint8Array[], key: KeyObject): boolean {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const saltLength = constants.RSA_PSS_SALTLEN_AUTO;
  return ['sha256', 'sha384', 'sha512'].some((algorithm) =>
    messages.some((message) => verify(algorithm, message, { key, padding, saltLength }, signature)),
  );
}

/** What the key signed in the place of the data's digest; undefined: it was no PKCS #1 signature of this key. */
function blockFault(signature: Buffer, sha256: Buffer, { publicKey, uri }: FoundKey): Failure | undefined {
  const block = signedBlock(signature, publicKey);
  if (block === undefined) return undefined;
  const [hash, digest] = digestIn(block);
  if (hash === undefined) return new Failure('signer_signed_without_hash', { uri });
  if (hash !== 'SHA-256') return new Failure('signer_signed_with_other_hash', { uri, hash });
  const twice = createHash('sha256').update(sha256).digest();
  return new Failure(digest.equals(twice) ? 'signer_hashed_twice' : 'signer_signed_other_data', { uri });
}

function signedBlock(signature: Buffer, key: KeyObject): Buffer | undefined {
  try {
    return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    // Whatever OpenSSL says of it: no block of this key.
    return undefined;
  }
}

function digestIn(block: Buffer): [hash: keyof typeof DIGEST_INFOS | undefined, digest: Buffer] {
  for (const [hash, prefix] of Object.entries(DIGEST_INFOS)) {
    const start = Buffer.from(prefix, 'hex');
    if (block.subarray(0, start.length).equals(start)) {
      return [hash as keyof typeof DIGEST_INFOS, block.subarray(start.length)];
    }
  }
  return [undefined, block];
}

async function otherKeyFault(signature: Buffer, data: Uint8Array, key: FoundKey): Promise<Failure> {
  const { uri, version } = key;
  const others = (await key.otherKeys?.()) ?? [];
  const signer = others.find(
    ({ publicKey }) => publicKey.asymmetricKeyType === 'rsa' && verify('sha256', data, publicKey, signature),
  );
  return signer === undefined
    ? new Failure('signer_signed_with_other_key', { uri })
    : new Failure('signer_signed_other_version', { uri, version: version ?? uri, actual: signer.version });
}
