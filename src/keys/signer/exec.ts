import { Failure } from '../../failure.js';
import { LIMITS, readPublicKey, readSignature } from './answers.js';
import type { FoundKey, SignerDependencies, SignerProvider } from './provider.js';
import { runTool, toolFailure, type ToolCall } from './run-tool.js';
import { quotedWord, splitWords } from './words.js';

const FORM = 'exec:PROGRAM ARGUMENTS';

/**
 * A program of the user's own that has the key, `exec:PROGRAM ARGUMENTS`: with one more argument, `public-key`, it prints
 * the public key in PEM (SPKI); with `sign`, it reads the data on standard input and prints the signature.
 */
export const provider: SignerProvider = { open };

async function open(uri: string, dependencies: SignerDependencies): Promise<FoundKey> {
  const { platform } = dependencies;
  const [named = '', ...args] = wordsIn(uri, platform);
  const program = fromAnywhere(named, dependencies);
  const ask = async (what: string, limit: number, input?: Uint8Array): Promise<Buffer> => {
    const call: ToolCall = { program, args: [...args, what], uri, limit, install: '', ...(input && { input }) };
    const end = await runTool(call, dependencies);
    if (end.status !== 0) throw toolFailure(call, end, []);
    return end.stdout;
  };
  const publicKey = readPublicKey(await ask('public-key', LIMITS.publicKey), uri);
  return {
    publicKey,
    uri: `exec:${[program, ...args].map((word) => quotedWord(word, platform)).join(' ')}`,
    sign: async (data) => readSignature(await ask('sign', LIMITS.signature, data), publicKey, uri),
  };
}

function wordsIn(uri: string, platform: NodeJS.Platform): string[] {
  const split = splitWords(uri.slice('exec:'.length), platform);
  if ('part' in split) throw new Failure('signer_uri_malformed', { uri, part: split.part, form: FORM });
  if ((split.words[0] ?? '') === '') {
    throw new Failure('signer_uri_malformed', { uri, part: 'PROGRAM', form: FORM, variant: 'incomplete' });
  }
  return split.words;
}

/** A path that begins in the current folder would be another one tomorrow. */
function fromAnywhere(program: string, { platform, resolvePath }: SignerDependencies): string {
  return (platform === 'win32' ? /[/\\]/ : /\//).test(program) ? resolvePath(program) : program;
}
