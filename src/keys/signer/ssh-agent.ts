import { Failure, isFailure } from '../../failure.js';
import {
  identitiesIn,
  identitiesRequest,
  messageIn,
  rsaKeyIn,
  signatureIn,
  signRequest,
  StrangeMessage,
  type Identity,
} from './agent-messages.js';
import { wordsOf } from './answers.js';
import type { FoundKey, SignerDependencies, SignerProvider } from './provider.js';
import { sizeOf } from './verified.js';

const SCHEME = 'ssh-agent:';
const FORM = 'ssh-agent:SHA256:FINGERPRINT';
/** Where OpenSSH for Windows listens */
const WINDOWS_PIPE = '\\\\.\\pipe\\openssh-ssh-agent';

/** How the algorithms of RSA signatures are called in SSH (RFC 8332), and what they hash with. */
const HASHES: Record<string, string> = { 'ssh-rsa': 'SHA-1', 'rsa-sha2-512': 'SHA-512' };

/**
 * A key in an ssh-agent, by its fingerprint or its comment: `ssh-agent:SHA256:…`, `ssh-agent:ci@laptop`. `rsa-sha2-256` of SSH
 * is RS256.
 */
export const provider: SignerProvider = { open };

async function open(uri: string, dependencies: SignerDependencies): Promise<FoundKey> {
  const name = uri.slice(SCHEME.length);
  if (name === '')
    throw new Failure('signer_uri_malformed', { uri, part: 'FINGERPRINT', form: FORM, variant: 'incomplete' });
  const agent: Agent = { uri, path: pathOf(uri, dependencies), dependencies };
  const identities = await ask(agent, identitiesRequest(), identitiesIn);
  const { blob, fingerprint } = identityOf(name, identities, uri);
  const pinned = `${SCHEME}${fingerprint}`;
  const publicKey = reading(agent, () => rsaKeyIn(blob));
  return {
    publicKey,
    uri: pinned,
    sign: (data) => signWith({ ...agent, uri: pinned }, blob, data, sizeOf(publicKey)),
    otherKeys: () =>
      Promise.resolve(
        identities
          .filter(({ type }) => type === 'ssh-rsa')
          .map((other) => ({
            version: `${SCHEME}${other.fingerprint}`,
            publicKey: reading(agent, () => rsaKeyIn(other.blob)),
          })),
      ),
  };
}

type Agent = { uri: string; path: string; dependencies: SignerDependencies };

function pathOf(uri: string, { environment, platform }: SignerDependencies): string {
  const path = environment['SSH_AUTH_SOCK'] ?? '';
  if (path !== '') return path;
  if (platform === 'win32') return WINDOWS_PIPE;
  throw new Failure('signer_agent_missing', { uri });
}

/** The one RSA key of that fingerprint or comment. */
function identityOf(name: string, identities: Identity[], uri: string): Identity {
  const fingerprint = name.replace(/=+$/, '');
  const named = identities.filter((each) => each.fingerprint === fingerprint || each.comment === name);
  const [first] = named;
  if (first === undefined) throw new Failure('signer_key_not_in_agent', { uri, keys: listed(identities) || '-' });
  // A key and its certificate have one comment.
  const [only, second] = named.filter(({ type }) => type === 'ssh-rsa');
  if (only === undefined) throw new Failure('signer_key_unsuitable', { uri, found: first.type });
  if (second !== undefined) throw new Failure('signer_key_ambiguous', { uri, candidates: listed(named) });
  return only;
}

const listed = (identities: Identity[]): string =>
  identities
    .map(({ fingerprint, comment, type }) => `${SCHEME}${fingerprint} (${type}, ${wordsOf(comment)})`)
    .join(', ');

async function signWith(agent: Agent, blob: Buffer, data: Uint8Array, size: number): Promise<Buffer> {
  const { uri } = agent;
  const answer = await ask(agent, signRequest(blob, data), signatureIn);
  if (answer === undefined) throw new Failure('signer_declined', { uri, words: '-', variant: 'silent' });
  const { algorithm, signature } = answer;
  if (algorithm !== 'rsa-sha2-256') {
    throw new Failure('signer_signed_with_other_hash', { uri, hash: HASHES[algorithm] ?? wordsOf(algorithm) });
  }
  // Some agents leave out the zeros before a small number.
  return signature.length >= size ? signature : Buffer.concat([Buffer.alloc(size - signature.length), signature]);
}

async function ask<Answer>(agent: Agent, request: Buffer, read: (message: Buffer) => Answer): Promise<Answer> {
  const message = await exchange(agent, request);
  return reading(agent, () => read(message));
}

function reading<Answer>({ uri, path }: Agent, read: () => Answer): Answer {
  try {
    return read();
  } catch (error) {
    if (error instanceof StrangeMessage) throw new Failure('signer_agent_strange', { uri, path }, { cause: error });
    throw error;
  }
}

/** Sends one request over a connection of its own. */
async function exchange(agent: Agent, request: Buffer): Promise<Buffer> {
  const { uri, path, dependencies } = agent;
  const socket = dependencies.connect(path);
  const timer = setTimeout(() => {
    socket.destroy(new Failure('signer_timed_out', { uri, seconds: dependencies.timeout / 1000 }));
  }, dependencies.timeout);
  // The loop below throws it.
  socket.on('error', () => undefined);
  try {
    socket.write(request);
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      const message = reading(agent, () => messageIn(received));
      if (message !== undefined) return message;
    }
    throw new Failure('signer_agent_strange', { uri, path });
  } catch (error) {
    if (isFailure(error)) throw error;
    throw new Failure('signer_unreachable', { uri, words: wordsOf(String(error)) }, { cause: error });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
