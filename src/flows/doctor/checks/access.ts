import type { Opening } from '../../../salesforce/org/login-access.js';
import { assignCommand, connectUserCommand } from '../commands.js';
import type { Facts } from '../facts.js';
import { finding, type Finding } from '../finding.js';
import { appOf } from './app.js';

/** The permission set license whose permission sets can't hold apps; their rows count for nothing. */
const NO_APPS = /^Salesforce API Integration$/i;

/** Whether the app is open to the user, where only users whom an admin approved may log in. */
export function checkAccess(facts: Facts): Finding[] {
  const found = appOf(facts);
  if (found === undefined || !found.app.adminApproved || found.org.access?.read !== true) return [];
  const { app, org } = found;
  const { username } = facts.target;
  const { openings, assigned } = found.org.access.value;
  const granted = facts.login.state === 'granted';
  const own = openings.filter(({ id }) => assigned.some((one) => one.id === id));
  const effective = own.find(({ license }) => license === undefined || !NO_APPS.test(license));
  if (effective !== undefined)
    return [finding('ok', 'user_preauthorized', { username, app: app.name, opening: nameOf(effective) })];
  if (granted) return [];
  const [licensed] = own;
  if (licensed !== undefined) {
    const { name: permissionSet, license = '' } = licensed;
    const connect = connectUserCommand(facts, org, app, ['--permission-set', `${app.name}Users`]);
    return [finding('error', 'permission_set_license', { app: app.name, permissionSet, license, connect })];
  }
  const unopened = app.permissionSets.filter((name) => !openings.some((opening) => opening.name === name));
  const held = unopened.find((name) => assigned.some((one) => one.name === name));
  const named = openings.length === 0 ? unopened[0] : held;
  if (named !== undefined) {
    const connect = connectUserCommand(facts, org, app, ['--permission-set', named]);
    return [finding('error', 'access_row_missing', { app: app.name, permissionSet: named, connect })];
  }
  const connect = connectUserCommand(facts, org, app);
  if (openings.length === 0) return [finding('error', 'app_opens_to_nobody', { app: app.name, connect })];
  const assignable = openings.find(({ profile }) => profile === undefined);
  const assign = assignable === undefined ? connect : assignCommand(facts, org, assignable.name);
  return [
    finding('error', 'user_unassigned', { username, app: app.name, openings: openings.map(nameOf).join(', '), assign }),
  ];
}

function nameOf({ name, profile }: Opening): string {
  return profile ?? name;
}
