import { createHash, type KeyObject } from 'node:crypto';
import { Failure, isFailure } from '../../failure.js';
import type { KeySize } from '../credential/issue.js';
import { LIMITS, readPublicKey, readSignature } from './answers.js';
import { askTool, objectOf, textIn, type Complaint } from './cloud-tool.js';
import { kmsUri, parseKmsUri, type AwsKey } from './kms-uri.js';
import type { FoundKey, SignerDependencies, SignerProvider } from './provider.js';
import type { ToolCall } from './run-tool.js';

/** AWS KMS by the `aws` CLI, version 1 or 2. */
export const provider: SignerProvider = { open, create };

const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256';

/** Bytes of a message that KMS hashes by itself; of a longer one it takes the digest. */
const LONGEST_MESSAGE = 4096;

/** Errors of KMS that pass, in the documentation of the operation `Sign`, and how often it is asked. A process is a pause. */
const PASSING = /^An error occurred \((?:KeyUnavailable|DependencyTimeout|KMSInternal|Throttling)(?:Exception)?\)/;
const ATTEMPTS = 3;

async function open(uri: string, dependencies: SignerDependencies): Promise<FoundKey> {
  const key = parseAws(uri);
  const call = callOf(key, uri, ['get-public-key', '--key-id', key.id]);
  const answer = await ask(call, dependencies);
  const publicKey = readPublicKey(Buffer.from(textIn(answer, 'PublicKey', call), 'base64'), uri);
  assertSigns(answer, uri);
  // The ARN of the key itself, whatever alias it was found by.
  const pinned = { ...key, ...idOf(textIn(answer, 'KeyId', call), key.region) };
  const pinnedUri = kmsUri(pinned);
  const sign = (data: Uint8Array): Promise<Buffer> => signWith(pinned, pinnedUri, publicKey, data, dependencies);
  return { publicKey, uri: pinnedUri, sign };
}

const idOf = (id: string, region: string | undefined): Pick<AwsKey, 'id' | 'region'> => ({
  id,
  region: /^arn:[^:]*:kms:([^:]+):/.exec(id)?.[1] ?? region,
});

function parseAws(uri: string): AwsKey {
  const key = parseKmsUri(uri);
  if (key.kind !== 'awskms') throw new Error(`No key of AWS KMS: ${uri}`);
  return key;
}

function assertSigns({ KeyUsage, KeySpec, SigningAlgorithms: algorithms }: Record<string, unknown>, uri: string): void {
  if (KeyUsage === 'SIGN_VERIFY' && (!Array.isArray(algorithms) || algorithms.includes(ALGORITHM))) return;
  throw new Failure('signer_key_unsuitable', { uri, found: `${String(KeySpec)} (${String(KeyUsage)})` });
}

async function signWith(
  key: AwsKey,
  uri: string,
  publicKey: KeyObject,
  data: Uint8Array,
  dependencies: SignerDependencies,
): Promise<Buffer> {
  const isLong = data.length > LONGEST_MESSAGE;
  const content = isLong ? createHash('sha256').update(data).digest() : data;
  return dependencies.withTemporaryFile(content, async (path) => {
    const call = callOf(key, uri, [
      ...['sign', '--key-id', key.id, '--message-type', isLong ? 'DIGEST' : 'RAW'],
      // Any other form of it is read as base64 by version 2, and as text by version 1.
      ...['--message', `fileb://${path}`, '--signing-algorithm', ALGORITHM],
    ]);
    const answer = await ask(call, dependencies);
    const signature = readSignature(Buffer.from(textIn(answer, 'Signature', call)), publicKey, uri);
    const actual = textIn(answer, 'KeyId', call);
    if (lastPart(actual) !== lastPart(key.id))
      throw new Failure('signer_signed_other_version', { uri, version: key.id, actual });
    return signature;
  });
}

const lastPart = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

async function create(uri: string, size: KeySize, dependencies: SignerDependencies): Promise<string> {
  const key = parseAws(uri);
  if (!/^alias\/(?!aws\/)/.test(key.id))
    throw new Failure('signer_uri_malformed', { uri, part: key.id, form: 'awskms:///alias/NAME' });
  if (await exists(key, uri, dependencies)) throw new Failure('signer_key_exists', { uri });
  const call = callOf(key, uri, ['create-key', '--key-spec', `RSA_${size}`, '--key-usage', 'SIGN_VERIFY']);
  const { KeyMetadata: made } = await ask(call, dependencies);
  const arn = textIn((made ?? {}) as Record<string, unknown>, 'Arn', call);
  const pinned = { ...key, ...idOf(arn, key.region) };
  const naming = ['create-alias', '--alias-name', key.id, '--target-key-id', arn];
  try {
    await ask(callOf(pinned, uri, naming), dependencies, false);
  } catch (error) {
    if (!isFailure(error)) throw error;
    const finish = commandOf(pinned, naming);
    const remove = commandOf(pinned, ['schedule-key-deletion', '--key-id', arn, '--pending-window-in-days', '7']);
    const { words } = error.data as { words?: string };
    throw new Failure(
      'signer_key_half_made',
      { uri, made: arn, finish, remove, words: words ?? '-' },
      { cause: error },
    );
  }
  return kmsUri(pinned);
}

async function exists(key: AwsKey, uri: string, dependencies: SignerDependencies): Promise<boolean> {
  try {
    await ask(callOf(key, uri, ['get-public-key', '--key-id', key.id]), dependencies);
    return true;
  } catch (error) {
    // A key of another kind has the name as well.
    if (isFailure(error, 'signer_key_unsuitable')) return true;
    if (isFailure(error, 'signer_key_not_found')) return false;
    throw error;
  }
}

const argumentsOf = ({ endpoint, region }: AwsKey, operation: string[]): string[] => [
  'kms',
  ...operation,
  ...(region === undefined ? [] : ['--region', region]),
  ...(endpoint === undefined ? [] : ['--endpoint-url', `${isLoopback(endpoint) ? 'http' : 'https'}://${endpoint}`]),
];

/** Stand-ins of KMS on the own machine speak HTTP. */
const isLoopback = (endpoint: string): boolean => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/.test(endpoint);

/** Every part is made of characters that a shell leaves alone. */
const commandOf = (key: AwsKey, operation: string[]): string => ['aws', ...argumentsOf(key, operation)].join(' ');

const callOf = (key: AwsKey, uri: string, operation: string[]): ToolCall => ({
  program: 'aws',
  args: [...argumentsOf(key, operation), '--output', 'json'],
  uri,
  env: { AWS_PAGER: '', AWS_CLI_AUTO_PROMPT: 'off' },
  limit: LIMITS.publicKey,
  install: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
});

async function ask(
  call: ToolCall,
  dependencies: SignerDependencies,
  hasAnswer = true,
): Promise<Record<string, unknown>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const end = await askTool(call, complaintsOf(call), dependencies);
      return hasAnswer ? objectOf(end, call) : {};
    } catch (error) {
      const passes = isFailure(error, 'signer_failed') && PASSING.test(error.data.words);
      if (!passes || attempt === ATTEMPTS) throw error;
    }
  }
}

/** The codes of KMS' own errors, and what the CLI says without asking KMS. */
function complaintsOf({ uri, args: [, operation = ''] }: ToolCall): Complaint[] {
  const errorOf = (...codes: string[]): RegExp => new RegExp(`An error occurred \\((?:${codes.join('|')})\\)`);
  const right = `kms:${operation.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
  const notSignedIn = (logIn: string) => (words: string) => new Failure('signer_not_signed_in', { uri, logIn, words });
  return [
    [/\bSSO\b.*(?:expired|invalid|does not exist)|Error loading SSO|aws sso login/is, notSignedIn('aws sso login')],
    [
      errorOf('AccessDenied(?:Exception)?'),
      (words) => new Failure('signer_forbidden', { uri, words, right: /\b(kms:\w+)/.exec(words)?.[1] ?? right }),
    ],
    [errorOf('NotFoundException'), (words) => new Failure('signer_key_not_found', { uri, words })],
    [
      errorOf('DisabledException', 'KMSInvalidStateException'),
      (words) => new Failure('signer_key_disabled', { uri, words }),
    ],
    // It has no public key.
    [errorOf('UnsupportedOperationException'), () => new Failure('signer_key_unsuitable', { uri, found: 'symmetric' })],
    [
      errorOf(
        'ExpiredToken(?:Exception)?',
        'UnrecognizedClientException',
        'InvalidClientTokenId',
        'InvalidSignatureException',
      ),
      notSignedIn('aws configure'),
    ],
    [/Unable to locate credentials|Partial credentials found/, notSignedIn('aws configure')],
    // An empty one makes an address of itself.
    [
      /You must specify a region|Invalid endpoint: \S+kms\.\./,
      (words) => new Failure('signer_region_missing', { uri, words }),
    ],
    [
      /Could not connect to the endpoint|[Cc]onnect timeout on endpoint|SSL validation failed|Connection was closed/,
      (words) => new Failure('signer_unreachable', { uri, words }),
    ],
  ];
}
