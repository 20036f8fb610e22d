import { requestFor, type Defaults } from './requests.js';
import { limitOf } from './limit.js';
import type { Outcome } from './outcome.js';
import { runFleet, type FleetDependencies } from './run.js';
import type { FaultyRow, OrgRow } from './rows.js';
import { orgOfWorkingLogin } from './working-login.js';
import { grant, type Granted, type GrantRequest, type GrantDependencies } from '../grant.js';

export type FleetGrantOrder = {
  rows: ReadonlyArray<OrgRow | FaultyRow>;
  /** What the file is called in messages. */
  source: string;
  defaults: Defaults;
  concurrency: number;
  /** Milliseconds for which limits are waited out */
  wait: number;
  /** Leaves out the logins that work. */
  resume: boolean;
};

type GrantDone = { state: 'granted'; granted: Granted; request: GrantRequest } | { state: 'skipped'; orgId: string };

export type GrantOutcome = Outcome<GrantDone, GrantRequest>;

export type FleetGrantDependencies = Omit<GrantDependencies, 'onWait'> & FleetDependencies<GrantOutcome>;

/**
 * Logs in to every org of a fleet as `grant` does to one.
 *
 * @returns what became of each row, in their order
 */
export function grantFleet(
  { rows, source, defaults, concurrency, wait, resume }: FleetGrantOrder,
  dependencies: FleetGrantDependencies,
): Promise<GrantOutcome[]> {
  return runFleet<GrantDone, GrantRequest>(
    {
      rows,
      concurrency,
      wait,
      workOn: async (row) => {
        const request = await requestFor(row, source, defaults);
        return {
          host: request.target.loginUrl.origin,
          request,
          attempt: (fetch) => attempt(request, resume, { ...dependencies, fetch, onWait: () => undefined }),
        };
      },
      limitOf: (end, refused, host) => ('error' in end ? limitOf(end.error, refused, host) : undefined),
    },
    dependencies,
  );
}

async function attempt(request: GrantRequest, resume: boolean, dependencies: GrantDependencies): Promise<GrantDone> {
  const orgId = resume ? await orgOfWorkingLogin(request, dependencies.fetch) : undefined;
  if (orgId !== undefined) return { state: 'skipped', orgId };
  return { state: 'granted', granted: await grant(request, dependencies), request };
}
