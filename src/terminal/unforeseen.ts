import { SfError } from '@salesforce/core';
import { Failure, isFailure } from '../failure.js';
import { withoutSecrets } from '../keys/secrets.js';
import { inLine } from './printable.js';

/** Errors of the language, which somebody's mistake throws; core wraps some of them under their own name. */
const MISTAKE = /^(Type|Range|Reference|Syntax|Eval|URI|Aggregate)Error$/;
/** A person has left a question open. */
const UNANSWERED = /^(Exit|Abort|Cancel)PromptError$/;
/** Characters of an unforeseen error that are shown. */
const EXCERPT = 300;

/**
 * The last net: an error that nobody has foreseen, as a failure. Those of this plugin, of core and of the command line
 * pass, and so does the end of a process.
 *
 * @param environment with `DEBUG` or `SF_LOG_LEVEL=debug`, the failure says where it was thrown
 */
export function foreseen(error: unknown, environment: NodeJS.ProcessEnv): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof Error && isForeseen(error)) return error;
  const reason = inLine(withoutSecrets(message)).trim().slice(0, EXCERPT);
  const words = untyped(`${name}: ${reason}`);
  if (error instanceof Error && 'errorCode' in error && typeof error.errorCode === 'string') {
    return new Failure('org_request_refused', { words: `${inLine(error.errorCode)}: ${reason}`.slice(0, EXCERPT) });
  }
  const debugs = Boolean(environment['DEBUG']) || /^(debug|trace)$/i.test(environment['SF_LOG_LEVEL'] ?? '');
  // It's no cause of the failure, or sf would take the failure for a programming error too.
  return new Failure('unexpected', { type: name, reason, words, ...(debugs && stack !== undefined ? { stack } : {}) });
}

function isForeseen(error: Error): boolean {
  if (isFailure(error) || UNANSWERED.test(error.name)) return true;
  if ('oclif' in error || ('code' in error && error.code === 'EEXIT')) return true;
  return error instanceof SfError && !MISTAKE.test(error.name);
}

/** `TypeError` → `Type error`: by that word, sf's class of commands takes an error for one that ends with exit code 10. */
function untyped(text: string): string {
  return text.replaceAll('TypeError', 'Type error');
}
