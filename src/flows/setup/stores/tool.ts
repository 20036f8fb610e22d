import { Failure } from '../../../failure.js';
import type { ProgramEnd, ProgramOptions, RunProgram } from '../../../machine/program.js';

/** How a CI's own tool is called, and how one logs in with it. */
export type Tool = {
  name: string;
  /** The program, where that isn't the name */
  program?: string;
  /** The command that logs in, to paste */
  logIn: string;
  /** Where it's had from */
  url: string;
  /** What it says or ends with where nobody is logged in */
  isLoggedOut: (end: ProgramEnd) => boolean;
  /** What its program says where a part of the tool isn't there */
  isIncomplete?: (end: ProgramEnd) => boolean;
};

/**
 * Runs a tool, and makes a failure of whatever it refuses.
 *
 * @throws Failure `ci_tool_missing`, `ci_tool_not_logged_in`, `ci_tool_refused`
 */
export async function runTool(
  run: RunProgram,
  tool: Tool,
  args: string[],
  options: ProgramOptions = {},
): Promise<string> {
  const end = await run(tool.program ?? tool.name, args, options);
  const { name, logIn, url } = tool;
  if (end === undefined || (end.status !== 0 && tool.isIncomplete?.(end) === true))
    throw new Failure('ci_tool_missing', { tool: name, url, logIn });
  if (end.status === 0) return end.stdout;
  const words = wordsOf(end);
  if (tool.isLoggedOut(end)) throw new Failure('ci_tool_not_logged_in', { tool: name, logIn, words });
  throw new Failure('ci_tool_refused', { tool: name, command: args.slice(0, 3).join(' '), words });
}

/** The last lines of what it said against it. */
function wordsOf({ stderr, stdout, status }: ProgramEnd): string {
  const text = stderr.trim() || stdout.trim();
  return text === '' ? `exit code ${status}` : text.split(/\r?\n/).slice(-5).join(' ').slice(0, 500);
}

/** What a tool answers in JSON; undefined where it answers nothing. @throws Failure `ci_tool_refused` */
export function jsonOf(tool: Tool, command: string, text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('ci_tool_refused', { tool: tool.name, command, words: text.trim().slice(0, 200) });
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects of a list; none where it is no list. */
export const recordsOf = (value: unknown): Array<Record<string, unknown>> =>
  Array.isArray(value) ? value.filter(isRecord) : [];

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
