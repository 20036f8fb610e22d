/** `sf jwt rotate` as the tests run it, and what has to hold afterwards. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtRotateResult } from '../../src/commands/jwt/rotate.js';
import { connected, fieldsOf, stateOf } from './connect.js';
import { entryOf, granted } from './grant.js';
import type { RunOptions } from './plugin.js';
import { expectSchema } from './schema.js';
import { ADMIN_ALIAS, CI_USER, Workplace, type Answer } from './workplace.js';

export const ROTATE = ['rotate', '--target-org', ADMIN_ALIAS, '--username', CI_USER];

/** A workplace whose org has the app JwtBearer, and in which the CI user has logged in with `server.key`. */
export async function openInUse(
  options: Parameters<typeof Workplace.open>[0] = {},
  grantArgs: string[] = [],
  runOptions: Partial<RunOptions> = {},
): Promise<{ workplace: Workplace; clientId: string; login: string[] }> {
  const workplace = await Workplace.open(options);
  const { clientId } = await connected(workplace, ['--username', CI_USER], runOptions);
  const login = ['--username', CI_USER, '--client-id', clientId!, '--instance-url', workplace.org.url];
  await granted(workplace, [...login, '--jwt-key-file', 'server.key', '--alias', 'ci', ...grantArgs], runOptions);
  return { workplace, clientId: clientId!, login };
}

/** A rotation to a key in a file. */
export type RotatedToFile = JwtRotateResult & { issued: { privateKeyFile: string } | null };

/** Runs rotate with `--json`: it ends with this exit code, and its result is as the schema says. */
export async function rotated(
  workplace: Workplace,
  args: string[] = [],
  { exitCode = 0, ...options }: Partial<RunOptions> & { exitCode?: number } = {},
): Promise<RotatedToFile> {
  const answer = await workplace.json<RotatedToFile>([...ROTATE, ...args], options);
  expect(answer.status, JSON.stringify(answer)).to.equal(exitCode);
  expectSchema('jwt-rotate', answer.result);
  const { issued } = answer.result;
  if (issued !== null) workplace.secrets.push(readFileSync(issued.privateKeyFile, 'utf8'));
  return answer.result;
}

/** Runs rotate with `--json`: it fails with this code. */
export async function failedRotation(
  workplace: Workplace,
  code: string,
  args: string[] = [],
  options: Partial<RunOptions> = {},
): Promise<Answer<never>> {
  const answer = await workplace.json<never>([...ROTATE, ...args], options);
  expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
  expect(answer.status).to.equal(1);
  expect(answer.actions).not.to.deep.equal([]);
  return answer;
}

/** As {@link failedRotation}, and the org and every file are as before. */
export async function refusedRotation(
  workplace: Workplace,
  code: string,
  args: string[] = [],
  options: Partial<RunOptions> = {},
): Promise<Answer<never>> {
  const before = { org: stateOf(workplace.org), files: await workplace.files() };
  const answer = await failedRotation(workplace, code, args, options);
  expect({ org: stateOf(workplace.org), files: await workplace.files() }).to.deep.equal(before);
  return answer;
}

/** The CI user's stored login works with the key that sf would read, and with no other key at hand. */
export async function expectLoginWorks(workplace: Workplace, login: string[]): Promise<void> {
  const { privateKey } = await entryOf(workplace.home);
  expect(statSync(privateKey as string).mode & 0o777).to.equal(0o600);
  const { status, stderr } = await workplace.jwt(
    ['grant', ...login, '--jwt-key-file', privateKey as string, '--json'],
    {
      home: workplace.path('another-home'),
    },
  );
  expect(status, stderr).to.equal(0);
}

/** The keys in the working directory, without their extension. */
export function pairsIn(workplace: Workplace): string[] {
  const names = readdirSync(workplace.cwd).filter((name) => /\.(key|crt)$/.test(name));
  return [...new Set(names.map((name) => name.replace(/\.\w+$/, '')))].sort();
}

/** What rotations leave in sf's state folder. */
export function recordsIn(workplace: Workplace): string[] {
  return readdirSync(join(workplace.home, '.sf', 'jwt-rotations')).filter((name) => !name.endsWith('.lock'));
}

/** The exit code of a login with a key, in a HOME that knows nothing. */
export async function loginOf(workplace: Workplace, login: string[], key: string): Promise<number | null> {
  const options = { home: workplace.path('another-home'), input: key };
  return (await workplace.jwt(['grant', ...login, '--jwt-key-file', '-', '--json'], options)).status;
}

/** The key that sf reads for the login is that of the certificate that the app has. */
export function expectStoredKeyInUse(workplace: Workplace): void {
  const entry = join(workplace.home, '.sfdx', `${CI_USER}.json`);
  const { privateKey } = JSON.parse(readFileSync(entry, 'utf8')) as { privateKey: string };
  const publicKey = createPublicKey(createPrivateKey(readFileSync(privateKey, 'utf8')));
  expect(certificateInUse(workplace).publicKey.equals(publicKey)).to.equal(true);
}

export function certificateInUse(workplace: Workplace): X509Certificate {
  return new X509Certificate(fieldsOf(workplace.org, 'ExtlClntAppGlobalOauthSettings')['certificate'] as string);
}

export function expectCertificateInUse(workplace: Workplace, pem: string): void {
  expect(certificateInUse(workplace).raw.equals(new X509Certificate(pem).raw)).to.equal(true);
}
