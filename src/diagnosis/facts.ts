import type { AppSearch } from '../app/app-in-use.js';
import type { Failure } from '../failure.js';
import type { AppAccess, LoginRecord, LoginState, LoginUser } from '../org/login-access.js';

/** Something that was read, or the reason why it couldn't be: every step of gathering may fail by itself. */
export type Reading<T> = { read: true; value: T } | { read: false; reason: string };

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
      /** A path, `stdin` or `SF_JWT_KEY` */
      source: string;
      /** Absolute; undefined where it came from no file. */
      path: string | undefined;
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
    };

/** What came of one assertion and one token request. */
export type LoginFacts =
  | { state: 'untried' }
  | {
      state: 'granted';
      orgId: string;
      instanceUrl: string;
      /** What the org's REST API said to the token, if it refused it. */
      apiRefusal: string | undefined;
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
  kind: Reading<{ orgId: string; sandbox: boolean }>;
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
  certificate: CertificateFacts | undefined;
  certificateFile: string | undefined;
  login: LoginFacts;
  /** By how many milliseconds the server's clock is ahead of this machine's; undefined where no answer came. */
  clockDifference: number | undefined;
  /** The entry of this user in sf's auth store */
  stored: { privateKeyFile: string; exists: boolean; isDevHub: boolean | undefined } | undefined;
  /** The environment has both variables that scratch orgs need where the Dev Hub's app is an External Client App. */
  signupVariables: boolean;
  /** The admin's username; undefined: no admin's view was asked for. */
  admin: string | undefined;
  /** Undefined: as `admin`. */
  org: Reading<OrgFacts> | undefined;
};
