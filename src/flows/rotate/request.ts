import type { KeySize } from '../../keys/credential/issue.js';
import type { Passphrase } from '../../keys/credential/private-key.js';
import type { Subject } from '../../keys/credential/subject.js';
import type { KeyInput } from '../../machine/files/key-input.js';

/** What `rotate` is asked for. */
export type RotateRequest = {
  /** API name of the app */
  name: string;
  /** The name was given, and isn't just the default: else a client id names the app. */
  nameGiven: boolean;
  /** Who proves the new key by logging in. */
  username: string;
  /** The app's client id: names it where no name was given, or is for an org that doesn't give it out. */
  clientId: string | undefined;
  /** The key in use, where it was given. */
  key: KeyInput | undefined;
  /** The file of the certificate in use, for an org that doesn't give it out. */
  certificateFile: string | undefined;
  newPair: {
    /** Undefined: beside the key in use, or the current directory. */
    folder: string | undefined;
    /** What tells its name from those of others with the same key; undefined: nothing. */
    suffix?: string | undefined;
    /** URI of the new key, which a signer keeps. Undefined: it's made, and written to a file. */
    signer?: string | undefined;
    /** Bits. Undefined: as the key in use. */
    keySize: KeySize | undefined;
    days: number;
    subject: Omit<Subject, 'commonName'> & { commonName: string | undefined };
    passphrase: Passphrase | undefined;
    serialNumber: Uint8Array;
  };
  /** Days; nothing is done while the certificate in use has more than that. */
  expiresWithin: number | undefined;
  /** Milliseconds for the new key's first login */
  wait: number;
  apiVersion: string;
  dryRun: boolean;
};
