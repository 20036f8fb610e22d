/**
 * The whole way in one run: a local org is started, `sf jwt keygen`, `connect` and `grant` run as a user would type
 * them, and the stored org is used, once more after its access token has expired. Everything happens in a throw-away
 * HOME on this machine. With `--svg FILE` the output also becomes a picture, with `--readme FILE` the part of a README
 * that stands between two markers; both with example values in the place of this run's.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startOrg } from '../test/emulator/index.js';
import { environment, RUN_JS } from '../test/support/plugin.js';
import { storeOrg } from '../test/support/store-org.js';
import { readmeWith, withExampleValues } from './demo-output.js';
import { terminalSvg } from './terminal-svg.js';

const ROOT = join(import.meta.dirname, '..');
const CORE = join(ROOT, 'node_modules', '@salesforce', 'core', 'lib', 'index.js');
const QUERY = `
  import { Org } from '@salesforce/core';
  const org = await Org.create({ aliasOrUsername: 'ci' });
  const { records } = await org.getConnection().query('SELECT Username, Name FROM User WHERE IsActive = true ORDER BY Username');
  for (const { Username, Name } of records) console.log(Username.padEnd(34) + Name);
`;

const { values: files } = parseArgs({ options: { svg: { type: 'string' }, readme: { type: 'string' } } });
// Not in a temporary folder: a key there would rightly be warned about.
const cache = join(ROOT, '.cache');
await mkdir(cache, { recursive: true });
const home = await mkdtemp(join(cache, 'demo-'));
const { NO_COLOR: _, ...quiet } = environment({ home });
const env = { ...quiet, FORCE_COLOR: '1', COLUMNS: '110', OCLIF_COLUMNS: '110' };
const transcript: string[] = [];
let failed = false;

function say(text: string): void {
  transcript.push(text);
  process.stdout.write(text);
}

/** Runs a program of ours in the demo's folder and shows what it prints. */
async function show(commandLine: string, argv: string[]): Promise<string> {
  say(`\n\u001b[1m$ ${commandLine}\u001b[22m\n`);
  const child = spawn(process.execPath, argv, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const hear = (chunk: Buffer): void => {
    output += chunk.toString();
    say(chunk.toString());
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`"${commandLine}" ended with ${String(status)}`);
  return output;
}

const sf = (line: string): Promise<string> => show(`sf ${line}`, [RUN_JS, ...line.split(' ')]);

/** Any program that uses sf's auth store can use the org now. This one is not the whole CLI, which may not be here. */
const queryUsers = (): Promise<string> =>
  show('node query-users.js ci', [
    '--no-warnings',
    '--input-type=module',
    '-e',
    QUERY.replace('@salesforce/core', CORE),
  ]);

const CI_USER = 'ci@example.com';
const org = await startOrg({
  kind: 'developer',
  adminUsername: 'admin@example.com',
  users: [{ username: CI_USER, firstName: 'Cy', lastName: 'Ay' }],
  switches: { propagationMs: 2_000 },
});
let clientId = '';
try {
  const { username, accessToken } = org.admin;
  await storeOrg(env, { username, accessToken, orgId: org.orgId, instanceUrl: org.url, alias: 'my-admin-org' });
  say(`A local org stands at ${org.url}; its admin is logged in as my-admin-org.\n`);
  await sf('jwt keygen');
  const connected = await sf(
    `jwt connect --target-org my-admin-org --certificate-file server.crt --username ${CI_USER}`,
  );
  clientId = /--client-id (\S+)/.exec(connected)?.[1] ?? '';
  const grantLine = /^ *sf (jwt grant .*)$/m.exec(connected)?.[1];
  if (grantLine === undefined) throw new Error('connect printed no line to log in with');
  await sf(`${grantLine} --alias ci`);
  await queryUsers();
  org.expireSessions();
  say('\nThe access token has expired now; the stored key gets a new one:\n');
  await queryUsers();
  say('\nDone: from nothing to an org that logs in without a human. Nothing of it is left on this machine.\n');
} catch (error) {
  failed = true;
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
} finally {
  await org.stop();
  await rm(home, { recursive: true, force: true });
}
if (!failed) {
  const output = withExampleValues(transcript.join(''), { home, url: org.url, clientId, orgId: org.orgId });
  if (files.svg !== undefined) await writeFile(files.svg, terminalSvg(output));
  if (files.readme !== undefined)
    await writeFile(files.readme, readmeWith(await readFile(files.readme, 'utf8'), output));
}
process.exitCode = failed ? 1 : 0;
