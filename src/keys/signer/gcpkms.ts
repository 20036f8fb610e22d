import type { KeyObject } from 'node:crypto';
import { Failure, isFailure } from '../../failure.js';
import type { KeySize } from '../credential/issue.js';
import { LIMITS, readPublicKey, readSignature } from './answers.js';
import { askTool, objectOf, type Complaint } from './cloud-tool.js';
import { googleName, kmsUri, parseKmsUri, type GoogleKey } from './kms-uri.js';
import type { FoundKey, SignerDependencies, SignerProvider } from './provider.js';
import type { ToolCall } from './run-tool.js';

/** Google Cloud KMS by the `gcloud` CLI. */
export const provider: SignerProvider = { open, create };

/** How often a key that was made a moment ago is asked for its state. */
const LOOKS = 5;

async function open(uri: string, dependencies: SignerDependencies): Promise<FoundKey> {
  const key = parseGoogle(uri);
  if (key.version === undefined) {
    const { ring, location, project, name } = key;
    throw new Failure('signer_version_missing', { uri, ring, location, project, name });
  }
  const pinned = kmsUri(key);
  const call = callOf(uri, ['keys', 'versions', 'get-public-key', googleName(key)]);
  const { stdout } = await askTool(call, complaintsOf(call), dependencies);
  const publicKey = readPublicKey(stdout, uri);
  const sign = (data: Uint8Array): Promise<Buffer> => signWith(key, pinned, publicKey, data, dependencies);
  return { publicKey, uri: pinned, version: key.version, sign };
}

function parseGoogle(uri: string): GoogleKey {
  const key = parseKmsUri(uri);
  if (key.kind !== 'gcpkms') throw new Error(`No key of Google Cloud KMS: ${uri}`);
  return key;
}

async function signWith(
  key: GoogleKey,
  uri: string,
  publicKey: KeyObject,
  data: Uint8Array,
  dependencies: SignerDependencies,
): Promise<Buffer> {
  return dependencies.withTemporaryFile(data, async (path) => {
    const call = callOf(uri, [
      ...['asymmetric-sign', '--version', googleName(key), '--digest-algorithm', 'sha256'],
      ...['--input-file', path, '--signature-file', '-'],
    ]);
    const { stdout } = await askTool(call, complaintsOf(call), dependencies);
    return readSignature(stdout, publicKey, uri);
  });
}

async function create(uri: string, size: KeySize, dependencies: SignerDependencies): Promise<string> {
  const key = parseGoogle(uri);
  const { project, location, ring, name, version } = key;
  const form = 'gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY';
  if (version !== undefined) throw new Failure('signer_uri_malformed', { uri, part: version, form });
  const place = ['--location', location, '--project', project];
  const call = callOf(uri, [
    ...['keys', 'create', name, '--keyring', ring, ...place, '--purpose', 'asymmetric-signing'],
    ...['--default-algorithm', `rsa-sign-pkcs1-${size}-sha256`],
  ]);
  const ask = (one: ToolCall): Promise<unknown> => askTool(one, complaintsOf(one), dependencies);
  try {
    await ask(call);
  } catch (error) {
    if (!isFailure(error, 'signer_key_not_found')) throw error;
    await ask(callOf(uri, ['keyrings', 'create', ring, ...place]));
    await ask(call).catch((second: unknown) => {
      throw isFailure(second) ? ringAlone(key, uri, call, second) : second;
    });
  }
  const made = { ...key, version: '1' };
  await generated(made, uri, dependencies);
  return kmsUri(made);
}

/** The key ring was made, and the key wasn't. Google deletes no key ring. */
function ringAlone({ project, location, ring }: GoogleKey, uri: string, { args }: ToolCall, cause: Failure): Failure {
  const made = `projects/${project}/locations/${location}/keyRings/${ring}`;
  const { words } = cause.data as { words?: string };
  const finish = ['gcloud', ...args].join(' ');
  return new Failure('signer_key_half_made', { uri, made, finish, remove: '', words: words ?? '-' }, { cause });
}

/** Waits until the version can sign: the service makes an RSA key in the background. What else it says, `open` tells. */
async function generated(key: GoogleKey, uri: string, dependencies: SignerDependencies): Promise<void> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const call = callOf(uri, ['keys', 'versions', 'describe', googleName(key), '--format', 'json']);
    const { state } = objectOf(await askTool(call, complaintsOf(call), dependencies), call);
    if (state !== 'PENDING_GENERATION') return;
  }
}

const callOf = (uri: string, args: string[]): ToolCall => ({
  program: 'gcloud',
  args: ['kms', ...args],
  uri,
  env: { CLOUDSDK_CORE_DISABLE_PROMPTS: '1' },
  limit: LIMITS.publicKey,
  install: 'https://cloud.google.com/sdk/docs/install',
});

/** What the service says by its status, and what the CLI says before it asks. */
function complaintsOf({ uri, args }: ToolCall): Complaint[] {
  const permission: Record<string, string> = {
    'asymmetric-sign': 'cloudkms.cryptoKeyVersions.useToSign',
    'keys': args[2] === 'create' ? 'cloudkms.cryptoKeys.create' : 'cloudkms.cryptoKeyVersions.viewPublicKey',
    'keyrings': 'cloudkms.keyRings.create',
  };
  return [
    [
      /do not currently have an active account|UNAUTHENTICATED|refreshing your current auth tokens|Reauthentication/i,
      (words) => new Failure('signer_not_signed_in', { uri, logIn: 'gcloud auth login', words }),
    ],
    [
      /PERMISSION_DENIED: Permission '([^']+)'/,
      (words, [, right = '']) => new Failure('signer_forbidden', { uri, right, words }),
    ],
    // The service isn't switched on in the project; no right would help.
    [
      /PERMISSION_DENIED(?!.*has not been used)/,
      (words) => new Failure('signer_forbidden', { uri, right: permission[args[1] ?? ''] ?? '', words }),
    ],
    [/NOT_FOUND/, (words) => new Failure('signer_key_not_found', { uri, words })],
    [/ALREADY_EXISTS/, () => new Failure('signer_key_exists', { uri })],
    [
      /FAILED_PRECONDITION.*(?:not enabled|DISABLED|DESTROY)/is,
      (words) => new Failure('signer_key_disabled', { uri, words }),
    ],
    [
      /gcloud crashed \((?:Connection|Transport|Max|ServerNotFound|Timeout)|UNAVAILABLE|Failed to establish a new connection|Unable to find the server/,
      (words) => new Failure('signer_unreachable', { uri, words }),
    ],
  ];
}
