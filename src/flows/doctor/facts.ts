import type { AppSearch } from '../../salesforce/app/app-in-use.js';
import type { Failure } from '../../failure.js';
import type { AppAccess, LoginRecord, LoginState, LoginUser, OrgKind } from '../../salesforce/org/login-access.js';
import type { Reading } from './reading.js';

/** The login as the user described it. */
export type TargetFacts = {
  username: string;
  clientId: string;
  /** Undefined: what was given is no URL to log in at, which `failure` of the facts explains. */
  loginUrl: URL | undefined;
  audience: string;
  /** The audience that the URL itself suggests. */
  usualAudience: string;
};

export type KeyFacts =
  | { state: 'unusable'; failure: Failure }
  | {
      state: 'usable';
      /** A path, `stdin`, `SF_JWT_KEY` or the URI of a signer */
      source: string;
      /** Absolute; undefined where it came from no file. */
      path: string | undefined;
      /** The key is kept elsewhere. */
      bySigner?: boolean;
      /** Bits */
      size: number;
      encrypted: boolean;
      /** The public half as SubjectPublicKeyInfo, DER */
      publicKey: Buffer;
      readableByOthers: boolean;
      temporary: boolean;
    };

export type CertificateFacts =
  | { state: 'unusable'; failure: Failure }
  | {
      state: 'usable';
      path: string;
      der: Buffer;
      /** SubjectPublicKeyInfo, DER */
      publicKey: Buffer;
      notBefore: Date;
      notAfter: Date;
      /** The file beside it that holds its private key; undefined: none is there. */
      keyFile: string | undefined;
    };

/** What came of one assertion and one token request. */
export type LoginFacts =
  | { state: 'untried' }
  | {
      state: 'granted';
      orgId: string;
      instanceUrl: string;
      /** What came of a request with the token; `strange` is no answer of an org's REST API. */
      api: { state: 'answers' } | { state: 'refuses' | 'silent' | 'strange'; reason: string };
      isDevHub: boolean;
    }
  | { state: 'refused'; failure: Failure };

/** The certificate that an app in the org has. */
export type AppCertificateFacts = { der: Buffer; publicKey: Buffer; notAfter: Date; fingerprint256: string };

/** The org as an admin sees it. A part that depends on another which couldn't be read is undefined. */
export type OrgFacts = {
  /** The admin's username */
  admin: string;
  instanceUrl: string;
  kind: Reading<OrgKind>;
  search: Reading<AppSearch>;
  /** Undefined: no app, or no certificate that could be read. */
  appCertificate: AppCertificateFacts | undefined;
  user: Reading<LoginUser | undefined>;
  userState: Reading<LoginState> | undefined;
  access: Reading<AppAccess> | undefined;
  lastLogin: Reading<LoginRecord | undefined> | undefined;
  isDevHub: Reading<boolean>;
};

/** Everything that the checks judge, gathered once. It holds no secret. */
export type Facts = {
  /** This machine's clock, in milliseconds since the epoch */
  now: number;
  platform: NodeJS.Platform;
  target: TargetFacts;
  /** What is wrong with the URL to log in at, where that was plain from the start. */
  urlFailure: Failure | undefined;
  key: KeyFacts;
  /** What was given for the key: a path, `-`, or undefined for the environment */
  keyFile: string | undefined;
  /** URI of the key that was asked for, where it is kept elsewhere */
  signer?: string | undefined;
  passphraseFile: string | undefined;
  certificate: CertificateFacts | undefined;
  certificateFile: string | undefined;
  /** The file of a certificate that is known to be the key's: the one that was named, else the one beside the key. */
  ownCertificateFile: string | undefined;
  login: LoginFacts;
  /** By how many milliseconds the server's clock is ahead of this machine's; undefined where no answer came. */
  clockDifference: number | undefined;
  /** Why sf's auth store can't be read or written. */
  storeFailure: Failure | undefined;
  /** The entry of this user in sf's auth store is that of a login in a browser. */
  webLogin: boolean;
  /** The entry of this user in sf's auth store */
  stored: { privateKeyFile: string; exists: boolean; isDevHub: boolean | undefined } | undefined;
  /** The environment has both variables that scratch orgs need where the Dev Hub's app is an External Client App. */
  signupVariables: boolean;
  /** The admin's username; undefined: no admin's view was asked for. */
  admin: string | undefined;
  /** As `admin`, or a stored login of the same org that may be one. */
  knownAdmin: string | undefined;
  /** Undefined: as `admin`. */
  org: Reading<OrgFacts> | undefined;
};
