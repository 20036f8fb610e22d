import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import { deploy } from '../../salesforce/app/deployment.js';
import { closed, isClosed } from '../../salesforce/app/migration.js';
import { readOpenings } from '../../salesforce/org/app-use.js';
import type { Reading } from '../doctor/reading.js';
import type { MigrateDependencies } from './dependencies.js';
import type { OldApp, Use } from './read.js';
import type { MigrateRequest } from './request.js';

const DAY = 86_400_000;

/** `stillOpen`: what opens it all the same, by name. */
export type Closing = { state: 'closed' | 'unchanged'; stillOpen: string[] };

/**
 * The old app may be closed only where nobody has used it for a while, and the org says so.
 *
 * @throws Failure `old_app_in_use`, `old_app_use_unknown`
 */
export function requireUnused(
  { settings: { name } }: OldApp,
  use: Reading<Use[]>,
  { days, now, admin }: { days: number; now: Date; admin: string },
): void {
  if (!use.read) throw new Failure('old_app_use_unknown', { name, reason: use.reason, admin });
  const since = now.getTime() - days * DAY;
  const recent = use.value.filter(({ lastLogin }) => lastLogin > since);
  const last = recent.toSorted((one, other) => other.lastLogin - one.lastLogin)[0];
  if (last === undefined) return;
  const { username, sourceIp, lastLogin } = last;
  throw new Failure('old_app_in_use', {
    ...{ name, days, admin, username, sourceIp, lastLogin: new Date(lastLogin).toISOString() },
    others: new Set(recent.map((each) => each.username)).size - 1,
  });
}

/**
 * Lets nobody log in with the old app any more, by its policy; it stays, with everything else that it has.
 *
 * @throws Failure those of `deploy`
 */
export async function closeOldApp(
  { component, certificate, settings }: OldApp,
  { apiVersion, dryRun }: Pick<MigrateRequest, 'apiVersion' | 'dryRun'>,
  dependencies: MigrateDependencies,
): Promise<Closing> {
  const { connection, onDeployment } = dependencies;
  if (isClosed(component)) return { state: 'unchanged', stillOpen: await openingsOf(settings.id, connection) };
  const parts = [closed(component, certificate.pem)];
  const options = { apiVersion, checkOnly: dryRun };
  await deploy(connection.metadata, parts, options, dependencies, onDeployment);
  return { state: 'closed', stillOpen: dryRun ? [] : await openingsOf(settings.id, connection) };
}

/** Rows that somebody made by hand don't go with the policy. */
async function openingsOf(id: string, connection: Connection): Promise<string[]> {
  const openings = await readOpenings(connection);
  return (openings.get(id.slice(0, 15)) ?? []).map(({ name }) => name);
}
