import type { Site } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';

const LOGIN = 'https://login.salesforce.com';
const TEST = 'https://test.salesforce.com';

/** The door a grant came through; it decides which audiences count. */
export interface TokenHost {
  kind: 'my-domain' | 'login' | 'test' | 'site';
  /** Origin (or site URL) without trailing slash. */
  url: string;
  site?: Site;
}

export const isGeneric = ({ kind }: TokenHost): boolean => kind === 'login' || kind === 'test';

export function acceptsAudience(host: TokenHost, audience: unknown, state?: OrgState): boolean {
  if (typeof audience !== 'string') return false;
  const wanted = audience.replace(/\/$/, '').toLowerCase();
  return audiencesOf(host, state).some((accepted) => accepted.toLowerCase() === wanted);
}

function audiencesOf(host: TokenHost, state: OrgState | undefined): string[] {
  if (host.kind === 'login') return [host.url, LOGIN];
  if (host.kind === 'test') return [host.url, TEST];
  if (host.kind === 'site') return [host.url];
  const generic = state?.switches.myDomainAudience === 'matching' ? [state.genericHost] : [LOGIN, TEST];
  return [host.url, ...generic];
}
