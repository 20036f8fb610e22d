import { resolve } from 'node:path';
import { Failure, isFailure } from '../../../failure.js';
import { ofFile, ofSigner, readKeyInput, type KeyInput, type KeySources } from '../../../machine/files/key-input.js';
import { requirePath } from '../../../machine/files/path-value.js';
import { findStoredOrg } from '../../../machine/store/stored-logins.js';
import { parseLoginUrl } from '../../../salesforce/token/login-url.js';
import type { ReportRow } from '../../../terminal/report/report.js';
import { examine, type Examination } from '../../doctor/doctor.js';
import type { GatherDependencies, LoginDescription } from '../../doctor/gather.js';
import type { ExplainedFinding } from '../../doctor/explain.js';
import type { GrantRequest } from '../../grant.js';
import { limitOf } from '../limit.js';
import type { Outcome } from '../outcome.js';
import { hasOwnKey } from '../defaults.js';
import { requestFor, requireOneKey, type Defaults } from '../requests.js';
import type { FaultyRow, OrgRow } from '../rows.js';
import { runFleet, sharedFetch, type FleetDependencies } from '../run.js';
import { orgOfWorkingLogin } from '../working-login.js';

export type FleetDoctorOrder = {
  rows: ReadonlyArray<OrgRow | FaultyRow>;
  /** What the file is called in messages. */
  source: string;
  defaults: Defaults;
  concurrency: number;
  /** Milliseconds for which limits are waited out */
  wait: number;
  /** Leaves out the logins that work. */
  resume: boolean;
  /** Looks at the rows and their keys alone, and asks no org. */
  dryRun: boolean;
};

export type DoctorDone =
  | { state: 'examined'; ok: boolean; findings: ExplainedFinding[]; report: ReportRow | undefined }
  | { state: 'skipped'; orgId: string }
  | { state: 'planned' };

export type DoctorOutcome = Outcome<DoctorDone>;

export type FleetDoctorDependencies = FleetDependencies<DoctorOutcome> &
  Omit<GatherDependencies, 'loginUrl' | 'viewOrg' | 'fetch' | 'timeout'> & {
    /** Lays what is stored of a login under its row. */
    withStored: (row: OrgRow) => OrgRow;
    /** The sources of the key that the flags name, if any, each time to be read anew. */
    keySources: () => KeySources;
    /** What a report says of a login; undefined: none is made. */
    reportRowOf: ((examination: Examination) => Promise<ReportRow>) | undefined;
  };

/**
 * Examines the login of every row as `doctor` does one.
 *
 * @returns what became of each row, in their order
 */
export function examineFleet(order: FleetDoctorOrder, dependencies: FleetDoctorDependencies): Promise<DoctorOutcome[]> {
  const { rows, concurrency, wait, dryRun, source, defaults } = order;
  let ofFlags: Promise<KeyInput | undefined> | undefined;
  /** What `grant` would be asked for: with the key of the flags, where the row has none. */
  const grantOf = async (row: OrgRow): Promise<GrantRequest> => {
    const key = hasOwnKey(row) ? undefined : await (ofFlags ??= readKeyInput(dependencies.keySources()));
    return requestFor(row, source, { ...defaults, key });
  };
  return runFleet<DoctorDone, unknown>(
    {
      rows,
      concurrency,
      wait,
      workOn: async (given) => {
        const row = dependencies.withStored(given);
        if (dryRun) await grantOf(row);
        const { login, url } = describe(row, order, dependencies);
        return {
          host: url?.origin ?? '',
          request: undefined,
          attempt: async (fetch) => {
            if (dryRun) return { state: 'planned' };
            const orgId = order.resume ? await workingOrg(() => grantOf(row), fetch) : undefined;
            if (orgId !== undefined) return { state: 'skipped', orgId };
            return { state: 'examined', ...(await examineRow(row, { login, url }, order, { ...dependencies, fetch })) };
          },
        };
      },
      limitOf: (end, refused, host) => {
        if ('error' in end) return limitOf(end.error, refused, host);
        if (end.done.state !== 'examined' || end.done.ok) return undefined;
        const codes = end.done.findings.map(({ code }) => code);
        if (codes.includes('login_rate_exceeded')) return { scope: 'login', retryAfter: refused?.retryAfter };
        if (codes.includes('org_login_limit')) return { scope: 'org', retryAfter: refused?.retryAfter };
        return refused && limitOf(undefined, refused, host);
      },
    },
    dependencies,
  );
}

/** @throws Failure `orgs_row_incomplete`, `orgs_row_url_illegal`, those of `requirePath` */
function describe(
  { line, username, values }: OrgRow,
  { source, defaults }: FleetDoctorOrder,
  { keySources }: FleetDoctorDependencies,
): { login: LoginDescription; url: URL | undefined } {
  const clientId = values['client-id'] ?? defaults.clientId;
  if (!clientId) throw new Failure('orgs_row_incomplete', { source, line, column: 'client-id' });
  const given = values['instance-url'];
  const url = given === undefined ? undefined : parseLoginUrl(given);
  if (given !== undefined && url === undefined)
    throw new Failure('orgs_row_url_illegal', { source, line, value: given });
  const { 'jwt-key-file': named, signer } = values;
  requireOneKey(values);
  if (named !== undefined) requirePath(named, 'jwt-key-file', 'input', defaults.folder);
  const login: LoginDescription = {
    username,
    clientId,
    audience: values.audience ?? defaults.audience,
    keySources: keySourcesOf(keySources(), named && resolve(defaults.folder, named), signer),
    certificateFile: undefined,
    admin: values.admin,
  };
  return { login, url };
}

function keySourcesOf(ofFlags: KeySources, file: string | undefined, signer: string | undefined): KeySources {
  if (signer !== undefined) return ofSigner(ofFlags, signer);
  return file === undefined ? ofFlags : ofFile(ofFlags, file);
}

/** What keeps a login from being made is for the examination to find. */
async function workingOrg(
  requestOf: () => Promise<GrantRequest>,
  fetch: GatherDependencies['fetch'],
): Promise<string | undefined> {
  try {
    return await orgOfWorkingLogin(await requestOf(), fetch);
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

async function examineRow(
  { values }: OrgRow,
  { login, url }: { login: LoginDescription; url: URL | undefined },
  { defaults }: FleetDoctorOrder,
  dependencies: FleetDoctorDependencies,
): Promise<Omit<Extract<DoctorDone, { state: 'examined' }>, 'state'>> {
  const { username, clientId } = login;
  const org = values.admin === undefined ? undefined : await findStoredOrg(values.admin);
  const { timeout } = defaults;
  const examination = await examine(
    { ...login, admin: org?.username },
    {
      ...dependencies,
      timeout,
      loginUrl: () => defaults.loginUrlFor(url),
      viewOrg:
        org &&
        (async (isOurs) => {
          const [connection, { viewOrg }] = await Promise.all([
            org.open(sharedFetch(dependencies.fetch), timeout),
            import('../../doctor/gather-org.js'),
          ]);
          return viewOrg(connection, { username, clientId, isOurs });
        }),
    },
  );
  const { ok, findings } = examination;
  return { ok, findings, report: await dependencies.reportRowOf?.(examination) };
}
