import type { AppReading, Change } from '../../salesforce/app/app.js';
import type { AppAdapter } from '../../salesforce/app/app-adapter.js';
import { Failure } from '../../failure.js';
import { isForOtherLicense, type Assignment, type OrgUser } from '../../salesforce/org/pre-authorization.js';
import type { Reconciled, ConnectedUser } from './connected.js';
import type { Plan } from './plan.js';
import type { CurrentState } from './read.js';
import type { ConnectRequest } from './request.js';

type Outcome = Pick<
  Reconciled,
  'name' | 'status' | 'changes' | 'permissionSet' | 'unproven' | 'deployId' | 'running' | 'unconfirmed'
>;

type Course = { current: CurrentState; plan: Plan; deployId: string | undefined; running?: string[] };

/** What is known of a run whether or not it changed anything. */
export function outcomeOf({ current, plan, deployId, running = [] }: Course): Outcome {
  return {
    name: plan.wanted.name,
    status: statusOf({ current, plan }),
    changes: plan.changes,
    permissionSet: current.permissionSet?.name ?? null,
    unproven: plan.unproven,
    deployId,
    running,
    unconfirmed: [],
  };
}

/** What a dry run comes to. */
export function expectedOf(course: Course, request: Pick<ConnectRequest, 'app' | 'clientId'>): Reconciled {
  const { app, users } = course.current;
  return {
    ...outcomeOf(course),
    missingPermissions: [],
    clientId: app?.clientId ?? request.clientId ?? null,
    profiles: [...new Set([...(app?.profiles ?? []), ...request.app.profiles])],
    users: users.map((user) => ({
      ...expectedAssignment(user, course.current),
      login: undefined,
      waitedFor: 'nothing',
    })),
  };
}

/** All that was asked for is in the org, but for the proof: what that is, and who is pre-authorized. */
export function clientIdUnreadable(course: Pick<Course, 'current' | 'plan'>, assignments: Assignment[]): Failure {
  const usernames = (which: (assignment: Assignment) => boolean): string =>
    assignments
      .filter(which)
      .map(({ user }) => user.username)
      .join(', ');
  return new Failure('client_id_unreadable', {
    name: course.plan.wanted.name,
    status: statusOf(course),
    authorized: usernames(({ assigned }) => assigned !== 'failed') || '-',
    failed: usernames(({ assigned }) => assigned === 'failed') || '-',
  });
}

/**
 * What was deployed and doesn't show in the app that was read back. A certificate that the org doesn't give out again
 * can't be compared; the login proves it.
 */
export function unconfirmedChanges({ wanted }: Plan, adapter: AppAdapter, app: AppReading): Change[] {
  const { changes } = adapter.plan(wanted, app, { contactEmail: '', scopes: [], consumerKey: undefined });
  return changes.filter(({ key, from }) => key !== 'certificate' || from !== undefined);
}

function statusOf({ current, plan }: Pick<Course, 'current' | 'plan'>): Reconciled['status'] {
  if (current.app === undefined) return 'created';
  return plan.changes.length > 0 ? 'updated' : 'unchanged';
}

/** What an assignment will come to. */
function expectedAssignment(
  user: OrgUser,
  { permissionSet }: CurrentState,
): Assignment & Pick<ConnectedUser, 'expectedRefusal'> {
  const current = permissionSet?.current;
  if (permissionSet === undefined || current?.assignees.has(user.id) === true) return { user, assigned: 'already' };
  if (current === undefined || !isForOtherLicense(current, user)) return { user, assigned: 'assigned' };
  const expectedRefusal = { permissionSet: current.name, license: current.license ?? '' };
  return { user, assigned: 'failed', expectedRefusal };
}
