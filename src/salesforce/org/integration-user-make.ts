import type { Connection } from '@salesforce/core';
import type { Clock } from '../../clock.js';
import { Failure } from '../../failure.js';
import { deploy } from '../app/deployment.js';
import { permissionSetFields } from './integration-rights.js';
import { DESCRIPTION, markOf, type IntegrationUserPlan } from './integration-user.js';
import { soqlLiteral } from './soql.js';

/**
 * Makes what is missing of an integration user: the user, the permission set license before any set that needs it, the set
 * with the rights, and its assignment. Each is read before, so a run that was killed is finished by the next one. The REST API
 * sends no mail, and nobody gets a password.
 *
 * @throws Failure `license_exhausted`, `username_taken`, `user_refused`, those of `deploy`
 */
export async function makeIntegrationUser(
  connection: Connection,
  plan: IntegrationUserPlan,
  { apiVersion, clock }: { apiVersion: string; clock: Clock },
): Promise<void> {
  const { username, permissionSet, permissionSetLicense: license, role } = plan;
  const userId = plan.userId ?? (await createUser(connection, plan));
  if (license !== undefined && !license.assigned) {
    const assignment = { AssigneeId: userId, PermissionSetLicenseId: license.id };
    await create(connection, 'PermissionSetLicenseAssign', assignment, plan);
  }
  if (permissionSet.id === undefined) {
    const fields = permissionSetFields(role, permissionSet.name, DESCRIPTION);
    const component = { type: 'PermissionSet' as const, fullName: permissionSet.name, fields };
    await deploy(connection.metadata, [component], { apiVersion, checkOnly: false }, clock, () => undefined);
  }
  if (permissionSet.assigned) return;
  const setId = permissionSet.id ?? (await idOf(connection, permissionSet.name, username));
  await create(connection, 'PermissionSetAssignment', { AssigneeId: userId, PermissionSetId: setId }, plan);
}

/** The longest alias that an org takes. */
const ALIAS = 8;

async function createUser(connection: Connection, plan: IntegrationUserPlan): Promise<string> {
  const { username, profile, admin } = plan;
  const [local = username] = username.split('@');
  return create(
    connection,
    'User',
    {
      ...admin,
      Username: username,
      LastName: local.slice(0, 80),
      Alias: local.slice(0, ALIAS),
      ProfileId: profile.id,
      FederationIdentifier: markOf(username),
      IsActive: true,
    },
    plan,
  );
}

async function create(
  connection: Connection,
  object: string,
  record: Record<string, string | boolean>,
  { username, userLicense, permissionSetLicense }: IntegrationUserPlan,
): Promise<string> {
  try {
    const result = await connection.sobject(object).create(record);
    if (result.success) return result.id;
    throw new Failure('user_refused', { username, words: result.errors.map(({ message }) => message).join(' ') });
  } catch (cause) {
    const { errorCode = '', message } = cause as { errorCode?: string; message: string };
    // An earlier run, or somebody else, has just done it.
    if (errorCode === 'DUPLICATE_VALUE' && object !== 'User') return '';
    if (errorCode === 'DUPLICATE_USERNAME') throw new Failure('username_taken', { username }, { cause });
    if (errorCode === 'LICENSE_LIMIT_EXCEEDED') {
      const { name, total } = object === 'User' ? userLicense : (permissionSetLicense ?? userLicense);
      throw new Failure('license_exhausted', { license: name, total }, { cause });
    }
    if (!OF_RECORDS.test(errorCode)) throw cause;
    throw new Failure('user_refused', { username, words: `${errorCode}: ${message}` }, { cause });
  }
}

/** What an org says against a record, such as a rule or a trigger of its own; all else concerns every request. */
const OF_RECORDS = /^(REQUIRED_FIELD|FIELD_|INVALID_|CANNOT_|STRING_TOO_LONG|DUPLICATE|INSUFFICIENT_ACCESS_ON_CROSS)/;

async function idOf(connection: Connection, name: string, username: string): Promise<string> {
  const { records } = await connection.query<{ Id: string }>(
    `SELECT Id FROM PermissionSet WHERE Name = ${soqlLiteral(name)} AND IsOwnedByProfile = false`,
  );
  const [found] = records;
  if (found === undefined) throw new Failure('user_refused', { username, words: `no permission set ${name}` });
  return found.Id;
}
