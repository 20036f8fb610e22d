import { Failure } from '../../failure.js';
import { wordsOf } from './answers.js';
import type { SignerDependencies, SignerProgramEnd } from './provider.js';
import { runTool, toolFailure, type ToolCall } from './run-tool.js';

/** What a tool's complaint means: the first whose pattern is found in it. */
export type Complaint = [pattern: RegExp, failure: (words: string, match: RegExpExecArray) => Failure];

/**
 * Runs the tool of a cloud.
 *
 * @returns what it printed
 * @throws Failure what its complaint means, `signer_failed` where that is unknown, and those of `runTool`
 */
export async function askTool(
  call: ToolCall,
  complaints: Complaint[],
  dependencies: SignerDependencies,
): Promise<SignerProgramEnd> {
  const end = await runTool(call, dependencies);
  if (end.status === 0) return end;
  const text = end.stderr.trim() || end.stdout.toString('utf8');
  for (const [pattern, failure] of complaints) {
    const match = pattern.exec(text);
    if (match !== null) throw failure(wordsOf(text), match);
  }
  throw toolFailure(call, end, []);
}

/**
 * The JSON object that a tool printed.
 *
 * @throws Failure `signer_answer_unreadable`
 */
export function objectOf({ stdout }: SignerProgramEnd, { uri, program }: ToolCall): Record<string, unknown> {
  const text = stdout.toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, with the other kinds of what is no object.
  }
  throw new Failure('signer_answer_unreadable', { uri, program, words: wordsOf(text) || '-' });
}

/**
 * A text that a tool's answer has to have.
 *
 * @throws Failure `signer_answer_unreadable`
 */
export function textIn(answer: Record<string, unknown>, name: string, { uri, program }: ToolCall): string {
  const value = answer[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Failure('signer_answer_unreadable', { uri, program, words: wordsOf(JSON.stringify(answer)) });
}
