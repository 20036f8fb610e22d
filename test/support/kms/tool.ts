/** Programs of the clouds, as far as this plugin calls them. They are stand-ins: none of a vendor's code runs. */
import type { Fault } from './keys.js';

/** How a program is called. */
export type ToolRun = {
  args: string[];
  env: Record<string, string | undefined>;
  /** The file that an argument names */
  readFile: (path: string) => Promise<Buffer>;
};

export type ToolEnd = { status: number; stdout: Buffer | string; stderr: string };

/** A stand-in of a program. It remembers how it was called. */
export type StandInTool = {
  readonly program: string;
  readonly calls: string[][];
  fault: Fault | undefined;
  run(call: ToolRun): Promise<ToolEnd>;
};

export const ended = (stdout: Buffer | string): ToolEnd => ({ status: 0, stdout, stderr: '' });
export const failed = (status: number, stderr: string): ToolEnd => ({ status, stdout: '', stderr });

/** The words of a command before its flags, and the flags with their values; a flag that isn't known there throws. */
export function parseCall(args: string[], known: readonly string[]): { words: string[]; flags: Map<string, string> } {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < args.length; at += 1) {
    const [flag = '', joined] = args[at]!.split(/=(.*)/s);
    if (!flag.startsWith('--')) {
      words.push(args[at]!);
      continue;
    }
    if (!known.includes(flag)) throw new Error(`unknown flag ${flag}`);
    if (joined !== undefined) {
      flags.set(flag, joined);
      continue;
    }
    const values: string[] = [];
    while (at + 1 < args.length && !args[at + 1]!.startsWith('--')) values.push(args[(at += 1)]!);
    flags.set(flag, values.join(' '));
  }
  return { words, flags };
}
