/**
 * Makes `docs/report.png`: logins to local orgs, in the states that logins get into, `sf jwt list --check --report`, and its page in
 * a headless Chromium. All of it happens in a throw-away HOME on this machine.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { issueCredential, positiveSerialNumber } from '../src/keys/credential/issue.js';
import { startOrg, type Org } from '../test/emulator/index.js';
import { Browser, chromium } from '../test/support/browser.js';
import { environment, RUN_JS } from '../test/support/plugin.js';

const ROOT = join(import.meta.dirname, '..');
const DAY = 86_400_000;
/** Of the picture */
const WIDTH = 1240;
const HEIGHT = 880;

/** Days that a certificate has lived, days of its life, and what is wrong with the login. */
const LOGINS: Array<{
  alias: string;
  kind: 'production' | 'sandbox' | 'developer';
  age: number;
  life: number;
  unassigned?: true;
  unknown?: true;
}> = [
  { alias: 'acme', kind: 'production', age: 120, life: 730 },
  { alias: 'acme-uat', kind: 'sandbox', age: 340, life: 365 },
  { alias: 'acme-dev', kind: 'sandbox', age: 40, life: 365 },
  { alias: 'globex', kind: 'production', age: 400, life: 365 },
  { alias: 'globex-uat', kind: 'sandbox', age: 290, life: 365 },
  { alias: 'initech', kind: 'developer', age: 10, life: 90, unassigned: true },
  { alias: 'umbrella', kind: 'developer', age: 5, life: 365, unknown: true },
];

if (chromium === undefined) throw new Error('There is no Chromium; CHROME_PATH names one.');
const cache = join(ROOT, '.cache');
await mkdir(cache, { recursive: true });
const home = await mkdtemp(join(cache, 'report-'));
const orgs: Org[] = [];
const clientIds: string[] = [];
const browser = await Browser.open();

async function sf(...args: string[]): Promise<void> {
  const options = { cwd: home, env: environment({ home }) };
  const { stdout } = await promisify(execFile)(process.execPath, [RUN_JS, ...args], options).catch(
    (error: unknown) => error as { stdout: string; code: number },
  );
  process.stdout.write(stdout);
}

async function login({ alias, kind, age, life, unassigned, unknown }: (typeof LOGINS)[number]): Promise<void> {
  const username = `ci@${alias}.example.com`;
  const org = await startOrg({
    kind,
    orgId: `00D0000000000${String(orgs.length + 10)}EAA`,
    adminUsername: `admin@${alias}.example.com`,
    users: [{ username }],
  });
  orgs.push(org);
  const now = new Date(Date.now() - age * DAY);
  const serialNumber = positiveSerialNumber(Buffer.from(alias.padEnd(20, '.')));
  const { privateKeyPem, certificate } = await issueCredential({
    subject: { commonName: alias },
    keySize: 2048,
    days: life,
    now,
    serialNumber,
  });
  await writeFile(join(home, `${alias}.key`), privateKeyPem, { mode: 0o600 });
  if (unknown !== true) await writeFile(join(home, `${alias}.crt`), certificate.pem);
  const app = { name: 'JwtBearer', certificate: certificate.pem, adminApproved: true, permissionSets: ['JwtBearer'] };
  org.setup.createPermissionSet('JwtBearer');
  const clientId = org.setup.createExternalClientApp(app);
  clientIds.push(clientId);
  org.setup.assignPermissionSet(username, 'JwtBearer');
  const flags = ['--username', username, '--client-id', clientId, '--jwt-key-file', `${alias}.key`];
  await sf('jwt', 'grant', ...flags, '--instance-url', org.url, '--alias', alias);
  if (unassigned === true) org.setup.removeAssignment(username, 'JwtBearer');
}

try {
  for (const each of LOGINS) await login(each);
  await sf('jwt', 'list', '--check', '--report', 'report.html');
  const path = join(home, 'report.html');
  await writeFile(path, withExampleValues(await readFile(path, 'utf8')));
  const page = await browser.page(pathToFileURL(path).href, { width: WIDTH });
  await writeFile(join(ROOT, 'docs', 'report.png'), await page.picture(HEIGHT));
} finally {
  await browser.close();
  await Promise.all(orgs.map((org) => org.stop()));
  await rm(home, { recursive: true, force: true });
}

/** What differs from run to run, as the documentation calls it. */
function withExampleValues(page: string): string {
  const urls = orgs.map(({ url }) => url);
  const named = clientIds.reduce((text, clientId) => text.replaceAll(clientId, '3MVG9exampleClientId'), page);
  return urls
    .reduce((text, url) => text.replaceAll(url, 'https://example.my.salesforce.com'), named)
    .replaceAll(home, '/home/dev');
}
