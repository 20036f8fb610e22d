import { canHoldCertificate } from '../../salesforce/app/certificate-swap.js';
import type { Assignment } from '../../salesforce/org/pre-authorization.js';
import type { WaitsFor } from '../../salesforce/token/prover.js';
import type { ConnectedUser } from './connected.js';
import type { ConnectDependencies } from './dependencies.js';
import type { Plan } from './plan.js';
import type { CurrentState } from './read.js';
import type { ConnectRequest } from './request.js';

/** One login as each user who is pre-authorized, with the key at hand. Without a key nothing is proven. */
export async function prove(
  { assignments, clientId, waitsFor }: { assignments: Assignment[]; clientId: string; waitsFor: WaitsFor },
  { signer }: Pick<ConnectRequest, 'signer'>,
  { logIn }: Pick<ConnectDependencies, 'logIn'>,
): Promise<ConnectedUser[]> {
  return Promise.all(
    assignments.map(async (assignment): Promise<ConnectedUser> => {
      const user = { ...assignment, waitedFor: waitsFor };
      if (signer === undefined || assignment.assigned === 'failed') return { ...user, login: undefined };
      return { ...user, login: await logIn({ clientId, username: assignment.user.username, signer }, waitsFor) };
    }),
  );
}

/**
 * What may yet mend a refused login. Where the users approve the app themselves and nothing was deployed, no wait does; a
 * pre-authorization may be from a run just before this one.
 */
export function worthTheWait(
  { app, permissionSet }: CurrentState,
  { changes }: Plan,
  deployId: string | undefined,
): WaitsFor {
  if (permissionSet === undefined && deployId === undefined) return 'nothing';
  const replaced = app !== undefined && canHoldCertificate(app) && changes.some(({ key }) => key === 'certificate');
  return replaced ? 'certificate' : 'propagation';
}
