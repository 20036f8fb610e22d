import { Org } from '@salesforce/core';

import { CannotRun } from './circumstances.js';
import type { OrgAccess } from './org-access.js';

/**
 * The login that `sf` has stored for an alias or username, with a session that lives.
 *
 * @throws CannotRun if there is none, or it can't be used
 */
export async function storedLogin(aliasOrUsername: string): Promise<OrgAccess> {
  try {
    const org = await Org.create({ aliasOrUsername });
    await org.refreshAuth();
    const { accessToken, instanceUrl } = org.getConnection();
    const username = org.getUsername();
    if (typeof accessToken !== 'string' || username === undefined) throw new Error('it has no access token');
    return { accessToken, instanceUrl: new URL(instanceUrl).origin, username };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CannotRun(
      `sf has no login that can be used for ${aliasOrUsername}: ${words} Log in once more: sf org login web --alias ${aliasOrUsername}`,
      { cause: error },
    );
  }
}
