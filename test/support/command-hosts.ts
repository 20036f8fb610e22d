/** Processes that have the plugin's modules loaded and run one command after the other; see `command-host.ts`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export type HostedCommand = { runJs: string; args: string[]; env: Record<string, string>; cwd: string; input: Buffer };

export type Ended = { status: number; stdout: Buffer; stderr: Buffer };

/** In a host of `short` pauses a command that waits doesn't; see `fast-clock.cjs`. */
export type Pauses = 'real' | 'short';

const HOST = join(import.meta.dirname, 'command-host.ts');

/** Hosts that wait for work. Commands that run at the same time have one each, and few are kept after that. */
const idle: Record<Pauses, ChildProcess[]> = { real: [], short: [] };
const KEPT: Record<Pauses, number> = { real: 2, short: 8 };

/** Milliseconds until a host is killed whose command doesn't end, where nothing waits. */
const LONGEST = 60_000;

const FAST_CLOCK = join(import.meta.dirname, 'fast-clock.cjs');

/** Runs a command in a host that is free, or in a new one. */
export async function runHosted(command: HostedCommand, pauses: Pauses = 'real'): Promise<Ended> {
  const host = idle[pauses].pop() ?? startHost(command.env, pauses);
  hold(host, true);
  const timer = pauses === 'short' ? setTimeout(() => host.kill('SIGKILL'), LONGEST) : undefined;
  try {
    const ended = await answerOf(host, command);
    if (idle[pauses].length < KEPT[pauses]) idle[pauses].push(host);
    else host.disconnect();
    return ended;
  } catch (error) {
    host.kill();
    throw error;
  } finally {
    clearTimeout(timer);
    hold(host, false);
  }
}

/** Ends the hosts that wait for work. */
export async function endHosts(pauses: Pauses): Promise<void> {
  const ended = idle[pauses].splice(0).map(async (host) => {
    hold(host, true);
    const exit = new Promise((resolve) => host.once('exit', resolve));
    host.disconnect();
    await exit;
  });
  await Promise.all(ended);
}

function startHost(env: Record<string, string>, pauses: Pauses): ChildProcess {
  const preload = pauses === 'short' ? ['--require', FAST_CLOCK] : [];
  const execArgv = [...preload, '--disable-warning=ExperimentalWarning', HOST];
  return spawn(process.execPath, execArgv, {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
}

/** A host that waits keeps no test process from ending, and ends with it. */
function hold(host: ChildProcess, isBusy: boolean): void {
  for (const handle of [host, host.channel]) {
    if (isBusy) handle?.ref();
    else handle?.unref();
  }
}

async function answerOf(host: ChildProcess, command: HostedCommand): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      host.off('message', onMessage).off('exit', onExit);
    };
    const onMessage = (ended: Ended): void => {
      settle();
      resolve({ status: ended.status, stdout: Buffer.from(ended.stdout), stderr: Buffer.from(ended.stderr) });
    };
    const onExit = (code: number | null, signal: string | null): void => {
      settle();
      reject(new Error(`The host of sf ${command.args.join(' ')} ended: ${code ?? signal}`));
    };
    host.on('message', onMessage).on('exit', onExit);
    host.send(command);
  });
}
