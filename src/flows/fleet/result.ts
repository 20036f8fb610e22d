import type { JwtGrantResult } from '../grant.js';
import type { FailedRow } from './failed-row.js';
import type { GrantOutcome } from './grant.js';
import { failedLogin, type Shared } from './report.js';

/** What `sf jwt fleet grant --json` returns. */
export type JwtFleetGrantResult = {
  /** The logins that were made, each as `sf jwt grant` returns it, in the order of the file. */
  granted: JwtGrantResult[];
  /** The rows whose login failed, in the order of the file. */
  failed: FailedRow[];
  /** The rows that `--resume` left out, since their login works, in the order of the file. */
  skipped: Array<{ line: number; username: string; alias?: string; orgId: string }>;
};

export function resultOf(outcomes: readonly GrantOutcome[], shared: Shared): JwtFleetGrantResult {
  const failed: FailedRow[] = [];
  const result: JwtFleetGrantResult = { granted: [], failed, skipped: [] };
  for (const outcome of outcomes) {
    if (outcome.state === 'failed') failed.push(failedLogin(outcome, shared));
    else if (outcome.state === 'granted') {
      const { fields, keyStorage } = outcome.granted;
      result.granted.push({ ...fields, keyStorage });
    } else {
      const { line, username = '', alias } = outcome.row;
      result.skipped.push({ line, username, ...(alias === undefined ? {} : { alias }), orgId: outcome.orgId });
    }
  }
  return result;
}
