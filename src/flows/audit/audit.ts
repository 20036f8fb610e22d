import type { Connection } from '@salesforce/core';
import { lastMeaningOfFailure } from '../../salesforce/org/reachability.js';
import { check } from './check.js';
import { explainFinding, type ExplainedFinding } from './explain.js';
import type { AuditFacts } from './facts.js';
import { readFacts } from './read.js';

export type AuditRequest = {
  /** Days before the end of a certificate from which on it has to be renewed */
  expiresWithin: number;
  /** How commands of advice name the admin's login */
  admin: string;
  now: Date;
};

/** What an audit has come to. `ok`: no finding is an error. */
export type Audit = { ok: boolean; facts: AuditFacts; findings: ExplainedFinding[] };

/**
 * Looks at every app of an org by which a JWT may enter, and judges it. It changes nothing.
 *
 * @throws Failure what `lastMeaningOfFailure` knows, where the org's metadata can't be read
 */
export async function audit({ admin, expiresWithin, now }: AuditRequest, connection: Connection): Promise<Audit> {
  try {
    const facts = await readFacts(connection, now);
    const findings = check(facts, { expiresWithin, admin });
    return {
      ok: !findings.some(({ severity }) => severity === 'error'),
      facts,
      findings: findings.map((each) => explainFinding(each, facts.apps, admin)),
    };
  } catch (error) {
    throw lastMeaningOfFailure(error, {
      instanceUrl: connection.instanceUrl,
      username: connection.getUsername() ?? '',
    });
  }
}
