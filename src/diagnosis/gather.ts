import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { audienceFor } from '../assertion/audience.js';
import { certificatePem, readCertificate } from '../credential/certificate.js';
import { keySize } from '../credential/private-key.js';
import { Failure, isFailure } from '../failure.js';
import { readInputFile } from '../files/input-file.js';
import { readKeyInput, type KeyInput, type KeySources } from '../files/key-input.js';
import { isReadableByOthers } from '../files/passphrase.js';
import { isTemporary } from '../files/temporary-folder.js';
import { hasSignUpVariables } from '../org/sign-up-variables.js';
import type { StoredLogin } from '../store/stored-logins.js';
import type { Token } from '../token/answer.js';
import type { Fetch } from '../token/endpoint.js';
import { logIn, loginFailure, type LoginCircumstances } from '../token/log-in.js';
import type { CertificateFacts, Facts, KeyFacts, LoginFacts, OrgFacts, Reading, TargetFacts } from './facts.js';

/** A login as it was described on the command line. */
export type LoginDescription = {
  username: string;
  clientId: string;
  audience: string | undefined;
  keySources: KeySources;
  certificateFile: string | undefined;
  /** Username of an admin whose login is stored */
  admin: string | undefined;
};

export type GatherWorld = {
  fetch: Fetch;
  now: () => number;
  /** Milliseconds until a request is given up */
  timeout: number;
  environment: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  /** Where to log in; throws a Failure for what is no place to log in at. */
  loginUrl: () => Promise<URL>;
  storedLogins: () => StoredLogin[];
  /** The org as the admin sees it; asked after the login was tried. Undefined: no admin was named. */
  viewOrg: ((isOurs: (certificate: Buffer) => boolean) => Promise<OrgFacts>) | undefined;
};

/**
 * Gathers what the checks judge: files, store and clock, one login with one token request, and an admin's view of the
 * org. It changes nothing; what can't be read is a fact too.
 */
export async function gather(description: LoginDescription, world: GatherWorld): Promise<Facts> {
  const { username, keySources, certificateFile, admin } = description;
  const { viewOrg } = world;
  const stored = storedFacts(username, world);
  const [{ target, urlFailure }, key, certificate] = await Promise.all([
    targetOf(description, world),
    keyInputOf(keySources),
    certificateFile === undefined ? undefined : certificateFacts(certificateFile),
  ]);
  const keyFacts = isKey(key) ? keyFactsOf(key, keySources, world.environment) : key;
  const files = { keyFile: keySources.file, certificateFile };
  const attempt = await attemptLogin(target, isKey(key) ? key.key : undefined, files, world);
  const publicKey = keyFacts.state === 'usable' ? keyFacts.publicKey : undefined;
  const isOurs = (der: Buffer): boolean => publicKey !== undefined && publicKeyIn(der)?.equals(publicKey) === true;
  return {
    ...attempt,
    platform: world.platform,
    target,
    urlFailure,
    key: keyFacts,
    keyFile: keySources.file,
    certificate,
    certificateFile,
    stored,
    signupVariables: hasSignUpVariables(world.environment),
    admin,
    org: viewOrg && (await attemptReading(() => viewOrg(isOurs))),
  };
}

/** Runs one step of gathering; what it throws becomes the reason why there is no value. */
export async function attemptReading<T>(step: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { read: true, value: await step() };
  } catch (error) {
    return { read: false, reason: reasonOf(error) };
  }
}

/** The server's or the system's words, on one line. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout';
  const words = cause instanceof Error && message === 'fetch failed' ? cause.message : message;
  return words.replace(/\s+/g, ' ').trim() || name;
}

async function targetOf(
  { username, clientId, audience }: LoginDescription,
  { loginUrl, environment }: GatherWorld,
): Promise<{ target: TargetFacts; urlFailure: Failure | undefined }> {
  const given = audience ?? (environment['SF_AUDIENCE_URL'] || undefined);
  try {
    const url = await loginUrl();
    const usualAudience = audienceFor(url);
    const target = { username, clientId, loginUrl: url, audience: given ?? usualAudience, usualAudience };
    return { target, urlFailure: undefined };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const target = { username, clientId, loginUrl: undefined, audience: given ?? '', usualAudience: '' };
    return { target, urlFailure: error };
  }
}

/** A key, or what is wrong with it. */
async function keyInputOf(sources: KeySources): Promise<KeyInput | Extract<KeyFacts, { state: 'unusable' }>> {
  try {
    const input = await readKeyInput(sources);
    return input ?? { state: 'unusable', failure: new Failure('key_missing', {}) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { state: 'unusable', failure: error };
  }
}

function isKey(input: KeyInput | KeyFacts): input is KeyInput {
  return 'key' in input;
}

function keyFactsOf(
  { key, path, encrypted }: KeyInput,
  { file }: KeySources,
  environment: NodeJS.ProcessEnv,
): Extract<KeyFacts, { state: 'usable' }> {
  return {
    state: 'usable',
    source: path ?? (file === '-' ? 'stdin' : 'SF_JWT_KEY'),
    path,
    size: keySize(key),
    encrypted,
    publicKey: spkiOf(createPublicKey(key)),
    readableByOthers: path !== undefined && isReadableByOthers(path),
    temporary: path !== undefined && isTemporary(path, environment),
  };
}

async function certificateFacts(path: string): Promise<CertificateFacts> {
  try {
    const { der, publicKey, notBefore, notAfter } = readCertificate(await readInputFile(path), path);
    return { state: 'usable', path, der, publicKey: spkiOf(publicKey), notBefore, notAfter };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { state: 'unusable', failure: error };
  }
}

/** The public key (SubjectPublicKeyInfo) in a certificate's DER; undefined where it is none. */
function publicKeyIn(der: Buffer): Buffer | undefined {
  try {
    return spkiOf(readCertificate(certificatePem(der), '').publicKey);
  } catch {
    return undefined;
  }
}

function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function storedFacts(username: string, { storedLogins }: GatherWorld): Facts['stored'] {
  const login = storedLogins().find((one) => one.username === username);
  if (login === undefined) return undefined;
  const { privateKeyFile, isDevHub } = login;
  return { privateKeyFile, exists: existsSync(privateKeyFile), isDevHub };
}

type Attempt = Pick<Facts, 'login' | 'now' | 'clockDifference'>;

/** One assertion, one request. The server's clock is compared with ours in the middle of the exchange. */
async function attemptLogin(
  { loginUrl, ...target }: TargetFacts,
  key: KeyObject | undefined,
  files: Pick<LoginCircumstances, 'keyFile' | 'certificateFile'>,
  { fetch, now, timeout }: GatherWorld,
): Promise<Attempt> {
  const start = now();
  if (loginUrl === undefined || key === undefined)
    return { login: { state: 'untried' }, now: start, clockDifference: undefined };
  const loginTarget = { ...target, loginUrl };
  const answer = await logIn(loginTarget, key, { fetch, now: start, timeout });
  const middle = Math.round((start + now()) / 2);
  const { serverTime } = answer;
  const login: LoginFacts = answer.ok
    ? await grantedFacts(answer, fetch, timeout)
    : { state: 'refused', failure: loginFailure(answer, loginTarget, { ...files, timeout }) };
  // The header has whole seconds, cut off.
  return { login, now: middle, clockDifference: serverTime === undefined ? undefined : serverTime + 500 - middle };
}

/** Old enough for every org, and the version with which sf itself asks whether an org is a Dev Hub. */
const DEV_HUB_QUERY = '/services/data/v51.0/query?q=SELECT%20Id%20FROM%20ScratchOrgInfo%20LIMIT%201';

/** Uses the token once: it says whether the API takes it, and whether the org is a Dev Hub. */
async function grantedFacts(token: Token, fetch: Fetch, timeout: number): Promise<LoginFacts> {
  const { orgId, instanceUrl, accessToken } = token;
  const answer = await attemptReading(async () => {
    const response = await fetch(`${instanceUrl}${DEV_HUB_QUERY}`, {
      headers: { authorization: `Bearer ${accessToken}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return { status: response.status, body: await response.text() };
  });
  const status = answer.read ? answer.value.status : 0;
  const refused = status === 401 || status === 403 || status === 0;
  const words = answer.read ? `HTTP ${status} ${answer.value.body.slice(0, 200)}` : answer.reason;
  return {
    state: 'granted',
    orgId,
    instanceUrl,
    apiRefusal: refused ? words.replaceAll(accessToken, '…') : undefined,
    isDevHub: status === 200,
  };
}
