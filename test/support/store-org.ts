import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** An org whose session a test or the demo hands to sf's auth store, as `sf org login` would leave it there. */
export type StoredOrg = { username: string; accessToken: string; instanceUrl: string; orgId: string; alias: string };

const ROOT = join(import.meta.dirname, '..', '..');

const PROGRAM = `
  import { AuthInfo } from '@salesforce/core';
  for (const { alias, ...org } of JSON.parse(process.argv[1])) {
    const known = { loginUrl: org.instanceUrl, isDevHub: false, namespacePrefix: null };
    const authInfo = await AuthInfo.create({ accessTokenOptions: { ...org, ...known } });
    await authInfo.save();
    await authInfo.setAlias(alias);
  }
`;

/** Stores orgs in the auth store of a throw-away HOME, in a process of its own, since core keeps what it has read. */
export async function storeOrg(env: NodeJS.ProcessEnv, ...orgs: StoredOrg[]): Promise<void> {
  const args = ['--input-type=module', '-e', PROGRAM, JSON.stringify(orgs)];
  await promisify(execFile)(process.execPath, args, { env, cwd: ROOT });
}
