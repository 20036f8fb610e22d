import { spawnSync } from 'node:child_process';
import type { ProgramEnd } from './program.js';

/** Runs another program to its end while everything else stands still. Undefined: there is none of that name on this machine. */
export type RunProgramNow = (name: string, args: string[]) => ProgramEnd | undefined;

/** Milliseconds; what it is for, programs of the system, end at once. */
const LIMIT = 30_000;

/** As `runProgram`, without a shell, for what has to be done before anything else is, as while a file is written. */
export const runProgramNow: RunProgramNow = (name, args) => {
  const { SystemRoot = '', windir = SystemRoot } = process.env;
  const { status, stdout, stderr, error } = spawnSync(name, args, {
    // What the system's own programs need to start.
    env: { SystemRoot, windir },
    timeout: LIMIT,
    windowsHide: true,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'EACCES' ? undefined : { status: status ?? 1, stdout, stderr };
};
