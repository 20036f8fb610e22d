import type { AppType } from '../../salesforce/app/app.js';
import { loginRow, type LoginRow } from './report.js';
import type { Rotated } from './rotation.js';

/** What `sf jwt rotate --json` returns. Paths are absolute; dates are ISO 8601 in UTC. */
export type JwtRotateResult = {
  /** API name of the app. */
  name: string;
  appType: AppType;
  /** The app's client id (consumer key), which stays the same. */
  clientId: string;
  /** `unchanged`: the certificate in use has more time left than --if-expires-within asks for. */
  status: 'rotated' | 'unchanged';
  /** The user who proved the new key by logging in. */
  username: string;
  /** The certificate that was in use; with `unchanged`, the one that is. */
  previous: {
    /** SHA-256 fingerprint: upper-case pairs of hexadecimal digits with colons. */
    fingerprint256: string;
    notAfter: string;
    /** The private key's file, which stays. Null where the key came from elsewhere. */
    privateKeyFile: string | null;
  };
  /** The new pair. Null where nothing was changed. */
  issued: {
    fingerprint256: string;
    notAfter: string;
    /** PEM, mode 0600. Null where a signer keeps the key. */
    privateKeyFile: string | null;
    /** URI of the key, with its version, where a signer keeps it. */
    signer?: string;
    certificateFile: string;
  } | null;
  /** The logins on this machine that had the old key. */
  logins: LoginRow[];
  /** Seconds at most in which no key logged in. Null where that wasn't measured. */
  gapSeconds: number | null;
  /** The org's My Domain URL, where the app can be reached. */
  instanceUrl: string;
  /** Id of the deployment, if there was one. */
  deployId?: string;
  /** Whether this run finished a rotation that another one had begun. */
  resumed: boolean;
  dryRun: boolean;
};

export function resultOf(
  rotated: Rotated,
  asked: { username: string; instanceUrl: string; dryRun: boolean },
): JwtRotateResult {
  const { status, current, previous, previousKeyFile, issued, logins, gap, deployId, resumed } = rotated;
  return {
    name: current.app.name,
    appType: current.type,
    clientId: current.clientId,
    status,
    previous: {
      fingerprint256: previous.fingerprint256,
      notAfter: previous.notAfter.toISOString(),
      privateKeyFile: previousKeyFile ?? null,
    },
    issued:
      issued === undefined
        ? null
        : {
            fingerprint256: issued.certificate.fingerprint256,
            notAfter: issued.certificate.notAfter.toISOString(),
            privateKeyFile: issued.places.privateKeyFile ?? null,
            ...(issued.places.signer === undefined ? {} : { signer: issued.places.signer }),
            certificateFile: issued.places.certificateFile,
          },
    logins: logins.map(loginRow),
    gapSeconds: gap === undefined ? null : Math.ceil(gap / 100) / 10,
    ...(deployId === undefined ? {} : { deployId }),
    resumed,
    ...asked,
  };
}
