import type { Connection } from '@salesforce/core';
import { isFailure } from '../../failure.js';
import { refusalOf } from '../org/refusal.js';

type DeployRequest = { Id: string; Status: string; CheckOnly: boolean; CreatedBy: { Username: string } | null };

/** A deployment with any other status isn't done, or the poll for it says that it is. */
const ENDED = /^(Succeeded|SucceededPartial|Failed|Canceled|Finalizing(Deploy)?Failed)$/;

/**
 * Ids of this user's deployments that the org hasn't finished, the oldest first: a deployment goes on when the command
 * that began it was killed or lost its connection. What one brings can't be asked before its end, so all of them count;
 * validations don't, since they change nothing.
 *
 * @returns none where the org doesn't let this user ask
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/intro_api_tooling.htm
 */
export async function runningDeployments(connection: Connection): Promise<string[]> {
  const username = connection.getUsername() ?? '';
  const requests = await recentDeployments(connection, username);
  return requests
    .filter(({ Status, CheckOnly }) => !CheckOnly && !ENDED.test(Status))
    .filter(({ CreatedBy }) => CreatedBy?.Username.toLowerCase() === username.toLowerCase())
    .map(({ Id }) => Id)
    .reverse();
}

async function recentDeployments(connection: Connection, username: string): Promise<DeployRequest[]> {
  try {
    const { records } = await connection.tooling.query<DeployRequest>(
      'SELECT Id, Status, CheckOnly, CreatedBy.Username FROM DeployRequest ORDER BY CreatedDate DESC LIMIT 200',
    );
    return records;
  } catch (error) {
    if (error instanceof Error && 'errorCode' in error) {
      const refusal = refusalOf(error, { instanceUrl: connection.instanceUrl, username });
      if (refusal === undefined || isFailure(refusal, 'admin_permission_missing')) return [];
    }
    throw error;
  }
}
