/**
 * A process that runs commands of the built plugin one after the other, so that each costs what it does and not what loading its modules
 * does. Started by `command-hosts.ts`; Node.js runs this file as it stands, so it imports nothing of ours.
 *
 * A command begins as in a process of its own: its arguments, environment, folder and standard input, and with nothing that
 * an earlier one left in a library. It ends when it has done its work or calls `process.exit`.
 */
import { globalAgent } from 'node:http';
import { Readable } from 'node:stream';
import { createRequire } from 'node:module';
import type { execute as Execute } from '@oclif/core';
import type * as Core from '@salesforce/core';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';

type Job = { runJs: string; args: string[]; env: Record<string, string>; cwd: string; input: Uint8Array };

/** The libraries as the built plugin has them, which aren't those of `node_modules`. */
const require = createRequire(import.meta.url);
const { execute } = require('../../lib/libraries/oclif.cjs') as { execute: typeof Execute };
const { ConfigAggregator, Global, SfProject, StateAggregator } = require('../../lib/libraries/core.cjs') as typeof Core;

type Ended = { status: number; stdout: Uint8Array; stderr: Uint8Array };

/** What `process.exit` throws here, so that nothing after it runs. */
class Exit extends Error {}

type Captured = { take: () => Buffer; stop: () => void; isClosed: boolean };

function capture(stream: NodeJS.WriteStream): Captured {
  const chunks: Buffer[] = [];
  const write = stream.write.bind(stream);
  const captured: Captured = {
    isClosed: false,
    take: () => Buffer.concat(chunks),
    stop: () => {
      stream.write = write;
      // oclif waits for this one, and here nobody drains anything.
      stream.removeAllListeners('drain');
    },
  };
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    if (!captured.isClosed) chunks.push(Buffer.from(chunk as string, encodingOf(rest)));
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  return captured;
}

const encodingOf = ([first]: unknown[]): BufferEncoding =>
  typeof first === 'string' ? (first as BufferEncoding) : 'utf8';

function begin({ runJs, args, env, cwd, input }: Job): void {
  process.argv = [process.execPath, runJs, ...args];
  for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = undefined;
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    value: Readable.from(input.length === 0 ? [] : [Buffer.from(input)]),
  });
}

/** Connections that wait for the next request of a process. */
async function disconnect(): Promise<void> {
  globalAgent.destroy();
  const agent = getGlobalDispatcher();
  setGlobalDispatcher(new Agent());
  await agent.destroy();
}

/** What libraries keep for the length of a process. */
async function forget(): Promise<void> {
  StateAggregator.clearInstance(Global.DIR);
  await ConfigAggregator.clearInstance();
  SfProject.clearInstances();
  const globals = globalThis as { salesforceCoreLifecycle?: unknown; oclif?: { stdinCache?: unknown }; ux?: unknown };
  delete globals.salesforceCoreLifecycle;
  delete globals.oclif?.stdinCache;
  delete globals.ux;
  (globalThis as { forgetPauses?: () => void }).forgetPauses?.();
}

const signals = [
  'SIGINT',
  'SIGTERM',
  'SIGBREAK',
  'SIGHUP',
  'exit',
  'beforeExit',
  'warning',
  'uncaughtException',
  'unhandledRejection',
];

async function runJob(job: Job): Promise<Ended> {
  const before = new Map(signals.map((name) => [name, process.rawListeners(name)]));
  const exit = process.exit.bind(process);
  begin(job);
  const [out, err] = [capture(process.stdout), capture(process.stderr)];
  try {
    const status = await new Promise<number>((resolve, reject) => {
      let ended = false;
      process.exit = (code): never => {
        if (!ended) resolve(Number(code ?? process.exitCode ?? 0));
        ended = true;
        // What a command prints after its end is printed nowhere.
        out.isClosed = err.isClosed = true;
        throw new Exit();
      };
      execute({ dir: `file://${job.runJs}` }).then(
        () => resolve(Number(process.exitCode ?? 0)),
        (error: unknown) => (error instanceof Exit ? undefined : reject(error as Error)),
      );
    });
    return { status, stdout: out.take(), stderr: err.take() };
  } finally {
    out.stop();
    err.stop();
    process.exit = exit;
    for (const [name, listeners] of before) {
      for (const listener of process.rawListeners(name)) {
        if (!listeners.includes(listener)) process.removeListener(name, listener as () => void);
      }
    }
    await disconnect();
    await forget();
    process.exitCode = undefined;
  }
}

process.on('disconnect', () => process.exit());
process.on('message', (job: Job) => {
  void runJob(job).then((ended) => process.send?.(ended));
});
