import { Failure } from '../../failure.js';
import { audienceFor, PRODUCTION_AUDIENCE } from '../../keys/assertion/audience.js';
import type { LoginTarget } from '../../salesforce/token/log-in.js';
import { parseLoginUrl, requireLoginUrl } from '../../salesforce/token/login-url.js';

/** @throws Failure `option_missing`, `option_malformed`: programs without types give anything */
export function requireText(option: string, value: unknown): string {
  if (value === undefined || value === null || value === '') throw new Failure('option_missing', { option });
  if (typeof value !== 'string') throw new Failure('option_malformed', { option, wanted: 'text' });
  return value;
}

/** @throws Failure `option_malformed` */
export function requireDuration(option: string, value: unknown, least: number): number {
  if (typeof value === 'number' && value >= least && value < 2 ** 31) return value;
  throw new Failure('option_malformed', { option, wanted: `a number from ${least} on` });
}

type Target = {
  clientId: string;
  username: string;
  instanceUrl?: string | URL | undefined;
  audience?: string | undefined;
};

/** @throws Failure `option_missing`, `option_malformed`, those of `requireLoginUrl` */
export function targetOf({ clientId, username, instanceUrl = PRODUCTION_AUDIENCE, audience }: Target): LoginTarget {
  const loginUrl = parseLoginUrl(String(instanceUrl));
  if (loginUrl === undefined)
    throw new Failure('option_malformed', { option: 'instanceUrl', wanted: 'a URL to log in at' });
  requireLoginUrl(loginUrl);
  return {
    clientId: requireText('clientId', clientId),
    username: requireText('username', username),
    loginUrl,
    audience: audience === undefined ? audienceFor(loginUrl) : requireText('audience', audience),
  };
}
