import type { Connection } from '@salesforce/core';
import { findStoredOrg } from '../machine/store/stored-logins.js';
import { systemFetch } from '../salesforce/token/network.js';

/**
 * A connection to the org of a stored login, for questions with choices of that org.
 *
 * @param name alias or username
 * @throws Failure `named_org_not_found`
 */
export async function openStoredOrg(name: string): Promise<Connection> {
  const [{ answerLimit }, stored] = await Promise.all([import('../salesforce/org/transport.js'), findStoredOrg(name)]);
  return stored.open(await systemFetch(process.env), answerLimit(process.env));
}
