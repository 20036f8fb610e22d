import type { KeyObject } from 'node:crypto';
import { Failure, isFailure } from '../../failure.js';
import type { KeySize } from '../credential/issue.js';
import { readPublicKey, readSignature, wordsOf } from './answers.js';
import { kmsUri, parseKmsUri, type VaultKey } from './kms-uri.js';
import type { FoundKey, SignerDependencies, SignerProvider } from './provider.js';
import { askVault, type VaultCall } from './vault-server.js';

/** The transit engine of HashiCorp Vault and OpenBao, over HTTP. */
export const provider: SignerProvider = { open, create };

const ENGINE = 'transit';

/** A key with its mount, as its path has it. */
type MountedKey = VaultKey & { mount: string };

/** What the engine says of a key; of its versions, by their numbers, the public keys in PEM. */
type TransitKey = { type: string; latest: string; publicKeys: Map<string, string> };

async function open(uri: string, dependencies: SignerDependencies): Promise<FoundKey> {
  const key = parseVault(uri, dependencies);
  const { type, latest, publicKeys } = await readKey(key, uri, dependencies);
  if (!/^rsa-/.test(type)) throw new Failure('signer_key_unsuitable', { uri, found: type });
  const version = key.version ?? latest;
  const pem = publicKeys.get(version);
  if (pem === undefined)
    throw new Failure('signer_key_not_found', { uri, words: `versions: ${[...publicKeys.keys()].join(', ')}` });
  const pinned = kmsUri({ ...key, version });
  const publicKey = readPublicKey(Buffer.from(pem), uri);
  const sign = (data: Uint8Array): Promise<Buffer> =>
    signWith({ ...key, version }, pinned, publicKey, data, dependencies);
  const others = [...publicKeys].filter(([number]) => number !== version);
  const otherKeys = (): Promise<Array<{ version: string; publicKey: KeyObject }>> =>
    Promise.resolve(
      others.map(([number, text]) => ({ version: number, publicKey: readPublicKey(Buffer.from(text), uri) })),
    );
  return { publicKey, uri: pinned, version, sign, otherKeys };
}

/** The mount of the URI, else the one that cosign's variable names, else the usual one. */
function parseVault(uri: string, { environment }: SignerDependencies): MountedKey {
  const key = parseKmsUri(uri);
  if (key.kind !== 'hashivault') throw new Error(`No key of Vault: ${uri}`);
  const mount = key.mount ?? (environment['TRANSIT_SECRET_ENGINE_PATH']?.replace(/^\/+|\/+$/g, '') || ENGINE);
  return { ...key, mount };
}

const readCall = ({ mount, name }: MountedKey, uri: string): VaultCall => ({
  uri,
  method: 'GET',
  path: `${mount}/keys/${name}`,
  capability: 'read',
});

async function readKey(key: MountedKey, uri: string, dependencies: SignerDependencies): Promise<TransitKey> {
  const call = readCall(key, uri);
  const { type, latest_version: latest, keys } = await askVault(call, dependencies);
  if (typeof type !== 'string' || typeof latest !== 'number' || typeof keys !== 'object' || keys === null)
    throw unreadable(call, { type, latest_version: latest });
  const versions = Object.entries(keys as Record<string, { public_key?: unknown } | number>);
  const publicKeys = versions.flatMap(([number, version]) =>
    typeof version === 'object' && typeof version.public_key === 'string'
      ? [[number, version.public_key] as const]
      : [],
  );
  return { type, latest: String(latest), publicKeys: new Map(publicKeys) };
}

const unreadable = ({ uri }: VaultCall, answer: unknown): Failure =>
  new Failure('signer_answer_unreadable', { uri, program: 'Vault', words: wordsOf(JSON.stringify(answer)) });

async function signWith(
  { mount, name, version }: MountedKey,
  uri: string,
  publicKey: KeyObject,
  data: Uint8Array,
  dependencies: SignerDependencies,
): Promise<Buffer> {
  const call: VaultCall = {
    uri,
    method: 'POST',
    path: `${mount}/sign/${name}/sha2-256`,
    capability: 'update',
    body: {
      input: Buffer.from(data).toString('base64'),
      prehashed: false,
      // Its default is PSS.
      signature_algorithm: 'pkcs1v15',
      key_version: Number(version),
    },
  };
  const answer = await askVault(call, dependencies);
  const [, actual, digits] = /^[a-z]+:v(\d+):([^:]+)$/.exec(String(answer['signature'])) ?? [];
  if (actual === undefined || digits === undefined) throw unreadable(call, answer);
  if (actual !== version) throw new Failure('signer_signed_other_version', { uri, version: version ?? '', actual });
  return readSignature(Buffer.from(digits), publicKey, uri);
}

async function create(uri: string, size: KeySize, dependencies: SignerDependencies): Promise<string> {
  const key = parseVault(uri, dependencies);
  if (key.version !== undefined)
    throw new Failure('signer_uri_malformed', { uri, part: key.version, form: 'hashivault://[MOUNT/]KEY' });
  // Vault takes the making of a key that is there for done.
  if (await exists(key, uri, dependencies)) throw new Failure('signer_key_exists', { uri });
  const { path } = readCall(key, uri);
  const body = { type: `rsa-${size}`, exportable: false, allow_plaintext_backup: false };
  await askVault({ uri, method: 'POST', path, capability: 'create', body }, dependencies);
  const { latest } = await readKey(key, uri, dependencies);
  return kmsUri({ ...key, version: latest });
}

async function exists(key: MountedKey, uri: string, dependencies: SignerDependencies): Promise<boolean> {
  try {
    await askVault(readCall(key, uri), dependencies);
    return true;
  } catch (error) {
    if (isFailure(error, 'signer_key_not_found')) return false;
    throw error;
  }
}
