/** What the table of troubles is made of: a row, the machine that it happens on, and how what came of it is judged. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { SfError } from '@salesforce/core';
import { isFailure, type FailureCode } from '../../src/failure.js';
import { requireKeyInput, type KeySources } from '../../src/machine/files/key-input.js';
import { explain, isExplained } from '../../src/terminal/explain.js';
import { explainLogin } from '../../src/terminal/waiting.js';
import type { OrgOptions } from '../emulator/index.js';
import type { RunOptions } from './plugin.js';
import { openWithApp } from './grant.js';
import { pairOf, type Answer, type Pair, type Workplace } from './workplace.js';

/**
 * What came of a trouble.
 *
 * - solved: it works as it is; or the first command of the advice makes it work.
 * - clear: it fails with a stable code, names the cause, and says what to do.
 * - confusing: it fails without a code or advice, or with a value left open.
 * - wrong: it's taken for another trouble, or what is said of it isn't so.
 * - leak: a secret is told.
 */
export type Verdict = 'solved' | 'clear' | 'confusing' | 'wrong' | 'leak';

export type Trouble = {
  area: string;
  /** What the user did, or had */
  did: string;
  /** Does it; what is resolved is what the user sees, what is rejected is the error. */
  run: (at: Place) => unknown;
  /** The code that it fails with; none: it works. */
  code?: FailureCode | 'flag_unknown';
  /** What the sentence and the advice hold; where it works, what the result holds. */
  says?: RegExp;
  /** What they must not hold, as it isn't so here */
  never?: RegExp;
  /** Follows the first command of the advice: what is rejected then is a mistake of the advice. */
  mend?: (at: Place, command: string) => unknown;
  /** The first command of the advice, word for word. `advice.test.ts` runs it in an org that refuses so, and then logs in. */
  pasted?: string;
  expected: 'solved' | 'clear';
  /** Further texts that nothing may repeat */
  secrets?: string[];
};

/** A secret that isn't key material, such as a passphrase. */
export const CANARY = 'Tr0ub4dor&3/canary';

/** What the test changes in its own environment. */
const VARIABLES = ['HOME', 'USERPROFILE', 'SF_USE_GENERIC_UNIX_KEYCHAIN', 'SF_DISABLE_LOG_FILE'];

/** The user's machine, as long as one trouble lasts: a HOME of its own, and in its folder `work` a pair of `keygen`. */
export class Place {
  public readonly home = mkdtempSync(join(tmpdir(), 'trouble-'));
  public readonly cwd = join(this.home, 'work');
  #variables = VARIABLES.map((name) => [name, process.env[name]] as const);
  #cwd = process.cwd();
  #login: { workplace: Workplace; clientId: string } | undefined;

  private constructor(public readonly pair: Pair) {}

  public static async open(): Promise<Place> {
    const place = new Place(await pairOf());
    mkdirSync(place.cwd);
    mkdirSync(join(place.home, '.sfdx'));
    Object.assign(process.env, {
      HOME: place.home,
      USERPROFILE: place.home,
      SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
      SF_DISABLE_LOG_FILE: 'true',
    });
    place.save('server.key', place.pair.key);
    place.save('server.crt', place.pair.certificate);
    process.chdir(place.cwd);
    return place;
  }

  public async close(): Promise<void> {
    process.chdir(this.#cwd);
    for (const [name, value] of this.#variables) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    rmSync(this.home, { recursive: true, force: true });
    await this.#login?.workplace.close();
  }

  /** Writes a file into the current folder. Returns its name. */
  public save(name: string, content: string | Buffer): string {
    writeFileSync(join(this.cwd, name), content, { mode: 0o600 });
    return name;
  }

  /** Writes a file of the CLI's own. Returns its path. */
  public saveState(name: string, content: string | Buffer): string {
    const path = join(this.home, '.sfdx', name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Where a command looks for its key. */
  public sources(environment: NodeJS.ProcessEnv, more: Partial<KeySources> = {}): KeySources {
    const none = { file: undefined, passphraseFile: undefined, askPassphrase: undefined };
    return { ...none, stdin: Readable.from([]), environment, ...more };
  }

  /** Reads the key as every command does that logs in: it has to be this machine's. */
  public async readKey(environment: NodeJS.ProcessEnv, more: Partial<KeySources> = {}): Promise<string> {
    const { key } = await requireKeyInput(this.sources(environment, more));
    const read = key!.export({ type: 'pkcs8', format: 'pem' }).toString();
    if (read !== this.pair.key) throw new Error('That is another key');
    return 'the key was read';
  }

  /** Runs the built command beside a local org with an app for it; `words` may use the flags of a login there. */
  public async command(
    words: (login: { flags: string[]; clientId: string; url: string; workplace: Workplace }) => string[],
    { options = {}, status = 0, ...how }: { options?: Partial<OrgOptions>; status?: number } & Partial<RunOptions> = {},
  ): Promise<string> {
    this.#login ??= await openWithApp(options);
    const { workplace, clientId } = this.#login;
    cpSync(this.cwd, workplace.cwd, { recursive: true });
    const { url } = workplace.org;
    const flags = ['--username', 'ci@acme.example.com', '--client-id', clientId, '-f', 'server.key', '-r', url];
    const args = words({ flags, clientId, url, workplace });
    const { stdout, stderr, json, ...ended } = await workplace.jwt([...args, '--json'], how);
    const answer = json as Answer<unknown> | undefined;
    if (answer?.message !== undefined) throw Object.assign(new Error(answer.message), answer, { stderr });
    if (ended.status !== status) throw new Error(`exit code ${ended.status}: ${stdout}${stderr}`);
    return stdout + stderr;
  }
}

/** Runs what the advice says to paste, in the machine's shell. */
export function paste(command: string): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `set -e; ${command}; printf %s "$HOME"`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout;
}

const COMMAND = /(?:^|: )((?:sf jwt|export|chmod|mv|unset|--instance-url) .*)$/;
const OPEN = /ADMIN_ORG|<[a-z]+ [a-z]+>|\{\??\w+(:\w+)?\}/;

/** Does it, and judges what the user is told. The second value is that, for whoever has to mend it. */
export async function judge(row: Trouble, at: Place): Promise<[verdict: Verdict, told: string]> {
  const tried = await attempt(() => row.run(at));
  if (!('error' in tried)) {
    const told = inspect(tried.result, { depth: 9 });
    if (leaks(told, row, at)) return ['leak', ''];
    return [row.code === undefined && fits(told, row) ? 'solved' : 'wrong', told];
  }
  const error = explained(tried.error);
  const { data, actions = [] } = error as { data?: { code?: unknown }; actions?: string[] };
  const code = data?.code;
  const told = [error.message, ...actions].join('\n');
  const all = [told, JSON.stringify(error), inspect(error, { depth: 9, showHidden: true }), error.stack].join('\n');
  if (leaks(all, row, at)) return ['leak', ''];
  if (typeof code !== 'string' || actions.length === 0 || OPEN.test(told)) return ['confusing', all];
  if (code !== row.code || !fits(told, row)) return ['wrong', all];
  const command = actions.map((action) => COMMAND.exec(action)?.[1]).find((each) => each !== undefined) ?? '';
  if (row.pasted !== undefined) return command === row.pasted ? ['solved', told] : ['wrong', all];
  if (row.mend === undefined) return ['clear', told];
  const mended = await attempt(() => row.mend!(at, command));
  return 'error' in mended ? ['wrong', `${all}\n${inspect(mended.error)}`] : ['solved', told];
}

async function attempt(run: () => unknown): Promise<{ result: unknown } | { error: unknown }> {
  try {
    return { result: await run() };
  } catch (error) {
    return { error };
  }
}

/** As the command's own net has it. */
function explained(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof SfError && isExplained(error)) return error;
  return isFailure(error) ? explainLogin(error) : explain(error);
}

function fits(told: string, { says, never }: Trouble): boolean {
  return (says?.test(told) ?? true) && !(never?.test(told) ?? false);
}

/** A part of a key as long as a word is one too many. */
const PART = 12;

function leaks(told: string, { secrets = [] }: Trouble, { pair }: Place): boolean {
  return [pair.key, Buffer.from(pair.key).toString('base64'), CANARY, ...secrets].some((secret) =>
    partsOf(secret).some((part) => told.includes(part)),
  );
}

function partsOf(secret: string): string[] {
  const text = secret.replaceAll(/-----[A-Z ]+-----/g, '');
  if (text.length <= PART) return [text];
  return Array.from({ length: text.length - PART + 1 }, (_, start) => text.slice(start, start + PART)).filter(
    (part) => !part.includes('\n'),
  );
}
