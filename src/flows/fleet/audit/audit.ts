import { Failure } from '../../../failure.js';
import { adminLogin } from '../../../machine/store/admin-login.js';
import { findStoredOrg } from '../../../machine/store/stored-logins.js';
import { requireApiVersion } from '../../../salesforce/app/requirements.js';
import { parseLoginUrl } from '../../../salesforce/token/login-url.js';
import { audit, type Audit } from '../../audit/audit.js';
import { limitOf } from '../limit.js';
import type { Outcome } from '../outcome.js';
import type { FaultyRow, OrgRow } from '../rows.js';
import { runFleet, sharedFetch, type FleetDependencies } from '../run.js';

export type FleetAuditOrder = {
  rows: ReadonlyArray<OrgRow | FaultyRow>;
  /** What the file is called in messages. */
  source: string;
  concurrency: number;
  /** Milliseconds for which limits are waited out */
  wait: number;
  /** Milliseconds until a request is given up */
  timeout: number;
  /** Days before the end of a certificate from which on it has to be renewed */
  expiresWithin: number;
};

/** `repeated`: the org is that of a row before, which is audited for both. */
export type AuditDone = { state: 'audited'; audit: Audit } | { state: 'repeated'; first: number };

export type AuditOutcome = Outcome<AuditDone>;

/**
 * Audits the org of every row as `audit` does one, with the eyes of the row's admin. Rows of one org, which a file has for
 * several users, are one.
 *
 * @returns what became of each row, in their order
 */
export function auditFleet(
  { rows, source, concurrency, wait, timeout, expiresWithin }: FleetAuditOrder,
  dependencies: FleetDependencies<AuditOutcome>,
): Promise<AuditOutcome[]> {
  const first = new Map<string, number>();
  return runFleet<AuditDone, unknown>(
    {
      rows,
      concurrency,
      wait,
      workOn: async (row) => {
        const admin = adminOf(row, source);
        const org = await findStoredOrg(admin);
        const line = first.get(org.username);
        if (line !== undefined) {
          const repeated = { state: 'repeated' as const, first: line };
          return { host: '', request: undefined, attempt: () => Promise.resolve(repeated) };
        }
        first.set(org.username, row.line);
        return {
          host: parseLoginUrl(row.values['instance-url'] ?? '')?.origin ?? org.username,
          request: undefined,
          attempt: async (fetch) => {
            const connection = await org.open(sharedFetch(fetch), timeout);
            requireApiVersion(connection.getApiVersion());
            const now = new Date(dependencies.now());
            return { state: 'audited', audit: await audit({ admin, expiresWithin, now }, connection) };
          },
        };
      },
      limitOf: (end, refused, host) => limitOf('error' in end ? end.error : undefined, refused, host),
    },
    dependencies,
  );
}

/**
 * The login that the column "admin" names, else one that is stored for the row's org.
 *
 * @throws Failure `orgs_row_incomplete`
 */
function adminOf({ line, username, values }: OrgRow, source: string): string {
  if (values.admin !== undefined) return values.admin;
  const loginUrl = parseLoginUrl(values['instance-url'] ?? '');
  const found = loginUrl && adminLogin({ loginUrl }, username, undefined);
  if (found === undefined) throw new Failure('orgs_row_incomplete', { source, line, column: 'admin' });
  return found;
}
