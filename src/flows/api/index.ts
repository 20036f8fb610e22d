/**
 * What the package gives to programs that import it. Nothing here prints, asks, or ends the process; what a function needs is
 * loaded when it's called.
 */
import { JwtError } from './error.js';
import type {
  AccessToken,
  AssertionOptions,
  CertificateOptions,
  ConnectOptions,
  ConnectResult,
  CredentialOptions,
  GrantedLogin,
  GrantOptions,
  IssuedCertificate,
  IssuedCredential,
  SignedAssertion,
  TokenOptions,
} from './types.js';

export { JwtError };
export type { Clock } from '../../clock.js';
export type { Signer } from '../../keys/signer/signer.js';
export type {
  AccessToken,
  AdminOrg,
  AssertionOptions,
  CertificateOptions,
  ConnectOptions,
  ConnectProgress,
  ConnectResult,
  ConnectStore,
  CredentialOptions,
  FetchFunction,
  GrantedLogin,
  GrantOptions,
  IssuedCertificate,
  IssuedCredential,
  KeyOptions,
  LoginToStore,
  PrivateKeySource,
  Refusal,
  SignedAssertion,
  SubjectOptions,
  TokenOptions,
} from './types.js';

/**
 * Makes a private key and its self-signed certificate, as `sf jwt keygen` does, and writes nothing. With a key, makes the
 * certificate of that one.
 *
 * @throws JwtError `subject_…`, `days_out_of_range`, `passphrase_…`; with a key as {@link signAssertion}
 */
export async function issueCredential(options?: CredentialOptions): Promise<IssuedCredential>;
export async function issueCredential(options: CertificateOptions): Promise<IssuedCertificate>;
export async function issueCredential(
  options: CredentialOptions | CertificateOptions = {},
): Promise<IssuedCredential | IssuedCertificate> {
  return answer(async () => (await import('./issue-credential.js')).issueCredential(options));
}

/**
 * Signs an assertion of RFC 7523, as `sf jwt sign` does. No org is asked.
 *
 * @throws JwtError `option_…`, `key_…`, `keystore_…`, `certificate_…`, `signer_…`
 */
export async function signAssertion(options: AssertionOptions): Promise<SignedAssertion> {
  return answer(async () => (await import('./sign-assertion.js')).signAssertion(options));
}

/**
 * Logs in for an access token, as `sf jwt token` does: one assertion, one request. Nothing is stored.
 *
 * @throws JwtError as {@link signAssertion}; what the token endpoint's refusal means
 */
export async function requestToken(options: TokenOptions): Promise<AccessToken> {
  return answer(async () => (await import('./request-token.js')).requestToken(options));
}

/**
 * Logs in and stores the login, as `sf jwt grant` does: afterwards every `sf` command has it. Nothing is stored unless
 * all that can fail has succeeded.
 *
 * @throws JwtError as {@link requestToken}; `org_unreadable`, `store_…`
 */
export async function grant(options: GrantOptions): Promise<GrantedLogin> {
  return answer(async () => (await import('./grant.js')).grant(options));
}

/**
 * Sets up the app in an org and pre-authorizes users, as `sf jwt connect` does, and with a key proves it by logging in. A
 * second call changes nothing.
 *
 * @throws JwtError as the command; where the org was changed all the same, `data.applied` says how far
 */
export async function connect(options: ConnectOptions): Promise<ConnectResult> {
  return answer(async () => (await import('./connect.js')).connect(options));
}

/** Failures leave with their words. */
async function answer<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    const { explained } = await import('./explained.js');
    throw explained(error);
  }
}
