/** Runs the built command-line interface as a process, with a home folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHosted, type Pauses } from './command-hosts.js';

const ROOT = join(import.meta.dirname, '..', '..');
export const RUN_JS = join(ROOT, 'bin', 'run.js');

export type RunOptions = {
  home: string;
  env?: Record<string, string>;
  /** Standard input; empty unless it is given. */
  input?: string | Buffer;
  cwd?: string;
  /** In a process of its own, for what only that shows. */
  ownProcess?: boolean;
  /** In a process that has its modules loaded already, even where every command has one of its own. */
  sharedProcess?: boolean;
  /** A flag whose file is a pipe of bash, `--flag <(command)`, and the text that comes through it. */
  pipe?: { flag: string; text: string };
};

export const hasBash = process.platform !== 'win32' && spawnSync('bash', ['--version']).status === 0;

export type RunResult = {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Standard output as JSON, when it is that. */
  json: unknown;
};

/** An environment in which neither the machine's own sf nor the network plays a part. */
export function environment({ home, env }: Pick<RunOptions, 'home' | 'env'>): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    USERPROFILE: home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    SF_DISABLE_TELEMETRY: 'true',
    SF_AUTOUPDATE_DISABLE: 'true',
    SF_SKIP_NEW_VERSION_CHECK: 'true',
    SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
    SF_DISABLE_DNS_CHECK: 'true',
    // Loading its modules is most of what a command does here, and each test starts it anew.
    NODE_COMPILE_CACHE: join(tmpdir(), 'sf-plugin-jwt-compiled'),
    ...env,
  };
}

/** What a command may be told by its environment without starting anew: all else is read when modules are loaded. */
const READ_WHEN_USED = /^(HOME|USERPROFILE|SF_JWT_\w+|SF_TARGET_ORG|SF_AUDIENCE_URL)$/;

const EACH_ITS_OWN = process.env['TEST_PROCESSES'] === 'each';

function needsProcess({ env = {}, pipe, ownProcess = false, sharedProcess = false }: RunOptions): boolean {
  if (sharedProcess) return false;
  return (
    EACH_ITS_OWN || ownProcess || pipe !== undefined || !Object.keys(env).every((name) => READ_WHEN_USED.test(name))
  );
}

/**
 * Runs `sf ARGS` in a process that has its modules loaded already, even where every command has one of its own. Of the
 * environment, only what is read when it's used counts.
 */
export async function runShared(args: string[], options: RunOptions, pauses: Pauses = 'real'): Promise<RunResult> {
  const { home, cwd = home, input = '' } = options;
  const env = { ...environment(options), SF_DISABLE_LOG_FILE: 'true' };
  const ended = await runHosted({ runJs: RUN_JS, args, env, cwd, input: Buffer.from(input) }, pauses);
  return resultOf(ended.status, ended.stdout, ended.stderr);
}

/** Runs `sf ARGS` to its end, where it can be in a process that has its modules loaded already. */
export async function run(args: string[], options: RunOptions): Promise<RunResult> {
  if (needsProcess(options)) return runProcess(args, options);
  return runShared(args, options);
}

async function runProcess(args: string[], options: RunOptions): Promise<RunResult> {
  const child = start(args, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that ends without reading its input breaks the pipe, which is no failure.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const status = await new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return resultOf(status, Buffer.concat(stdout), Buffer.concat(stderr));
}

function resultOf(status: number | null, stdout: Buffer, stderr: Buffer): RunResult {
  const text = stdout.toString();
  return { status, stdout: text, stderr: stderr.toString(), json: parseJson(text) };
}

/** Starts `sf ARGS` without waiting, for tests that end it early. */
export function start(args: string[], options: RunOptions): ChildProcess {
  const { home, cwd = home, pipe } = options;
  const words = [process.execPath, RUN_JS, ...args];
  if (pipe !== undefined) words.unshift('bash', '-c', WITH_PIPE, 'bash', pipe.flag, pipe.text);
  return spawn(words[0]!, words.slice(1), { cwd, env: environment(options) });
}

const WITH_PIPE = 'flag=$1 text=$2; shift 2; exec "$@" "$flag" <(printf "%s\\n" "$text")';

/** Each answer is typed when the text that it belongs to appears on the terminal. */
export type Dialogue = Array<{ expect: string; type: string; /** Seconds that a person thinks */ after?: number }>;

export const hasTerminal = spawnSync('python3', ['-c', 'import pty']).status === 0;

const DRIVER = `
import fcntl, json, os, pty, select, struct, sys, termios, time
dialogue = json.loads(sys.argv[1]); argv = sys.argv[2:]
columns = int(os.environ.get('TERMINAL_COLUMNS', '0'))
pid, fd = pty.fork()
if pid == 0:
    # Before the program can ask for it
    if columns: fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 50, columns, 0, 0))
    os.execvp(argv[0], argv)
seen, at, deadline = b'', 0, time.time() + 60
while time.time() < deadline:
    if not select.select([fd], [], [], 0.2)[0]: continue
    try: data = os.read(fd, 65536)
    except OSError: break
    if not data: break
    seen += data
    if dialogue and dialogue[0]['expect'].encode() in seen[at:]:
        at = len(seen); time.sleep(dialogue[0].get('after', 0.15))
        os.write(fd, dialogue.pop(0)['type'].encode())
else: os.kill(pid, 9)
sys.stdout.buffer.write(seen)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`;

/**
 * As {@link run}, on a pseudo terminal of 200 columns: `stdout` is everything that a person would see. Needs Python.
 *
 * @param dialogue what is typed, and when
 * @param columns width of the terminal as the system tells it; without it the system tells none
 */
export async function runOnTerminal(
  args: string[],
  dialogue: Dialogue,
  options: RunOptions,
  columns = 0,
): Promise<Pick<RunResult, 'status' | 'stdout'>> {
  const driver = ['-c', DRIVER, JSON.stringify(dialogue), process.execPath, RUN_JS, ...args];
  const child = spawn('python3', driver, {
    cwd: options.cwd ?? options.home,
    env: { ...environment(options), TERM: 'xterm', COLUMNS: String(columns || 200), TERMINAL_COLUMNS: String(columns) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout: Buffer.concat(stdout).toString() };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
