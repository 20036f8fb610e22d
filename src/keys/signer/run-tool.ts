import { Failure } from '../../failure.js';
import { wordsOf } from './answers.js';
import type { SignerDependencies, SignerProgramEnd } from './provider.js';

/** A call of another's program for a key. */
export type ToolCall = {
  program: string;
  args: string[];
  /** Of the key */
  uri: string;
  input?: Uint8Array;
  env?: Record<string, string>;
  /** Bytes of standard output; see `LIMITS` */
  limit: number;
  /** Where the program can be had: an address or a package's name; empty where nobody knows. */
  install: string;
};

/**
 * Runs the tool of a keeper of keys to its end, whatever its exit code.
 *
 * @throws Failure `signer_program_missing`, `signer_timed_out`, `signer_answer_too_long`
 */
export async function runTool(call: ToolCall, { run, timeout }: SignerDependencies): Promise<SignerProgramEnd> {
  const { program, args, uri, install, limit, input, env } = call;
  const end = await run(program, args, { timeout, limit, ...(input && { input }), ...(env && { env }) });
  if (end === undefined) throw new Failure('signer_program_missing', { uri, program, install });
  if (end.timedOut) throw new Failure('signer_timed_out', { uri, seconds: timeout / 1000 });
  if (end.tooLong) throw new Failure('signer_answer_too_long', { uri, limit });
  return end;
}

/** What a tool says of a failure, and what it means; the first that fits counts. */
export type ToolFault = { says: RegExp } & (
  | { code: 'signer_key_disabled' | 'signer_key_not_found' | 'signer_declined' | 'signer_unreachable' }
  | { code: 'signer_forbidden'; right: string }
  | { code: 'signer_not_signed_in'; logIn: string }
);

/** Why a tool failed: `signer_failed` where none of the faults is its own. */
export function toolFailure(
  { program, uri }: Pick<ToolCall, 'program' | 'uri'>,
  end: SignerProgramEnd,
  faults: ToolFault[],
): Failure {
  const said = end.stderr.trim() || end.stdout.toString('utf8');
  const words = wordsOf(said) || '-';
  const fault = faults.find(({ says }) => says.test(said));
  if (fault === undefined) return new Failure('signer_failed', { uri, program, status: end.status, words });
  if ('right' in fault) return new Failure(fault.code, { uri, right: fault.right, words });
  if ('logIn' in fault) return new Failure(fault.code, { uri, logIn: fault.logIn, words });
  return new Failure(fault.code, { uri, words });
}
