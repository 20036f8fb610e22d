import { existsSync } from 'node:fs';
import { isFailure, type Failure } from '../../failure.js';
import { audienceFor } from '../../keys/assertion/audience.js';
import { signerUriIn, type KeySources } from '../../machine/files/key-input.js';
import { isQuotable } from '../../machine/files/path-value.js';
import type { StoredLogin } from '../../machine/store/stored-logins.js';
import { hasSignUpVariables } from '../../salesforce/org/sign-up-variables.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import type { LoginTarget } from '../../salesforce/token/log-in.js';
import type { Facts, OrgFacts, TargetFacts } from './facts.js';
import { isKey, keyFactsOf, ownCertificate, publicKeyIn, readCertificateFile, readKey } from './gather-credential.js';
import { attemptLogin } from './gather-login.js';
import { attemptReading } from './reading.js';

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

export type GatherDependencies = {
  fetch: Fetch;
  now: () => number;
  /** Milliseconds until a request is given up */
  timeout: number;
  environment: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  /** Where to log in; throws a Failure for what is no place to log in at. */
  loginUrl: () => Promise<URL>;
  storedLogins: () => StoredLogin[];
  /** Finds the stored login of an admin of the org, for the sake of advice. */
  adminOf?: (target: LoginTarget) => string | undefined;
  /** Why a login of this user couldn't be stored or read; undefined where it can. */
  storeFailure: (username: string) => Promise<Failure | undefined>;
  /** Whether the stored entry of a user is that of a login in a browser. */
  isWebLogin: (username: string) => boolean;
  /** The org as the admin sees it; asked after the login was tried. Undefined: no admin was named. */
  viewOrg: ((isOurs: (certificate: Buffer) => boolean) => Promise<OrgFacts>) | undefined;
};

/**
 * Gathers what the checks judge: files, store and clock, one login with one token request, and an admin's view of the
 * org. It changes nothing; what can't be read is a fact too.
 */
export async function gather(description: LoginDescription, dependencies: GatherDependencies): Promise<Facts> {
  const { username, keySources, certificateFile, admin } = description;
  const { viewOrg } = dependencies;
  const stored = storedFacts(username, dependencies);
  const [{ target, urlFailure }, key] = await Promise.all([targetOf(description, dependencies), readKey(keySources)]);
  const signer = isKey(key) ? key.signer : undefined;
  const certificate =
    certificateFile === undefined ? undefined : await readCertificateFile(certificateFile, keySources, signer);
  const keyFacts = isKey(key) ? keyFactsOf(key, dependencies.environment) : key;
  const knownAdmin = admin ?? (target.loginUrl && dependencies.adminOf?.({ ...target, loginUrl: target.loginUrl }));
  const { passphraseFile } = keySources;
  const keyFile = quotable(keySources.file);
  const ownCertificateFile = await ownCertificate(keyFacts, certificate, keyFile);
  const files = {
    keyFile,
    signer: signer?.uri,
    passphraseFile,
    certificateFile: ownCertificateFile,
    adminOrg: knownAdmin,
  };
  const attempt = await attemptLogin(target, signer, files, dependencies);
  const publicKey = keyFacts.state === 'usable' ? keyFacts.publicKey : undefined;
  const isOurs = (der: Buffer): boolean => publicKey !== undefined && publicKeyIn(der)?.equals(publicKey) === true;
  return {
    ...attempt,
    platform: dependencies.platform,
    target,
    urlFailure,
    key: keyFacts,
    keyFile,
    signer: signer?.uri ?? signerUriIn(keySources),
    passphraseFile,
    certificate,
    certificateFile: quotable(certificateFile),
    ownCertificateFile,
    storeFailure: await dependencies.storeFailure(username),
    stored,
    webLogin: dependencies.isWebLogin(username),
    signupVariables: hasSignUpVariables(dependencies.environment),
    admin,
    knownAdmin,
    org: viewOrg && (await attemptReading(() => viewOrg(isOurs))),
  };
}

/** A value that leads to nothing may be a secret, which no advice repeats. */
function quotable(path: string | undefined): string | undefined {
  return path === undefined || path === '-' || existsSync(path) || isQuotable(path, 'input') ? path : undefined;
}

async function targetOf(
  { username, clientId, audience }: LoginDescription,
  { loginUrl, environment }: GatherDependencies,
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

function storedFacts(username: string, { storedLogins }: GatherDependencies): Facts['stored'] {
  const login = storedLogins().find((one) => one.username === username);
  if (login === undefined) return undefined;
  const { privateKeyFile, isDevHub } = login;
  return { privateKeyFile, exists: existsSync(privateKeyFile), isDevHub };
}
