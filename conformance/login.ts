import type { KeyPair } from './keys.js';
import type { Received } from './org-access.js';
import { jsonOf } from './org-api.js';
import type { HostRole, Json } from './recording.js';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** One JWT bearer grant, as a probe wants it. */
export interface Login {
  clientId: string;
  key: KeyPair;
  username: string;
  host?: HostRole;
  /** Default: the org's own host. */
  audience?: Json;
  /** Seconds from now; default 180. */
  exp?: number;
  expInMs?: boolean;
  claims?: Record<string, Json>;
  header?: Record<string, string>;
  /** Changes the assertion after it was signed. */
  tamper?: (assertion: string) => string;
}

export function tokenOf(received: Received): string | undefined {
  const json = jsonOf(received);
  if (received.status !== 200 || json === null || typeof json !== 'object' || !('access_token' in json))
    return undefined;
  return typeof json['access_token'] === 'string' ? json['access_token'] : undefined;
}
