import { spawn } from 'node:child_process';

/** How a program ended: its exit code, 1 where a signal ended it, and what it wrote. */
export type ProgramEnd = { status: number; stdout: string; stderr: string };

export type ProgramOptions = {
  /** Standard input; empty unless it is given. */
  input?: string;
  /** Variables besides those of this process; undefined takes one out. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Milliseconds until it is ended */
  timeout?: number;
};

/** Runs another program to its end. Undefined: there is none of that name on this machine. */
export type RunProgram = (name: string, args: string[], options?: ProgramOptions) => Promise<ProgramEnd | undefined>;

/** Milliseconds; a tool that asks a server over a bad line still ends well within this. */
const LIMIT = 120_000;

/** Keys and passphrases for this plugin are no other program's. */
const OURS = /^SF_JWT_/;

/** Tools that Windows knows only as a script of its shell. */
const SCRIPTS_ON_WINDOWS = ['az', 'gcloud'];

/** Whether a program is a script that this system runs in a shell only. */
export const needsShell = (name: string): boolean => process.platform === 'win32' && SCRIPTS_ON_WINDOWS.includes(name);

/** The variables of this process that other programs get. */
export function environmentOfOthers(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([variable]) => !OURS.test(variable)));
}

/**
 * Runs a program without a shell, so that no argument is read as anything else. What it is told in secret goes through its
 * standard input or its environment, where other users of the machine can't see it.
 */
export const runProgram: RunProgram = (name, args, { input = '', env = {}, cwd, timeout = LIMIT } = {}) =>
  new Promise((resolve, reject) => {
    const shell = needsShell(name);
    const words = shell ? args.map((each) => `"${each.replaceAll('"', '')}"`) : args;
    const child = spawn(name, words, {
      cwd,
      env: { ...environmentOfOthers(), ...env },
      shell,
      timeout,
      windowsHide: true,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // One that ends without reading breaks the pipe; its exit code says what that means.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    child.on('close', (code) => {
      resolve({ status: code ?? 1, stdout: textOf(stdout), stderr: textOf(stderr) });
    });
  });

const textOf = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8');
