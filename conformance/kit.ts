import { type About, CannotRun, lookAround, userOf } from './circumstances.js';
import { cleanUp } from './clean-up.js';
import { type LoginHosts, type OrgAccess, type Received, type Sent, sendTo } from './org-access.js';
import { jsonOf, OrgApi, type Pace } from './org-api.js';
import { Placeholders } from './placeholders.js';
import type { Need, Probe } from './probe.js';
import type { Circumstances, KnownUser } from './probe-run.js';
import { type ProbeRecord, type Recording, RECORDING_FORMAT } from './recording.js';
import { type KitSession, type Report, runProbe } from './run-probe.js';

export interface KitOptions {
  probes: readonly Probe[];
  readOnly: boolean;
  /** What was made stays; the next start removes it. */
  keep: boolean;
  yesProduction: boolean;
  /** A user who may be frozen, locked and deactivated for a moment. */
  user?: string;
  integrationUser?: string;
  hosts: LoginHosts;
  pace: Pace;
  signal: AbortSignal;
  report: Report;
}

const LOCAL = /^(localhost|127\.0\.0\.1)$/;

export const isLocal = ({ instanceUrl }: OrgAccess): boolean => LOCAL.test(new URL(instanceUrl).hostname);

/** A run that may begin: the call suits the org, and what an earlier run left is gone. */
export interface Kit {
  /** Runs the probes one after the other; one that fails stops no other. */
  run: () => Promise<Recording>;
  /** Removes what was made, unless it is to stay; changes of what isn't ours never stay. Nothing interrupts it. */
  tidy: () => Promise<void>;
}

/** @throws CannotRun when the call or the org is such that nothing was begun */
export async function openKit(access: OrgAccess, options: KitOptions): Promise<Kit> {
  const { pace, signal, report, readOnly, keep } = options;
  const { apiVersion, clockAheadMs } = await greet(access, signal);
  const api = apiOf(access, apiVersion, pace, signal);
  const about = await lookAround(api, access.username);
  checkProduction(about, options);
  const users = await usersOf(api, about, options);
  if (!readOnly) await sweep(api, report, 'An earlier run left something:');
  const circumstances: Circumstances = {
    ...{ kind: about.kind, devHub: about.devHub, admin: about.admin, clockAheadMs, pace },
    ...{ instanceUrl: access.instanceUrl, hosts: options.hosts },
    ...{ user: users.user?.user, integrationUser: users.integrationUser?.user },
  };
  const placeholders = placeholdersFor(access, about, users);
  return {
    run: async () => runProbes(options, { access, apiVersion, circumstances, placeholders, report, shared: {} }),
    tidy: async () => {
      if (readOnly) return;
      const quiet = apiOf(access, apiVersion, pace, AbortSignal.timeout(TIDY_MS));
      await sweep(quiet, report, 'Taken back:', keep);
    },
  };
}

const TIDY_MS = 10 * 60 * 1000;

function apiOf(access: OrgAccess, apiVersion: string, pace: Pace, signal: AbortSignal): OrgApi {
  const send = async (sent: Sent): Promise<Received> => sendTo(access.instanceUrl, sent, signal);
  return new OrgApi(send, apiVersion, access.accessToken, pace, signal);
}

async function runProbes(
  { probes, signal, report }: KitOptions,
  session: Omit<KitSession, 'certificates'>,
): Promise<Recording> {
  const { access, apiVersion, circumstances } = session;
  const { kind, devHub } = circumstances;
  const certificates: KitSession['certificates'] = {};
  const records: ProbeRecord[] = [];
  for (const [index, probe] of probes.entries()) {
    if (signal.aborted) break;
    report.begin(probe, index, probes.length);
    const lacks = missing(probe.needs, circumstances);
    records.push(await runProbe(probe, { ...session, certificates }, lacks, signal));
  }
  return {
    format: RECORDING_FORMAT,
    source: 'kit',
    date: new Date().toISOString().slice(0, 10),
    org: { kind, apiVersion, devHub, ...(isLocal(access) ? { local: true } : {}) },
    certificates,
    probes: records,
  };
}

async function sweep(api: OrgApi, report: Report, headline: string, changesOnly = false): Promise<void> {
  const { removed, problems } = await cleanUp(api, changesOnly);
  if (removed.length > 0) report.note(`${headline} ${String(removed.length)} components and changes removed.`);
  if (problems.length > 0) throw new CannotRun(`Not everything could be removed. The org says: ${problems.join('; ')}`);
}

async function greet(access: OrgAccess, signal: AbortSignal): Promise<{ apiVersion: string; clockAheadMs: number }> {
  const received = await sendTo(access.instanceUrl, { method: 'GET', path: '/services/data' }, signal);
  const versions = jsonOf(received);
  const newest = Array.isArray(versions) ? (versions.at(-1) as { version?: string } | undefined)?.version : undefined;
  if (newest === undefined)
    throw new CannotRun(`${access.instanceUrl} doesn't answer as an org: status ${String(received.status)}.`);
  const ahead = Date.parse(received.headers.get('date') ?? '') - Date.now();
  // The header counts in seconds: less than some of them is no difference.
  return { apiVersion: newest, clockAheadMs: Math.abs(ahead) > 3000 ? ahead : 0 };
}

function checkProduction({ kind }: About, { readOnly, yesProduction }: KitOptions): void {
  if (kind !== 'production' || readOnly || yesProduction) return;
  throw new CannotRun(
    'This is a production org that is no Developer Edition. The probes make apps and permission sets in it and take them ' +
      'back. If that is what you want, add --yes-production; --read-only changes nothing.',
  );
}

interface Users {
  user: Awaited<ReturnType<typeof userOf>>;
  integrationUser: Awaited<ReturnType<typeof userOf>>;
}

async function usersOf(api: OrgApi, { admin }: About, { user, integrationUser }: KitOptions): Promise<Users> {
  const find = async (flag: string, username: string | undefined): Promise<Users['user']> => {
    if (username === undefined) return undefined;
    const found = await userOf(api, username);
    if (found === undefined) throw new CannotRun(`${flag}: there is no user ${username} in the org.`);
    if (found.user.id === admin.id)
      throw new CannotRun(`${flag}: ${username} is the admin who runs this. Name another user.`);
    return found;
  };
  const named = {
    user: await find('--user', user),
    integrationUser: await find('--integration-user', integrationUser),
  };
  if (named.integrationUser !== undefined || !isIntegration(named.user)) return named;
  return { ...named, integrationUser: named.user };
}

const isIntegration = (user: Users['user']): boolean => user?.license === 'Salesforce Integration';

function missing(needs: readonly Need[], { user, integrationUser, hosts, devHub }: Circumstances): string | undefined {
  const reasons: Record<Need, string | false> = {
    'user': user === undefined && 'it needs a user who may be frozen for a moment: --user',
    'integration-user':
      integrationUser === undefined && 'it needs a user of the license Salesforce Integration: --integration-user',
    'login-hosts': hosts.login === undefined && 'a local org has no login host of its own: --login-url',
    'dev-hub': !devHub && 'the org is no Dev Hub',
  };
  return needs.flatMap((need) => reasons[need] || []).at(0);
}

function placeholdersFor({ instanceUrl, accessToken, username }: OrgAccess, about: About, users: Users): Placeholders {
  const placeholders = new Placeholders();
  const { host } = new URL(instanceUrl);
  placeholders.name(host, 'org-host');
  placeholders.name(host.toUpperCase(), 'org-host in upper case');
  placeholders.name(accessToken, 'admin-token');
  placeholders.name(username, 'username-1');
  const known: Array<readonly [KnownUser | undefined, number]> = [
    [about.admin, 1],
    [users.integrationUser?.user, 3],
    [users.user?.user, 2],
  ];
  for (const [user, number] of known) {
    if (user === undefined) continue;
    placeholders.name(user.username, `username-${String(number)}`);
    placeholders.nameId(user.id, `user-id-${String(number)}`);
  }
  const names = [...about.names, ...(users.user?.names ?? []), ...(users.integrationUser?.names ?? [])];
  for (const [kind, name] of names) placeholders.learn(kind, name);
  return placeholders;
}
