/** `sf jwt connect` as the tests run it, and what they look at afterwards. */
import { expect } from 'chai';
import type { JwtConnectResult } from '../../src/commands/jwt/connect.js';
import type { Org } from '../emulator/index.js';
import type { RunOptions, RunResult } from './plugin.js';
import { expectSchema } from './schema.js';
import { ADMIN_ALIAS, type Answer, type Workplace } from './workplace.js';

export const CONNECT = ['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt'];

/** Runs connect with `--json`: it ends with this exit code, and its result is as the schema says. */
export async function connected(
  workplace: Workplace,
  args: string[] = [],
  { exitCode = 0, ...options }: Partial<RunOptions> & { exitCode?: number } = {},
): Promise<JwtConnectResult> {
  const answer = await workplace.json<JwtConnectResult>([...CONNECT, ...args], options);
  expect(answer.status, JSON.stringify(answer)).to.equal(exitCode);
  expectSchema('jwt-connect', answer.result);
  return answer.result;
}

/** Runs connect with `--json`: it fails with this code, and the org is as before. */
export async function refusal(
  workplace: Workplace,
  code: string,
  args: string[],
  options: Partial<RunOptions> = {},
): Promise<Answer<never>> {
  const before = stateOf(workplace.org);
  const answer = await workplace.json<never>([...CONNECT, ...args], options);
  expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
  expect(answer.status).to.equal(1);
  expect(answer.actions).not.to.deep.equal([]);
  expect(stateOf(workplace.org)).to.deep.equal(before);
  return answer;
}

/** As {@link refusal}, and once more for a person, who reads the same in one line, and then what to do. */
export async function refused(
  workplace: Workplace,
  code: string,
  args: string[],
  options: Partial<RunOptions> = {},
): Promise<Answer<never>> {
  const forPerson = (): Promise<RunResult> => workplace.jwt([...CONNECT, ...args], options);
  const forProgram = (): Promise<Answer<never>> => refusal(workplace, code, args, options);
  // Two runs that make the same files at the same time refuse each other's.
  const [human, answer] = args.includes('--output-dir')
    ? [await forPerson(), await forProgram()]
    : await Promise.all([forPerson(), forProgram()]);
  expect(human.status, human.stderr).to.equal(1);
  expect(human.stderr.match(/^Error.*$/gm), human.stderr).to.have.lengthOf(1);
  expect(human.stderr).not.to.match(/^\s+at .*:\d+:\d+/m);
  expect(human.stderr).to.contain('Try this:');
  // Which of two requests that are on their way together tells of an ended session first differs from run to run, and so do its words.
  const withoutIds = (text = ''): string =>
    text
      .replace(/0Af\w{15}/g, '0Af…')
      .replace(/(INVALID_SESSION_ID: )(Session expired or invalid|Invalid Session ID[^"]*?Illegal Session)/, '$1…');
  expect(withoutIds(human.stderr)).to.contain(withoutIds(answer.message?.split('\n')[0]));
  return answer;
}

/** Everything in the org that connect could change. */
export function stateOf(org: Org): unknown {
  const { components, assignments, accesses, consumers } = org.data;
  return structuredClone({
    components: [...components.values()],
    assignments,
    accesses,
    consumers: consumers.map(({ id, key, certificates }) => ({
      id,
      key,
      certificates: certificates.map((c) => c.text),
    })),
  });
}

/** The fields of one component as the org stores it. */
export function fieldsOf(org: Org, type: string): Record<string, unknown> {
  const [component, ...others] = org.data.componentsOf(type);
  expect(others, `only one ${type}`).to.deep.equal([]);
  if (component === undefined) throw new Error(`The org has no ${type}`);
  return { ...component.fields };
}

export const deployRequests = (org: Org): number => org.requestsTo(/\/metadata\/deployRequest$/, 'POST').length;
export const tokenRequests = (org: Org): number => org.requestsTo(/\/oauth2\/token$/, 'POST').length;
