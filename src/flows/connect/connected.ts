import type { AppType, Change } from '../../salesforce/app/app.js';
import { isStaleCertificate, type WaitsFor } from '../../salesforce/token/prover.js';
import type { Assignment } from '../../salesforce/org/pre-authorization.js';
import type { TokenAnswer, TokenRefusal } from '../../salesforce/token/endpoint.js';
import type { StoredLogin } from '../../machine/store/stored-logins.js';
import { meaningOf } from '../../salesforce/token/meaning.js';

/** One user after the work. `login` is the last answer of the token endpoint; undefined where nothing was proven. */
export type ConnectedUser = Assignment & {
  /** In a dry run: why the org will refuse the assignment. */
  expectedRefusal?: { permissionSet: string; license: string } | undefined;
  login: TokenAnswer | undefined;
  /** What the login waited out, where it was refused. */
  waitedFor: WaitsFor;
};

/** Why a certificate that the org doesn't show was deployed without a look at the one that the app has. */
export type Unproven = TokenRefusal | 'noKey' | 'noClientId';

/** What became of an app, whichever type it's of. */
export type Reconciled = {
  /** API name of the app as the org spells it */
  name: string;
  status: 'created' | 'updated' | 'unchanged';
  changes: Change[];
  /** What was deployed but does not show when the app is read back. */
  unconfirmed: Change[];
  /** Undefined where the certificate could be compared, or was new to an app that had none. */
  unproven: Unproven | undefined;
  /** Null in a dry run, where the app doesn't exist yet or the org doesn't give its client id out. */
  clientId: string | null;
  /** Null where the users' approval is left to themselves. */
  permissionSet: string | null;
  profiles: string[];
  users: ConnectedUser[];
  deployId: string | undefined;
  /** Deployments of this admin that a dry run met and didn't wait for; then the org validated nothing. */
  running: string[];
  /** Names of the permissions that the admin lacks, where an assignment failed for want of one. */
  missingPermissions: string[];
};

/** With the stored logins that have a client id which the app doesn't have any more. */
export type Connected = Reconciled & { appType: AppType; outdated: StoredLogin[] };

/** How one user came out: `pending` is a login that the org's servers may yet learn to accept. */
export type Verdict = { state: 'done' | 'failed' | 'pending'; refusal?: TokenRefusal };

export function verdictOf({ assigned, login, waitedFor }: ConnectedUser): Verdict {
  if (assigned === 'failed') return { state: 'failed' };
  if (login === undefined || login.ok) return { state: 'done' };
  const late =
    (waitedFor !== 'nothing' && meaningOf(login).mayPropagate) ||
    (waitedFor === 'certificate' && isStaleCertificate(login));
  return { state: late ? 'pending' : 'failed', refusal: login };
}

/** 0 done, 68 some users failed and the rest stands, 69 the org hadn't caught up when the wait was over. */
export function exitCodeOf({ users }: Connected): 0 | 68 | 69 {
  const states = users.map((user) => verdictOf(user).state);
  if (states.includes('failed')) return 68;
  return states.includes('pending') ? 69 : 0;
}

/** Whom this run assigned, for `disconnect`; of an app of another's making nothing is known if it assigned nobody. */
export function assignedHere({ users, status }: Connected): { assigned?: string[] } {
  const assigned = users.filter((each) => each.assigned === 'assigned').map(({ user }) => user.username);
  return assigned.length === 0 && status !== 'created' ? {} : { assigned };
}
