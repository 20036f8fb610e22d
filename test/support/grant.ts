/** `sf jwt grant` as the tests run it, in an org that has an app for it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { JwtGrantResult } from '../../src/commands/jwt/grant.js';
import type { OrgOptions } from '../emulator/index.js';
import { environment, type RunOptions } from './plugin.js';
import { expectSchema } from './schema.js';
import { CI_USER, pairOf, Workplace, type Answer } from './workplace.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** A workplace whose org has an app with the certificate, pre-authorized for the CI user. */
export async function openWithApp(
  options: Partial<OrgOptions> = {},
): Promise<{ workplace: Workplace; clientId: string }> {
  const workplace = await Workplace.open(options);
  const { setup } = workplace.org;
  setup.createPermissionSet('Ci');
  const { certificate } = await pairOf();
  const app = { name: 'Ci', certificate, adminApproved: true, permissionSets: ['Ci'] };
  const clientId = setup.createExternalClientApp(app);
  setup.assignPermissionSet(CI_USER, 'Ci');
  return { workplace, clientId };
}

/** The flags of a login of the CI user at the org. */
export const loginFlags = (workplace: Workplace, clientId: string): string[] => [
  ...['--username', CI_USER, '--client-id', clientId],
  ...['--jwt-key-file', 'server.key', '--instance-url', workplace.org.url],
];

/** Runs grant with `--json`: it succeeds, and its result is as the schema says. */
export async function granted(
  workplace: Workplace,
  args: string[],
  options: Partial<RunOptions> = {},
): Promise<JwtGrantResult> {
  const answer = await workplace.json<JwtGrantResult>(['grant', ...args], options);
  expect(answer.status, JSON.stringify(answer)).to.equal(0);
  expectSchema('jwt-grant', answer.result);
  return answer.result;
}

/** Runs grant with `--json`: it fails with this code, and every file in the HOME is byte for byte as before. */
export async function refusedGrant(
  workplace: Workplace,
  code: string,
  args: string[],
  options: Partial<RunOptions> = {},
): Promise<Answer<never>> {
  const before = await workplace.files();
  const answer = await workplace.json<never>(['grant', ...args], options);
  expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
  expect(answer.status).to.equal(1);
  expect(answer.actions).not.to.deep.equal([]);
  expect(await workplace.files()).to.deep.equal(before);
  return answer;
}

/** A file of sf's state folder, or undefined. */
export async function stateFile(home: string, name: string): Promise<Record<string, unknown> | undefined> {
  const path = join(home, name);
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>) : undefined;
}

/** The stored entry of a user. */
export async function entryOf(home: string, username = CI_USER): Promise<Record<string, unknown>> {
  const entry = await stateFile(home, join('.sfdx', `${username}.json`));
  if (entry === undefined) throw new Error(`No entry for ${username}`);
  return entry;
}

const PROGRAM = `
  import { AuthInfo } from '@salesforce/core';
  const { username, accessToken, instanceUrl, orgId, ...fields } = JSON.parse(process.argv[1]);
  const accessTokenOptions = { username, accessToken, instanceUrl, orgId, loginUrl: instanceUrl, isDevHub: false, namespacePrefix: null };
  const authInfo = await AuthInfo.create({ accessTokenOptions });
  await authInfo.save(fields);
`;

/** Leaves an entry as another kind of login, at another time, would have: secrets encrypted by sf itself. */
export async function storeOlderEntry(
  home: string,
  fields: { username: string; accessToken: string; instanceUrl: string; orgId: string } & Record<string, unknown>,
): Promise<void> {
  const args = ['--input-type=module', '-e', PROGRAM, JSON.stringify(fields)];
  await promisify(execFile)(process.execPath, args, { env: environment({ home }), cwd: ROOT });
}
