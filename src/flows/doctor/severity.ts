import type { Facts } from './facts.js';
import type { Severity } from './finding.js';

/** How bad something is that can stop a login: once the login works, it is worth a warning only. */
export function blocking({ login }: Facts): Severity {
  return login.state === 'granted' ? 'warning' : 'error';
}
