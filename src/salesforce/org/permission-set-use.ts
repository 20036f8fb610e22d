import type { Connection } from '@salesforce/core';
import { readComponents } from '../app/read.js';
import { refusalOf } from './refusal.js';
import { soqlLiteral } from './soql.js';

/** Whom a permission set is assigned to. */
export type Assignee = { assignmentId: string; userId: string; username: string };

/** A permission set that opens an app, and what else it's for. */
export type PermissionSetUse = {
  id: string;
  name: string;
  assignees: Assignee[];
  /** Why it isn't for that app alone: something that it gives beside it, by the name of a metadata field; empty if there's nothing. */
  holds: string[];
  /** It opens something else too: another app, a page, a class. */
  opensOthers: boolean;
  /** A group of permission sets has it. */
  isGrouped: boolean;
};

/** What every permission set has, and what opens apps, of which the access rows tell. */
const OF_EVERY_ONE = ['label', 'hasActivationRequired'];

/**
 * @param appId id of the External Client App or Connected App
 * @returns undefined where the org has no such permission set
 */
export async function readPermissionSetUse(
  connection: Connection,
  name: string,
  appId: string,
): Promise<PermissionSetUse | undefined> {
  const { records } = await connection.query<{ Id: string; Name: string }>(
    `SELECT Id, Name FROM PermissionSet WHERE Name = ${soqlLiteral(name)} AND IsOwnedByProfile = false`,
  );
  const [record] = records;
  if (record === undefined) return undefined;
  const { Id: id, Name } = record;
  const [assigned, opened, isGrouped, [component]] = await Promise.all([
    connection.query<{ Id: string; AssigneeId: string; Assignee: { Username: string } | null }>(
      `SELECT Id, AssigneeId, Assignee.Username FROM PermissionSetAssignment WHERE PermissionSetId = ${soqlLiteral(id)}`,
      { autoFetch: true, maxFetch: 10_000 },
    ),
    connection.query<{ SetupEntityId: string }>(
      `SELECT SetupEntityId FROM SetupEntityAccess WHERE ParentId = ${soqlLiteral(id)}`,
    ),
    inGroup(connection, id),
    readComponents(connection.metadata, 'PermissionSet', [Name]),
  ]);
  // Nothing but its name was given out: what it holds isn't known.
  const holds = Object.keys(component?.fields ?? { metadata: '' }).filter((field) => !OF_EVERY_ONE.includes(field));
  return {
    id,
    name: Name,
    assignees: assigned.records.map(({ Id, AssigneeId, Assignee }) => ({
      assignmentId: Id,
      userId: AssigneeId,
      username: Assignee?.Username ?? AssigneeId,
    })),
    // `connect` calls one that it makes by its name.
    holds: component !== undefined && component.fields['label'] !== Name ? ['label', ...holds] : holds,
    opensOthers: opened.records.some(({ SetupEntityId }) => SetupEntityId.slice(0, 15) !== appId.slice(0, 15)),
    isGrouped,
  };
}

async function inGroup(connection: Connection, id: string): Promise<boolean> {
  try {
    const { records } = await connection.query(
      `SELECT Id FROM PermissionSetGroupComponent WHERE PermissionSetId = ${soqlLiteral(id)} LIMIT 1`,
    );
    return records.length > 0;
  } catch (error) {
    const refusal =
      error instanceof Error && 'errorCode' in error
        ? refusalOf(error, { instanceUrl: connection.instanceUrl, username: '' })
        : undefined;
    // An org without such groups doesn't have the object, and some admins don't see it.
    if (refusal?.code === 'admin_permission_missing') return false;
    throw error;
  }
}

/** What became of taking an assignment back: nothing else to say, or the org's words against it. */
export type Unassignment = Assignee & { error?: string };

/** Takes assignments back, one user's failure leaving the others theirs. One that is gone already counts as taken back. */
export async function unassign(connection: Connection, assignees: Assignee[]): Promise<Unassignment[]> {
  if (assignees.length === 0) return [];
  const results = await connection.sobject('PermissionSetAssignment').destroy(
    assignees.map(({ assignmentId }) => assignmentId),
    { allOrNone: false, allowRecursive: true },
  );
  return assignees.map((assignee, index) => {
    const result = results[index];
    if (result?.success === true) return assignee;
    const errors = result?.success === false ? result.errors : [];
    const isGone = errors.some(({ errorCode }) =>
      /^(ENTITY_IS_DELETED|INVALID_CROSS_REFERENCE_KEY|NOT_FOUND)$/.test(errorCode),
    );
    return isGone ? assignee : { ...assignee, error: errors.map(({ message }) => message).join(' ') };
  });
}
