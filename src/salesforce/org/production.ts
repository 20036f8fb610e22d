import type { Connection } from '@salesforce/core';
import { domainFacts } from './my-domain.js';
import { refusalOf } from './refusal.js';

type OrganizationRecord = { IsSandbox: boolean; TrialExpirationDate: string | null; OrganizationType: string };

/**
 * Whether people work in an org: it's neither a sandbox nor a scratch org, a trial or one of a developer's own. Where the user may
 * not query that, what the host doesn't say to be a sandbox may be one.
 */
export async function isProduction(connection: Connection): Promise<boolean> {
  try {
    const { records } = await connection.query<OrganizationRecord>(
      'SELECT IsSandbox, TrialExpirationDate, OrganizationType FROM Organization',
    );
    const [org] = records;
    if (org === undefined) return true;
    return !org.IsSandbox && org.TrialExpirationDate === null && org.OrganizationType !== 'Developer Edition';
  } catch (error) {
    const org = { instanceUrl: connection.instanceUrl, username: '' };
    if (!(error instanceof Error) || refusalOf(error, org)?.code !== 'admin_permission_missing') throw error;
    return domainFacts(new URL(connection.instanceUrl).hostname).isSandbox !== true;
  }
}
