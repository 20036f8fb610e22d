import { queryCommand, updateCommand } from '../commands.js';
import type { Facts } from '../facts.js';
import { finding, type Finding } from '../finding.js';

/** The user in the org: there, active, neither frozen nor locked out. A login that works has answered this. */
export function checkUser({ org, target: { username }, login }: Facts): Finding[] {
  if (login.state === 'granted' || org?.read !== true || !org.value.user.read) return [];
  const { admin, user, userState } = org.value;
  if (user.value === undefined) {
    const soql = `SELECT Username, IsActive FROM User WHERE Username LIKE '${likeness(username)}%'`;
    return [finding('error', 'user_unknown', { username, admin, command: queryCommand(org.value, soql) })];
  }
  const { id, active } = user.value;
  if (!active) {
    const command = updateCommand(org.value, 'User', `Id='${id}'`, 'IsActive=true');
    return [finding('error', 'user_deactivated', { username, command })];
  }
  if (userState?.read !== true) return [];
  if (userState.value.frozen) {
    const command = updateCommand(org.value, 'UserLogin', `UserId='${id}'`, 'IsFrozen=false');
    return [finding('error', 'user_frozen', { username, command })];
  }
  if (userState.value.locked) {
    const command = updateCommand(org.value, 'UserLogin', `UserId='${id}'`, 'IsPasswordLocked=false');
    return [finding('error', 'user_locked_out', { username, command })];
  }
  return [];
}

/** The part before the at sign, without what would end or widen the pattern. */
function likeness(username: string): string {
  return (username.split('@')[0] ?? '').replace(/[^\w.+-]/g, '');
}
