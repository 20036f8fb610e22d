import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SignerDependencies, SignerProgramEnd, SignerProgramOptions } from '../keys/signer/provider.js';
import { environmentOfOthers, needsShell } from './program.js';

/** Milliseconds; a person who has to touch a device or to confirm gets along with it. */
const LIMIT = 60_000;

/** Bytes of standard error that are kept; there is no end to what a program may say. */
const WORDS_LIMIT = 65_536;

/** Programs that have not ended yet, and end with this process. */
const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach(endWhole));

/**
 * What a signer needs of this computer.
 *
 * @param askPin asks a person for a PIN; undefined where nobody can answer
 */
export function signerDependencies(askPin: SignerDependencies['askPin'], timeout: number = LIMIT): SignerDependencies {
  return {
    environment: process.env,
    platform: process.platform,
    resolvePath: (path) => resolve(path),
    run,
    connect: (path) => connect(path),
    fetch,
    readFile: async (path) => {
      try {
        return await readFile(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    withTemporaryFile,
    askPin,
    timeout,
  };
}

async function withTemporaryFile<T>(content: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sf-jwt-'));
  try {
    const path = join(folder, 'data');
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a program without a shell, and without a terminal, on which it could wait for an answer that nobody was asked for. It ends
 * with all that it started when its time is up, when it says too much, and with this process.
 */
function run(program: string, args: string[], options: SignerProgramOptions): Promise<SignerProgramEnd | undefined> {
  const { input = new Uint8Array(), env = {}, timeout, limit } = options;
  const shell = needsShell(program);
  const child = spawn(program, shell ? args.map((each) => `"${each.replaceAll('"', '')}"`) : args, {
    env: { ...environmentOfOthers(), ...env },
    shell,
    // A group of its own, which can be ended as one.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  running.add(child);
  return new Promise((settle, reject) => {
    const stdout = collected(limit);
    const stderr = collected(WORDS_LIMIT);
    const finish = (status: number, why: Partial<SignerProgramEnd> = {}): void => {
      clearTimeout(timer);
      running.delete(child);
      const words = stderr.bytes().toString('utf8');
      settle({ status, stdout: stdout.bytes(), stderr: words, timedOut: false, tooLong: false, ...why });
    };
    const giveUp = (why: Partial<SignerProgramEnd>): void => {
      endWhole(child);
      for (const stream of child.stdio) stream?.destroy();
      finish(1, why);
    };
    const timer = setTimeout(() => giveUp({ timedOut: true }), timeout);
    child.stdout.on('data', (chunk: Buffer) => {
      if (!stdout.add(chunk)) giveUp({ tooLong: true });
    });
    child.stderr.on('data', stderr.add);
    // One that ends without reading breaks the pipe; its exit code says what that means.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      running.delete(child);
      if (NOT_THERE.includes(error.code ?? '')) settle(undefined);
      else reject(error);
    });
    child.on('close', (code) => finish(code ?? 1));
  });
}

/** No such program, one that may not be run, one that isn't for this machine, and a script that Windows runs in a shell only */
const NOT_THERE = ['ENOENT', 'EACCES', 'ENOEXEC', 'EINVAL', 'UNKNOWN'];

/** Keeps the first bytes of a stream; `add` says whether all that came had room. */
function collected(limit: number): { add: (chunk: Buffer) => boolean; bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  let left = limit;
  return {
    add: (chunk) => {
      const kept = chunk.subarray(0, left);
      chunks.push(kept);
      left -= kept.length;
      return kept.length === chunk.length;
    },
    bytes: () => Buffer.concat(chunks),
  };
}

/** Ends a program and what it started. */
function endWhole({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/PID', String(pid), '/T', '/F'], { windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
