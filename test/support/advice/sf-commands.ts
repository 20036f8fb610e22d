/**
 * The CLI's own commands that advice names, as far as advice needs them: their flags by the CLI's manifests (2.150.6), and
 * what they do to a local org. The real CLI takes seconds for each; `sf-commands.slow.ts` holds this table against it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ADMIN, type Workplace } from '../workplace.js';

type Run = (workplace: Workplace, flags: Record<string, string>) => Promise<void> | void;
type CliCommand = { flags: string[]; required: string[]; args?: true; run?: Run };

export const SF_COMMANDS: Record<string, CliCommand> = {
  'org assign permset': {
    flags: ['target-org', 'name', 'on-behalf-of'],
    required: ['name', 'target-org'],
    run: assign,
  },
  'data query': { flags: ['target-org', 'query'], required: ['target-org'], run: query },
  'data update record': {
    flags: ['target-org', 'sobject', 'where', 'values'],
    required: ['target-org', 'sobject', 'values'],
    run: update,
  },
  'org display': { flags: ['target-org'], required: ['target-org'] },
  'org list auth': { flags: [], required: [] },
  'org list metadata': { flags: ['target-org', 'metadata-type'], required: ['target-org', 'metadata-type'] },
  'org list': { flags: ['all'], required: [] },
  'org login web': { flags: ['alias', 'instance-url'], required: [] },
  'org open': { flags: ['target-org', 'path'], required: ['target-org'] },
  'org logout': { flags: ['target-org'], required: [] },
  'config unset': { flags: [], required: [], args: true },
  'project deploy start': { flags: ['source-dir', 'test-level', 'tests', 'target-org'], required: ['target-org'] },
  // It has the org of a deployment that it began itself; of ours it has none.
  'project deploy report': { flags: ['job-id', 'target-org'], required: ['job-id', 'target-org'] },
};

const BOOLEAN = ['all'];

/** Runs one of the CLI's own commands; it takes these words, and does what it's advised for. */
export async function runSfCommand(workplace: Workplace, words: readonly string[]): Promise<void> {
  const line = words.join(' ');
  const name = Object.keys(SF_COMMANDS).find((each) => `${line} `.startsWith(`${each} `));
  expect(name, `the CLI has ${line}`).not.to.equal(undefined);
  const { flags, required, args, run } = SF_COMMANDS[name!]!;
  const given: Record<string, string> = {};
  const rest = words.slice(name!.split(' ').length);
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (args === true && !word.startsWith('-')) continue;
    const flag = word.replace(/^--/, '');
    expect(flags, line).to.include(flag);
    given[flag] = BOOLEAN.includes(flag) ? 'true' : (rest.shift() ?? '');
    expect(given[flag], `--${flag} of ${line}`).not.to.equal('');
  }
  expect(Object.keys(given), line).to.include.members(required);
  if (given['target-org'] !== undefined) requireStored(workplace, given['target-org']);
  await run?.(workplace, given);
}

/** Every command of the CLI looks for its org in the store first. */
function requireStored({ home }: Workplace, name: string): void {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(home, '.sfdx', path), 'utf8'));
  const { orgs } = read('alias.json') as { orgs: Record<string, string> };
  expect(read(`${orgs[name] ?? name}.json`), name).to.have.property('orgId');
}

function assign({ org }: Workplace, { name = '', 'on-behalf-of': user = ADMIN }: Record<string, string>): void {
  org.setup.assignPermissionSet(user, name);
}

async function query(workplace: Workplace, { query: soql = '' }: Record<string, string>): Promise<void> {
  await rest(workplace, 'GET', `query?q=${encodeURIComponent(soql)}`);
}

async function update(
  workplace: Workplace,
  { sobject = '', where = '', values = '' }: Record<string, string>,
): Promise<void> {
  const found = await rest(
    workplace,
    'GET',
    `query?q=${encodeURIComponent(`SELECT Id FROM ${sobject} WHERE ${where}`)}`,
  );
  const { records } = found as { records: Array<{ Id: string }> };
  expect(records, where).to.have.length(1);
  const fields = Object.fromEntries(values.split(' ').map((pair) => pair.split('=') as [string, string]));
  const typed = Object.entries(fields).map(([field, value]) => [field, JSON.parse(value) as unknown]);
  await rest(workplace, 'PATCH', `sobjects/${sobject}/${records[0]!.Id}`, Object.fromEntries(typed));
}

async function rest({ org }: Workplace, method: string, path: string, body?: unknown): Promise<unknown> {
  const [token] = org.data.sessions.keys();
  const response = await fetch(`${org.url}/services/data/v67.0/${path}`, {
    method,
    headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.ok, `${method} ${path}: ${text}`).to.equal(true);
  return text === '' ? undefined : JSON.parse(text);
}
