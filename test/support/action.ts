/** The action as a runner of GitHub Actions runs it: inputs and files by the environment, commands on standard output. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { environment } from './plugin.js';
import { openDesk, type Desk } from './tokens.js';
import { CI_USER, pairOf } from './workplace.js';

const ROOT = join(import.meta.dirname, '..', '..');
const FILES = ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STATE', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'] as const;

export type Command = { name: string; title: string | undefined; data: string };

export type StepResult = {
  status: number;
  outputs: Record<string, string>;
  state: Record<string, string>;
  summary: string;
  /** Variables and paths that later steps would get */
  leaked: string;
  commands: Command[];
  /** What the log of the job shows: without commands, and masked. */
  log: string;
  /** All that was written, as it was */
  raw: string;
};

export type StepOptions = {
  home: string;
  inputs?: Record<string, string>;
  state?: Record<string, string>;
  env?: Record<string, string>;
  /** Whether an `sf` is on the PATH. Default: yes */
  withCli?: boolean;
};

/** Runs the file of `action.yml` as one step of a job. */
export async function runStep({
  home,
  inputs = {},
  state = {},
  env = {},
  withCli = true,
}: StepOptions): Promise<StepResult> {
  const folder = await mkdtemp(join(tmpdir(), 'runner-'));
  try {
    const files = Object.fromEntries(FILES.map((name) => [name, join(folder, name)]));
    for (const file of Object.values(files)) await writeFile(file, '');
    if (withCli) await writeFile(join(folder, process.platform === 'win32' ? 'sf.cmd' : 'sf'), '', { mode: 0o755 });
    const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
    const kept = Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]);
    const { status, stdout } = await node({
      ...environment({ home }),
      ...{ GITHUB_ACTIONS: 'true', CI: 'true', RUNNER_TEMP: folder, ...files, ...env },
      ...(Object.fromEntries([...given, ...kept]) as Record<string, string>),
      PATH: withCli ? folder + delimiter : join(folder, 'none'),
    });
    const text = async (name: (typeof FILES)[number]): Promise<string> => readFile(files[name]!, 'utf8');
    const commands = commandsIn(stdout);
    return {
      status,
      outputs: assignmentsIn(await text('GITHUB_OUTPUT')),
      state: assignmentsIn(await text('GITHUB_STATE')),
      summary: await text('GITHUB_STEP_SUMMARY'),
      leaked: (await text('GITHUB_ENV')) + (await text('GITHUB_PATH')),
      commands,
      log: logOf(stdout, commands),
      raw: stdout,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function node(env: Record<string, string>): Promise<{ status: number; stdout: string }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [join(ROOT, 'dist', 'main.js')], { env, cwd: env['HOME'] }, (error, stdout, stderr) => {
      if (stderr !== '') reject(new Error(stderr));
      else resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout });
    });
  });
}

/** `name<<DELIMITER`, lines, `DELIMITER`; what is anything else, no runner takes. */
export function assignmentsIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split('\n');
  while (lines.length > 1 || lines[0]) {
    const [, name, delimiter] = /^([^=\n]+?)<<(.+)$/.exec(lines.shift()!) ?? [];
    const end = lines.indexOf(delimiter ?? '');
    if (name === undefined || end < 0) throw new Error(`No assignment:\n${text}`);
    found[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return found;
}

const COMMAND = /^\s*::([\w-]+)(?: ([^:]*?))?::(.*)$/;

export function commandsIn(stdout: string): Command[] {
  return stdout.split('\n').flatMap((line) => {
    const [, name, properties = '', data = ''] = COMMAND.exec(line) ?? [];
    if (name === undefined) return [];
    const title = /title=([^,]*)/.exec(properties)?.[1];
    return [{ name, title: title === undefined ? undefined : unescape(title), data: unescape(data) }];
  });
}

function unescape(text: string): string {
  const escapes: Record<string, string> = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' };
  return text.replace(/%(0D|0A|3A|2C|25)/g, (escape) => escapes[escape]!);
}

/** Annotations are shown; masks aren't. */
function logOf(stdout: string, commands: Command[]): string {
  const masks = commands.filter(({ name }) => name === 'add-mask').map(({ data }) => data);
  const lines = stdout.split('\n').filter((line) => !COMMAND.test(line));
  const shown = commands
    .filter(({ name }) => name !== 'add-mask')
    .map(({ name, title, data }) => `${name} ${title}: ${data}`);
  const text = [...lines, ...shown].join('\n');
  return masks.sort((a, b) => b.length - a.length).reduce((rest, mask) => rest.replaceAll(mask, '***'), text);
}

/** A job of a repository that has an org, an app in it, and its key as a secret. */
export type Job = {
  desk: Desk;
  home: string;
  key: string;
  /** Runs a step of the action; neither the key nor a token shows in the log, nor in a file that lasts. */
  step: (
    given: Record<string, string>,
    state?: Record<string, string>,
    more?: Partial<StepOptions>,
  ) => Promise<StepResult>;
  isAlive: (token: string) => boolean;
  /** Where the CLI has the login */
  entryFile: string;
};

export async function openJob(): Promise<Job> {
  const desk = await openDesk();
  const { home, org } = desk.workplace;
  const { key } = await pairOf();
  const inputs = {
    ...{ 'set-default': 'false', 'set-default-dev-hub': 'false', 'skip-token-revoke': 'false' },
    ...{ 'client-id': desk.clientId, 'username': CI_USER, 'private-key': key, 'instance-url': org.url },
  };
  const lines = key.split('\n').filter((line) => line.length > 8 && !line.startsWith('-'));
  return {
    desk,
    home,
    key,
    step: async (given, state = {}, more = {}) => {
      const result = await runStep({ home, inputs: { ...inputs, ...given }, state, ...more });
      const shown = result.log + result.summary;
      for (const secret of [...lines, Buffer.from(key).toString('base64').slice(0, 60), ...org.data.sessions.keys()])
        expect(shown).not.to.contain(secret);
      expect(result.leaked).to.equal('');
      return result;
    },
    isAlive: (token) => org.data.liveSession(token) !== undefined,
    entryFile: join(home, '.sfdx', `${CI_USER}.json`),
  };
}
