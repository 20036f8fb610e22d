import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import type { IntegrationUserPlan } from '../../salesforce/org/integration-user.js';
import { RIGHTS, type Role } from '../../salesforce/org/integration-rights.js';

/** Longer ones are cut by no org; they are refused. */
const LONGEST_USERNAME = 80;

/**
 * The username that `--create-user` means: itself, or a name that gets the org's id and the admin's domain behind it, since no
 * two users of all orgs share one.
 *
 * @throws Failure `username_malformed`
 */
export function newUsername(name: string, connection: Connection): string {
  const { orgId = '' } = connection.getAuthInfoFields();
  const domain = (connection.getUsername() ?? '').split('@').at(-1) ?? '';
  const username = name.includes('@') ? name : `${name}.${orgId.slice(0, 15).toLowerCase()}@${domain}`;
  if (/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(username) && username.length <= LONGEST_USERNAME) return username;
  throw new Failure('username_malformed', { username });
}

const ROLE_NAMES: Readonly<Record<Role, string>> = {
  'deploy': 'Deploy',
  'scratch-orgs': 'ScratchOrgs',
  'tests': 'Tests',
  'read': 'Read',
};

/** The set with the rights; the one that opens the app can't have a license that users need for these. */
export const rightsSetName = (appName: string, role: Role): string => `${appName}_${ROLE_NAMES[role]}`;

/** One thing to be made for the user. `key` names its sentence in `messages/jwt.setup.md`. */
export type UserStep = { key: 'user' | 'license' | 'set' | 'assign'; values: Array<string | number> };

/** What is missing of the user, in the order in which it's made. Pure. */
export function userSteps(plan: IntegrationUserPlan): UserStep[] {
  const { username, userId, profile, userLicense, permissionSetLicense: license, permissionSet, role } = plan;
  const { permissions, objects } = RIGHTS[role];
  const rights = [...permissions, ...objects.map(({ object }) => object)].join(', ');
  const steps: Array<UserStep | undefined> = [
    userId === undefined
      ? { key: 'user', values: [username, profile.name, userLicense.name, userLicense.free, userLicense.total] }
      : undefined,
    license === undefined || license.assigned
      ? undefined
      : { key: 'license', values: [username, license.name, license.free, license.total] },
    permissionSet.id === undefined ? { key: 'set', values: [permissionSet.name, rights] } : undefined,
    permissionSet.assigned ? undefined : { key: 'assign', values: [username, permissionSet.name] },
  ];
  return steps.filter((step) => step !== undefined);
}
