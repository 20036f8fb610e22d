import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { Failure, isFailure } from '../../failure.js';
import type { KeySize } from '../credential/issue.js';
import { LIMITS, readSignature } from './answers.js';
import { askTool, objectOf, textIn, type Complaint } from './cloud-tool.js';
import { kmsUri, parseKmsUri, type AzureKey } from './kms-uri.js';
import type { FoundKey, SignerDependencies, SignerProvider } from './provider.js';
import { runTool, type ToolCall } from './run-tool.js';

/** Azure Key Vault by the `az` CLI. */
export const provider: SignerProvider = { open, create };

/** Since this one, `--digest` takes base64; `key sign` came with 2.51.0. */
const LEAST = '2.68.0';

async function open(uri: string, dependencies: SignerDependencies): Promise<FoundKey> {
  const key = parseAzure(uri);
  const call = callOf(uri, ['keyvault', 'key', 'show', '--id', addressOf(key)]);
  const { publicKey, kid } = await shownKey(call, dependencies);
  const pinned = { ...key, ...partsOf(kid, call) };
  const pinnedUri = kmsUri(pinned);
  const sign = (data: Uint8Array): Promise<Buffer> => signWith(pinned, pinnedUri, publicKey, data, dependencies);
  return { publicKey, uri: pinnedUri, version: pinned.version, sign };
}

function parseAzure(uri: string): AzureKey {
  const key = parseKmsUri(uri);
  if (key.kind !== 'azurekms') throw new Error(`No key of Azure Key Vault: ${uri}`);
  return key;
}

const addressOf = ({ host, name, version }: AzureKey): string =>
  `https://${host}/keys/${name}${version === undefined ? '' : `/${version}`}`;

/** The key as the vault describes it: a JSON Web Key (RFC 7517) whose numbers the CLI writes in standard base64. */
async function shownKey(
  call: ToolCall,
  dependencies: SignerDependencies,
): Promise<{ publicKey: KeyObject; kid: string }> {
  const { uri } = call;
  const answer = objectOf(await askTool(call, complaintsOf(call), dependencies), call);
  const key = (answer['key'] ?? {}) as Record<string, unknown>;
  const kid = textIn(key, 'kid', call);
  const kty = textIn(key, 'kty', call);
  if (!/^RSA(-HSM)?$/.test(kty)) {
    const curve = typeof key['crv'] === 'string' ? ` ${key['crv']}` : '';
    throw new Failure('signer_key_unsuitable', { uri, found: `${kty}${curve}` });
  }
  const { enabled } = (answer['attributes'] ?? {}) as { enabled?: unknown };
  if (enabled === false) throw new Failure('signer_key_disabled', { uri, words: `"enabled": false (${kid})` });
  const operations = key['keyOps'] ?? key['key_ops'];
  if (Array.isArray(operations) && !operations.includes('sign'))
    throw new Failure('signer_key_unsuitable', { uri, found: `RSA (${operations.join(', ') || '-'})` });
  const jwk = { kty: 'RSA', n: textIn(key, 'n', call), e: textIn(key, 'e', call) };
  try {
    return { publicKey: createPublicKey({ format: 'jwk', key: jwk }), kid };
  } catch (error) {
    throw new Failure('signer_public_key_malformed', { uri, bytes: jwk.n.length }, { cause: error });
  }
}

/** The version in a key's identifier, `https://VAULT/keys/NAME/VERSION`. */
function partsOf(kid: string, { uri, program }: ToolCall): { version: string } {
  const [, version] = /^https:\/\/[^/]+\/keys\/[^/]+\/(\w+)$/.exec(kid) ?? [];
  if (version === undefined) throw new Failure('signer_answer_unreadable', { uri, program, words: kid });
  return { version };
}

async function signWith(
  key: AzureKey,
  uri: string,
  publicKey: KeyObject,
  data: Uint8Array,
  dependencies: SignerDependencies,
): Promise<Buffer> {
  // Standard base64: of base64url the CLI drops two letters without a word.
  const digest = createHash('sha256').update(data).digest('base64');
  const operation = ['keyvault', 'key', 'sign', '--id', addressOf(key), '--algorithm', 'RS256', '--digest', digest];
  const call = callOf(uri, operation);
  try {
    const answer = objectOf(await askTool(call, complaintsOf(call), dependencies), call);
    const signature = readSignature(Buffer.from(textIn(answer, 'signature', call)), publicKey, uri);
    const actual = answer['keyId'] ?? answer['kid'];
    if (typeof actual === 'string' && actual !== addressOf(key))
      throw new Failure('signer_signed_other_version', { uri, version: key.version ?? '', actual });
    if (!verify('sha256', data, publicKey, signature)) await assertNewEnough(uri, dependencies);
    return signature;
  } catch (error) {
    // An old one doesn't know the command, or takes the digest for something else.
    if (isFailure(error, 'signer_failed')) await assertNewEnough(uri, dependencies);
    throw error;
  }
}

async function assertNewEnough(uri: string, dependencies: SignerDependencies): Promise<void> {
  const call = callOf(uri, ['version']);
  const end = await runTool(call, dependencies);
  const version = end.status === 0 ? objectOf(end, call)['azure-cli'] : undefined;
  if (typeof version === 'string' && isOlder(version))
    throw new Failure('signer_program_outdated', { uri, program: 'az', version, least: LEAST, update: 'az upgrade' });
}

function isOlder(version: string): boolean {
  const [numbers = [], least = []] = [version, LEAST].map((each) =>
    each.split('.').map((part) => Number.parseInt(part)),
  );
  const at = least.findIndex((number, index) => number !== numbers[index]);
  return at >= 0 && (numbers[at] ?? 0) < least[at]!;
}

async function create(uri: string, size: KeySize, dependencies: SignerDependencies): Promise<string> {
  const key = parseAzure(uri);
  const [vault = '', domain = ''] = key.host.split(/\.(.*)/);
  if (key.version !== undefined)
    throw new Failure('signer_uri_malformed', { uri, part: key.version, form: 'azurekms://VAULT.vault.azure.net/KEY' });
  // A key that is there would get a new version without a word.
  if (await exists(key, uri, dependencies)) throw new Failure('signer_key_exists', { uri });
  const isHsm = domain.startsWith('managedhsm.');
  const call = callOf(uri, [
    ...['keyvault', 'key', 'create', isHsm ? '--hsm-name' : '--vault-name', vault, '--name', key.name],
    ...['--kty', isHsm ? 'RSA-HSM' : 'RSA', '--size', String(size), '--ops', 'sign', 'verify'],
  ]);
  const { kid } = await shownKey(call, dependencies);
  return kmsUri({ ...key, ...partsOf(kid, call) });
}

async function exists(key: AzureKey, uri: string, dependencies: SignerDependencies): Promise<boolean> {
  const call = callOf(uri, ['keyvault', 'key', 'show', '--id', addressOf(key)]);
  try {
    await askTool(call, complaintsOf(call), dependencies);
    return true;
  } catch (error) {
    if (isFailure(error, 'signer_key_not_found')) return false;
    throw error;
  }
}

const callOf = (uri: string, args: string[]): ToolCall => ({
  program: 'az',
  args: [...args, '--output', 'json', '--only-show-errors'],
  uri,
  limit: LIMITS.publicKey,
  install: 'https://learn.microsoft.com/cli/azure/install-azure-cli',
});

/** What the vault says, by its code in parentheses, and what the CLI says before it asks. */
function complaintsOf({ uri, args }: ToolCall): Complaint[] {
  const operation = args[2] ?? '';
  const rights: Record<string, string> = { show: 'read', sign: 'sign/action', create: 'create/action' };
  const right = `Microsoft.KeyVault/vaults/keys/${rights[operation]}`;
  return [
    [/az login|AADSTS\d+/, (words) => new Failure('signer_not_signed_in', { uri, logIn: 'az login', words })],
    [
      /not allowed on (?:a|an) (?:disabled|expired|not yet valid)|KeyDisabled/i,
      (words) => new Failure('signer_key_disabled', { uri, words }),
    ],
    [
      /\(Forbidden\) (?:Client address is not authorized|Public network access is disabled)/,
      (words) => new Failure('signer_unreachable', { uri, words }),
    ],
    [
      /\(Forbidden\)(?:[^]*?Action: '([^']+)')?/,
      (words, [, action]) => new Failure('signer_forbidden', { uri, right: action ?? right, words }),
    ],
    [/\(KeyNotFound\)/, (words) => new Failure('signer_key_not_found', { uri, words })],
    [
      /Max retries exceeded|Failed to (?:resolve|establish)|Name or service not known|getaddrinfo failed|Connection (?:refused|aborted|reset)/i,
      (words) => new Failure('signer_unreachable', { uri, words }),
    ],
  ];
}
