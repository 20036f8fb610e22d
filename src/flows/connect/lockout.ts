import { Failure } from '../../failure.js';
import { usersWhoLoseAccess } from '../../salesforce/org/approvals.js';
import type { ConnectDependencies } from './dependencies.js';
import type { Plan } from './plan.js';
import type { CurrentState } from './read.js';

/**
 * A policy that lets users approve the app themselves, and is about to admit only pre-authorized ones, ends the access of
 * those who have approved it. That is told before, with who is concerned where the org tells, and wants a yes where somebody
 * can be asked.
 *
 * @throws Failure `lockout_declined`
 */
export async function confirmLockout(
  { app }: CurrentState,
  { changes, wanted }: Plan,
  usernames: string[],
  { connection, onLockout }: Pick<ConnectDependencies, 'connection' | 'onLockout'>,
): Promise<void> {
  if (app?.adminApproved !== false || !changes.some(({ key }) => key === 'adminApproved')) return;
  const labels = app.components.map(({ fields }) => fields['label']);
  const label = typeof labels[0] === 'string' ? labels[0] : app.name;
  const permissionSets = [...app.permissionSets, ...wanted.permissionSets];
  const profiles = [...app.profiles, ...wanted.profiles];
  const losers = await usersWhoLoseAccess(connection, label, { permissionSets, profiles, usernames });
  if (losers?.length === 0) return;
  if (!(await onLockout(app.name, losers))) throw new Failure('lockout_declined', { name: app.name });
}
