import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { Signer } from '../../keys/signer/signer.js';

/**
 * A private key: PEM (PKCS#8 or PKCS#1, encrypted or not, also with `\n` for its line ends or as base64), the bytes of such
 * a file or of a PKCS#12 or JKS keystore, a `KeyObject` of `node:crypto`, or whatever else can sign.
 */
export type PrivateKeySource = string | Uint8Array | KeyObject | Signer;

/** What signs. One of `key`, `keyFile` and `signer` is needed. */
export type KeyOptions = {
  key?: PrivateKeySource | undefined;
  /** Path of a file with the key, in any of the forms that `key` takes. */
  keyFile?: string | undefined;
  /** URI of a key that stays where it is, such as `awskms:///alias/ci`, as for the flag `--signer`. */
  signer?: string | undefined;
  /** Opens an encrypted key, or a keystore. */
  passphrase?: string | undefined;
};

/** The subject of a certificate: attributes of RFC 5280, each exactly as it's given. */
export type SubjectOptions = {
  /** Default: "server" */
  commonName?: string | undefined;
  organization?: string | undefined;
  organizationalUnit?: string | undefined;
  locality?: string | undefined;
  state?: string | undefined;
  /** Two letters */
  country?: string | undefined;
  /** ASCII */
  email?: string | undefined;
};

/** What is to be issued. */
export type CredentialOptions = {
  subject?: SubjectOptions | undefined;
  /** Bits of the RSA key. Default: 2048 */
  keySize?: 2048 | 3072 | 4096 | undefined;
  /** For how long the certificate is valid. Default: 365 */
  days?: number | undefined;
  /** Encrypts the private key. */
  passphrase?: string | undefined;
  /** Adds a PKCS#10 certificate signing request. Default: false */
  withRequest?: boolean | undefined;
  /** Default: the system's clock */
  clock?: Pick<Clock, 'now'> | undefined;
};

/** A certificate for a key that there is already, such as one in an HSM. */
export type CertificateOptions = Omit<CredentialOptions, 'keySize' | 'passphrase'> & KeyOptions;

/** A self-signed certificate. */
export type IssuedCertificate = {
  /** X.509 v3, PEM */
  certificate: string;
  /** PKCS#10, PEM. Only with `withRequest` */
  request?: string;
  keySize: number;
  /** On one line, with values escaped as in RFC 4514 */
  subject: string;
  /** Hexadecimal digits */
  serialNumber: string;
  notBefore: Date;
  notAfter: Date;
  /** SHA-256: upper-case pairs of hexadecimal digits with colons */
  fingerprint256: string;
};

/** A private key and its certificate. Nothing of it is on disk. */
export type IssuedCredential = IssuedCertificate & {
  /** PKCS#8 PEM. The secret. */
  privateKey: string;
  encrypted: boolean;
};

/** One way out to the network. Default: `fetch` of the platform, through the proxy that the usual variables name. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** What an assertion says, besides what `claims` adds. */
export type AssertionOptions = KeyOptions & {
  /** Client id (consumer key) of the app: the claim `iss` */
  clientId: string;
  /** Username in the org: the claim `sub` */
  username: string;
  /** The claim `aud`. Default: the one that fits `instanceUrl` */
  audience?: string | undefined;
  /** Where the assertion will be sent. Default: https://login.salesforce.com */
  instanceUrl?: string | URL | undefined;
  /** Seconds. Default: 180 */
  expiresIn?: number | undefined;
  /** More claims, such as `jti`; not `iss`, `sub`, `aud` and `exp` */
  claims?: Record<string, unknown> | undefined;
  /** PEM of the key's certificate, whose thumbprint the header then has */
  certificate?: string | undefined;
  /** Default with a certificate: sha256 */
  thumbprint?: 'sha1' | 'sha256' | undefined;
  /** Default: the system's clock */
  clock?: Pick<Clock, 'now'> | undefined;
};

/** RFC 7523 */
export type SignedAssertion = {
  /** Compact JWS. Whoever has it can log in once, until it expires. */
  assertion: string;
  header: { 'alg': 'RS256'; 'typ': 'JWT'; 'x5t'?: string; 'x5t#S256'?: string };
  claims: { iss: string; sub: string; aud: string; exp: number } & Record<string, unknown>;
};

/** What a token endpoint said instead of a token. */
export type Refusal = {
  /** As in docs/error-codes.md */
  code: string;
  /** The server's two words, or the reason why there is no answer, in one line */
  answer: string;
};

/** One login. */
export type TokenOptions = KeyOptions & {
  clientId: string;
  username: string;
  /** My Domain of the org, a login host, or an Experience Cloud site. Default: https://login.salesforce.com */
  instanceUrl?: string | URL | undefined;
  /** The claim `aud`. Default: the one that fits `instanceUrl` */
  audience?: string | undefined;
  /** For how long an app is waited for that the org doesn't know yet. Milliseconds. Default: 0 */
  wait?: number | undefined;
  /** When a request is given up. Milliseconds. Default: 30000 */
  timeout?: number | undefined;
  /** Is told of each refusal that is waited out. */
  onWait?: ((refusal: Refusal) => void) | undefined;
  fetch?: FetchFunction | undefined;
  /** Default: the system's clock */
  clock?: Clock | undefined;
};

/** An access token, and where it's good for. Ids have 18 characters. */
export type AccessToken = {
  /** The secret: whoever has it acts as the user until the session ends. */
  accessToken: string;
  instanceUrl: string;
  orgId: string;
  userId: string;
  /** Names with spaces between them */
  scope: string;
  /** For a login at an Experience Cloud site */
  communityUrl?: string;
  communityId?: string;
};

/** A login that is to be stored. */
export type GrantOptions = TokenOptions & {
  alias?: string | undefined;
  setDefault?: boolean | undefined;
  setDefaultDevHub?: boolean | undefined;
  /**
   * Where the Salesforce CLI finds the key when it renews the session: at `keyFile`, in a copy of its own, or nowhere.
   * Default: at `keyFile` where that is a plain key, a copy for other keys that aren't encrypted, else nowhere
   */
  keyStorage?: 'path' | 'copy' | 'none' | undefined;
  /** PEM of the key's certificate, which is then known here, so that the login can say when it ends */
  certificate?: string | undefined;
  /** Keeps the login. Default: the Salesforce CLI's own store, in which each of its commands finds it */
  store?: ((login: LoginToStore) => Promise<void>) | undefined;
};

/** A login that has succeeded. */
export type LoginToStore = Omit<AccessToken, 'scope'> & {
  username: string;
  clientId: string;
  loginUrl: string;
  /** Undefined: the key isn't to be kept. `pem` is PKCS#8, not encrypted: a secret. */
  key: { file: string } | { pem: string } | undefined;
  certificate: string | undefined;
  alias: string | undefined;
  setDefault: boolean;
  setDefaultDevHub: boolean;
  /** What is absent, the org doesn't tell this user. */
  org: {
    name?: string;
    edition?: string;
    isDevHub?: boolean;
    isSandbox?: boolean;
    isScratch?: boolean;
    /** The newest API version, as "67.0" */
    apiVersion: string;
  };
};

/** What was stored. It holds no secret. */
export type GrantedLogin = {
  username: string;
  orgId: string;
  instanceUrl: string;
  loginUrl: string;
  clientId: string;
  alias?: string;
  /** Absent where the org doesn't tell this user */
  isDevHub?: boolean;
  keyStorage: 'path' | 'copy' | 'none';
  /** What went well and still is worth a look, as `keyTemporary`: docs/api.md lists them. */
  warnings: string[];
};

/** An admin of an org: a stored login by its alias or username, or a session. */
export type AdminOrg =
  | string
  | {
      /** The org's My Domain */
      instanceUrl: string;
      accessToken: string;
    };

/** The app that an org is to have, and who may log in with it. */
export type ConnectOptions = KeyOptions & {
  org: AdminOrg;
  /** PEM. With its key, a login proves that all works. */
  certificate: string;
  /** API name or label of the app. Default: "JwtBearer" */
  name?: string | undefined;
  /** Of an app that exists; names it where `name` isn't given */
  clientId?: string | undefined;
  label?: string | undefined;
  /** Default: that of the app where it exists, else external-client-app */
  appType?: 'external-client-app' | 'connected-app' | undefined;
  /** Users to pre-authorize. Default: the admin */
  usernames?: string[] | undefined;
  permissionSets?: string[] | undefined;
  profiles?: string[] | undefined;
  /** Default for a new app: api, web, refresh_token */
  scopes?: string[] | undefined;
  callbackUrl?: string | undefined;
  contactEmail?: string | undefined;
  ipRelaxation?: 'enforce' | 'bypass' | undefined;
  /** As "67.0". Default: the newest of the org */
  apiVersion?: string | undefined;
  /** Reads and plans, and has the org check the deployment, and changes nothing. Default: false */
  dryRun?: boolean | undefined;
  /** For how long the deployment and the logins are waited for. Milliseconds. Default: 600000 */
  wait?: number | undefined;
  /** When a request is given up. Milliseconds. Default: 30000 */
  timeout?: number | undefined;
  /** Is told how it goes. */
  onProgress?: ((progress: ConnectProgress) => void) | undefined;
  /**
   * Says whether to go on where users who have approved the app themselves are about to lose it; undefined where the org
   * doesn't tell whom. Default: not to go on, the error is `lockout_declined`
   */
  onLockout?: ((usernames: string[] | undefined) => boolean | Promise<boolean>) | undefined;
  /** Keeps what a run that comes after a killed one needs. Default: files beside the Salesforce CLI's own, without secrets */
  store?: ConnectStore | undefined;
  fetch?: FetchFunction | undefined;
  /** Default: the system's clock */
  clock?: Clock | undefined;
};

/** Keeps the client id of a new app until the run has ended: an org may never give it out. */
export type ConnectStore = {
  read: () => { appType: string; clientId: string; deployId?: string } | undefined;
  write: (record: { appType: string; clientId: string; deployId?: string }) => void;
  remove: () => void;
};

/** A step of `connect`. */
export type ConnectProgress =
  | { step: 'plan'; changes: string[] }
  | { step: 'join'; deployId: string }
  | { step: 'deploy'; deployId: string; status: string; done: number; total: number }
  | { step: 'login'; username: string; refusal: Refusal };

/** What is in the org now, or in a dry run would be. */
export type ConnectResult = {
  /** `partly`: what isn't right with a user is said there; `pending`: deployed, but the org hadn't caught up with all logins */
  outcome: 'done' | 'partly' | 'pending';
  /** API name of the app */
  name: string;
  appType: 'external-client-app' | 'connected-app';
  /** Null only in a dry run, where the app doesn't exist or the org hides it */
  clientId: string | null;
  status: 'created' | 'updated' | 'unchanged';
  /** A sentence each */
  changes: string[];
  certificate: { fingerprint256: string; notAfter: string };
  /** Null where users approve the app themselves */
  permissionSet: string | null;
  profiles: string[];
  users: Array<{
    username: string;
    assigned: 'assigned' | 'already' | 'failed';
    /** Whether a login succeeded; null where none was tried */
    verified: boolean | null;
    error?: string;
  }>;
  instanceUrl: string;
  deployId?: string;
  dryRun: boolean;
  /** What went wrong beside it: what was learnt couldn't be kept on this machine. */
  warnings: Array<{ code: string; message: string }>;
};
