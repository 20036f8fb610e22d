/** Advice as a person pastes it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { environment } from '../plugin.js';
import type { Answer, Workplace } from '../workplace.js';
import { runSfCommand } from './sf-commands.js';
import { templatesIn, type Template } from './templates.js';

/** What a person types who is asked. */
const PASSPHRASE = 'correct horse';

/** Values that stand where none is known, and nowhere else. */
const LEFT_OPEN = /\{\??\w+(:\w+)?\}|my-admin-org|3MVG9example|<[a-z]|\b(FILE|NEW_URL|USERNAME_OR_ALIAS)\b/;

/** Runs commands of advice, and keeps which texts they came from. */
export class Pasting {
  readonly #templates: Template[];
  readonly #ran = new Set<Template>();

  /** @param files names of files in `messages/`, all of whose commands are to be run */
  public constructor(files: readonly string[]) {
    this.#templates = files.flatMap(templatesIn);
  }

  /** The commands of the texts that were not run, as `KEY: COMMAND`. */
  public left(): string[] {
    return this.#templates.filter((each) => !this.#ran.has(each)).map(({ key, command }) => `${key}: ${command}`);
  }

  /**
   * Runs a command as a shell takes it apart. It ends with 0, or with an error that has a code and says what to do.
   *
   * @param example whether there is nothing from which a value could be known
   * @returns the exit code
   */
  public async paste(
    workplace: Workplace,
    line: string,
    { env = {}, example = false }: { env?: Record<string, string>; example?: boolean } = {},
  ): Promise<number> {
    for (const each of this.#templates) if (each.pattern.test(line)) this.#ran.add(each);
    if (!example) expect(line, 'a value that is known is filled in').not.to.match(LEFT_OPEN);
    let status = 0;
    if (line.includes(' | ')) return piped(workplace, line);
    for (const command of line.replaceAll('--wait 10', '--wait 0').split(' && ')) {
      const filled = command.replace('https://MyDomainName.my.salesforce.com', workplace.org.url);
      status = filled.startsWith('sf ') ? await ofSf(workplace, filled, env) : ofShell(workplace, filled);
    }
    return status;
  }
}

async function ofSf(workplace: Workplace, command: string, env: Record<string, string>): Promise<number> {
  const [, ...words] = shell(workplace, `printf '%s\\0' ${command}`).split('\0').slice(0, -1);
  if (words[0] !== 'jwt') {
    await runSfCommand(workplace, words);
    return 0;
  }
  const args = words.slice(1);
  // What has to propagate is no matter here.
  if (args[0] === 'connect' && !args.includes('--wait')) args.push('--wait', '0');
  const answer: Answer<unknown> = await workplace.json(args, { env });
  const { status } = answer;
  const isResult = [0, 68, 69].includes(status) || (args[0] === 'doctor' && answer.result !== undefined);
  const isRefusal = status === 1 && answer.data?.code !== undefined && (answer.actions ?? []).length > 0;
  expect(isResult || isRefusal, `${command}\n${JSON.stringify(answer)}`).to.equal(true);
  return status;
}

function ofShell(workplace: Workplace, command: string): number {
  shell(workplace, command);
  return 0;
}

function shell({ cwd }: Workplace, script: string): string {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], {
    cwd,
    // Without a terminal of its own, what asks for a passphrase reads it here: the old one and the new one twice.
    detached: true,
    input: /openssl|keytool/.test(script) ? `${PASSPHRASE}\n`.repeat(3) : '\n\n',
  } as object);
  expect(status, `${script}\n${stderr.toString()}`).to.equal(0);
  return stdout.toString();
}

const RUN_JS = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.js');

/** What a command pipes into the tool of a CI arrives there. */
function piped({ home, cwd }: Workplace, line: string): number {
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  const received = join(home, 'received');
  writeFileSync(join(bin, 'gh'), `#!/bin/sh\ncat > '${received}'\n`, { mode: 0o755 });
  writeFileSync(join(bin, 'sf'), `#!/bin/sh\nexec '${process.execPath}' '${RUN_JS}' "$@"\n`, { mode: 0o755 });
  const { PATH = '' } = process.env;
  const env = { ...environment({ home }), PATH: `${bin}${delimiter}${PATH}` };
  const { status, stderr } = spawnSync('bash', ['-c', `set -o pipefail; ${line}`], { cwd, env });
  expect(status, `${line}\n${stderr.toString()}`).to.equal(0);
  expect(readFileSync(received, 'utf8')).to.contain('PRIVATE KEY');
  return 0;
}
