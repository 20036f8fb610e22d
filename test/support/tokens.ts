/** An org with an app for the CI user, for commands whose output is a secret, which `Workplace.jwt` doesn't let pass. */
import { expect } from 'chai';
import type { OrgOptions } from '../emulator/index.js';
import { loginFlags, openWithApp } from './grant.js';
import { run, type RunOptions, type RunResult } from './plugin.js';
import { pairOf, type Answer, type Workplace } from './workplace.js';

export type Desk = {
  workplace: Workplace;
  clientId: string;
  /** The flags of a login of the CI user. */
  flags: string[];
  /** Runs `sf jwt ARGS`. The private key is never in what it prints. */
  jwt: (args: string[], options?: Partial<RunOptions>) => Promise<RunResult>;
  /** As `jwt` with `--json`. */
  json: <Result>(args: string[], options?: Partial<RunOptions>) => Promise<Answer<Result>>;
};

export async function openDesk(options: Partial<OrgOptions> = {}): Promise<Desk> {
  const { workplace, clientId } = await openWithApp(options);
  const keyLines = (await pairOf()).key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const jwt: Desk['jwt'] = async (args, more = {}) => {
    const result = await run(['jwt', ...args], { home: workplace.home, cwd: workplace.cwd, ...more });
    const shown = keyLines.filter((line) => (result.stdout + result.stderr).includes(line));
    expect(shown, 'lines of the private key in the output').to.deep.equal([]);
    return result;
  };
  const json: Desk['json'] = async <Result>(args: string[], more: Partial<RunOptions> = {}) => {
    const { json: answer, status, stdout, stderr } = await jwt([...args, '--json'], more);
    if (answer === undefined) throw new Error(`No JSON:\n${stdout}\n${stderr}`);
    expect((answer as Answer<Result>).status, 'the exit code in the JSON').to.equal(status);
    return answer as Answer<Result>;
  };
  return { workplace, clientId, flags: loginFlags(workplace, clientId), jwt, json };
}

/** The flags with another value for one of them, or without it. */
export function replaced(flags: string[], flag: string, value?: string): string[] {
  const rest = flags.filter((word, index) => word !== flag && flags[index - 1] !== flag);
  return value === undefined ? rest : [...rest, flag, value];
}
