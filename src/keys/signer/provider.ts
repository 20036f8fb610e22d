import type { KeyObject } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { KeySize } from '../credential/issue.js';

/** How a program of another ended. */
export type SignerProgramEnd = {
  /** Its exit code; 1 where a signal ended it */
  status: number;
  stdout: Buffer;
  stderr: string;
  /** It was ended, with all that it started, since it took longer than it had. */
  timedOut: boolean;
  /** It was ended since it wrote more than it may; `stdout` is the first part. */
  tooLong: boolean;
};

export type SignerProgramOptions = {
  /** Standard input; empty unless it is given. */
  input?: Uint8Array;
  /** Variables besides those of this process, of which none of this plugin's own (`SF_JWT_…`) is handed on */
  env?: Record<string, string>;
  /** Milliseconds until it is ended */
  timeout: number;
  /** Bytes of standard output */
  limit: number;
};

/** What lies outside of the process, for keys that do. */
export type SignerDependencies = {
  environment: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  /** The absolute path of one that begins in the current folder */
  resolvePath: (path: string) => string;
  /** Runs a program without a shell. Undefined: there is none of that name, or it can't be run. */
  run: (program: string, args: string[], options: SignerProgramOptions) => Promise<SignerProgramEnd | undefined>;
  /** Connects to a local socket or a named pipe. */
  connect: (path: string) => Duplex;
  fetch: typeof fetch;
  /** Reads a small text file, such as a token or a PIN; undefined where there is none. */
  readFile: (path: string) => Promise<string | undefined>;
  /** A file of mode 0600 that holds these bytes while `use` runs. For what isn't secret, where standard input won't do. */
  withTemporaryFile: <T>(content: Uint8Array, use: (path: string) => Promise<T>) => Promise<T>;
  /** Asks a person for a PIN; undefined where nobody can answer. */
  askPin: ((what: string) => Promise<string>) | undefined;
  /** Milliseconds until a program or a server is given up */
  timeout: number;
};

/** Another key that may have signed by mistake, under the name that a reader knows it by. */
export type OtherKey = { version: string; publicKey: KeyObject };

/** A key that was found, with its version pinned. Nobody has verified its signatures yet. */
export type FoundKey = {
  publicKey: KeyObject;
  /** The URI that names this very version */
  uri: string;
  /** The version, where it has a name of its own */
  version?: string;
  /**
   * RSASSA-PKCS1-v1_5 with SHA-256 over the data.
   *
   * @returns the signature as it came; see `readSignature` for texts
   */
  sign: (data: Uint8Array) => Promise<Buffer>;
  /** The other versions of the key, or the other keys there, as far as they are known; asked after a signature of another key */
  otherKeys?: () => Promise<OtherKey[]>;
};

/** One kind of keeper of keys, such as a KMS or an agent. */
export type SignerProvider = {
  /**
   * Finds the key, and pins its version.
   *
   * @throws Failure `signer_…`
   */
  open: (uri: string, dependencies: SignerDependencies) => Promise<FoundKey>;
  /**
   * Makes a key that can't be exported and only signs, under the name that the URI has. Undefined: not possible there.
   *
   * @returns its URI, with the version
   * @throws Failure `signer_…`
   */
  create?: (uri: string, size: KeySize, dependencies: SignerDependencies) => Promise<string>;
};
