import type { Certificate } from '../../../keys/credential/certificate.js';
import type { Signer } from '../../../keys/signer/signer.js';
import type { CredentialInput } from '../../../machine/files/credential-input.js';
import { connectRecordOf } from '../../../machine/store/connect-record.js';
import type { KnownApp } from '../../../machine/store/known-apps.js';
import { proverAt, type Prover } from '../../../salesforce/token/prover.js';
import type { Fetch } from '../../../salesforce/token/endpoint.js';
import { connect } from '../../connect/connect.js';
import { assignedHere, exitCodeOf, type Connected } from '../../connect/connected.js';
import type { ConnectDependencies } from '../../connect/dependencies.js';
import { adminsOf, openAdmin, type RowAdmin } from '../admins.js';
import { limitOfAdmin } from '../limit.js';
import type { Outcome } from '../outcome.js';
import type { FaultyRow, OrgRow } from '../rows.js';
import { runFleet, sharedFetch, type FleetDependencies } from '../run.js';
import { requestOf, usersOf, type ConnectDefaults } from './request.js';

export type FleetConnectOrder = {
  rows: ReadonlyArray<OrgRow | FaultyRow>;
  /** What the file is called in messages. */
  source: string;
  defaults: ConnectDefaults;
  concurrency: number;
  /** Milliseconds for which limits are waited out, and for which the logins of a row are waited for */
  wait: number;
  /** Leaves out the rows whose users can log in. */
  resume: boolean;
  dryRun: boolean;
};

export type ConnectDone =
  /** `partly`: some users can't log in, or not yet. */
  | {
      state: 'connected' | 'partly';
      connected: Connected;
      certificate: Certificate;
      keyFile: string | undefined;
      /** URI of the key, where it is kept elsewhere */
      signer: string | undefined;
      certificateFile: string;
      admin: string;
      instanceUrl: string;
    }
  | { state: 'skipped'; clientId: string; instanceUrl: string };

export type ConnectOutcome = Outcome<ConnectDone>;

type Told = Pick<
  ConnectDependencies,
  'onPlan' | 'onLockout' | 'onRunningDeployment' | 'onUnrecorded' | 'onPartlyApplied'
>;

export type FleetConnectDependencies = FleetDependencies<ConnectOutcome> & {
  /** Milliseconds until an org's answer is given up */
  timeout: number;
  /** The audience that the environment asks for, if any */
  audience: string | undefined;
  /** The certificate of a row, with its key where one is at hand. */
  credentialOf: (row: OrgRow) => Promise<CredentialInput & { certificateFile: string }>;
  /** Client ids that the app of a row may have, as far as this machine knows. */
  clientIdsOf: (row: OrgRow, admin: RowAdmin, name: string) => string[];
  /** Who is told how the row goes. */
  toldOf: (row: OrgRow, admin: RowAdmin) => Told;
  /** Keeps what was learnt of an app. */
  keep: (row: OrgRow, clientId: string, learnt: Partial<KnownApp>) => Promise<void>;
};

/**
 * Sets the app up in every org of a fleet as `connect` does in one. Rows of the same org come one after the other.
 *
 * @returns what became of each row, in their order
 */
export function connectFleet(
  order: FleetConnectOrder,
  dependencies: FleetConnectDependencies,
): Promise<ConnectOutcome[]> {
  const { rows, concurrency, wait, source } = order;
  const adminOf = adminsOf(source);
  return runFleet<ConnectDone, unknown>(
    {
      rows,
      concurrency,
      perHost: 1,
      wait,
      workOn: async (row) => {
        const admin = adminOf(row);
        const credential = await dependencies.credentialOf(row);
        return {
          host: admin.host,
          request: undefined,
          attempt: (fetch) => attempt({ row, admin, credential }, order, { ...dependencies, fetch }),
        };
      },
      limitOf: (end, refused, host) => ('error' in end ? limitOfAdmin(end.error, refused, host) : undefined),
    },
    dependencies,
  );
}

type Subject = {
  row: OrgRow;
  admin: RowAdmin;
  credential: CredentialInput & { certificateFile: string };
};

async function attempt(
  subject: Subject,
  order: FleetConnectOrder,
  dependencies: FleetConnectDependencies,
): Promise<ConnectDone> {
  const { row, admin, credential } = subject;
  const { resume, defaults, dryRun } = order;
  const signer = credential.input?.signer;
  const known =
    resume && signer !== undefined ? await workingClientId(subject, signer, order, dependencies) : undefined;
  if (known !== undefined) return { state: 'skipped', clientId: known, instanceUrl: admin.instanceUrl };
  const { fetch, timeout } = dependencies;
  const connection = await openAdmin(admin, { fetch: sharedFetch(fetch), timeout, apiVersion: defaults.apiVersion });
  const request = await requestOf(row, { connection, credential }, defaults, dryRun);
  const { instanceUrl } = connection;
  const connected = await connect(request, {
    now: dependencies.now,
    sleep: dependencies.sleep,
    ...dependencies.toldOf(row, admin),
    onDeployment: () => undefined,
    connection,
    record: connectRecordOf(connection.getAuthInfoFields().orgId ?? '', request.app.name),
    logIn: proverOf(row, instanceUrl, order, dependencies),
  });
  const { certificate } = credential;
  const { clientId, name } = connected;
  if (!dryRun && clientId !== null) {
    const learnt = { name, admin: admin.username, certificates: [certificate.pem], ...assignedHere(connected) };
    await dependencies.keep(row, clientId, learnt);
  }
  return {
    state: exitCodeOf(connected) === 0 ? 'connected' : 'partly',
    connected,
    certificate,
    keyFile: credential.input?.path,
    signer: signer?.uri,
    certificateFile: credential.certificateFile,
    admin: admin.name,
    instanceUrl,
  };
}

/** The client id by which all users of a row can log in already, if one is known here. */
async function workingClientId(
  { row, admin }: Subject,
  signer: Signer,
  order: FleetConnectOrder,
  dependencies: FleetConnectDependencies,
): Promise<string | undefined> {
  if (admin.instanceUrl === '') return undefined;
  const logIn = proverOf(row, admin.instanceUrl, order, dependencies);
  const usernames = usersOf(row);
  const name = row.values.name ?? order.defaults.name;
  for (const clientId of dependencies.clientIdsOf(row, admin, name)) {
    const answers = await Promise.all(usernames.map((username) => logIn({ clientId, username, signer }, 'nothing')));
    if (answers.every(({ ok }) => ok)) return clientId;
  }
  return undefined;
}

function proverOf(
  { values }: OrgRow,
  instanceUrl: string,
  { wait }: Pick<FleetConnectOrder, 'wait'>,
  { fetch, now, sleep, timeout, audience }: FleetConnectDependencies & { fetch: Fetch },
): Prover {
  const network = { fetch, audience: values.audience ?? audience, clock: { now, sleep }, timeout, wait };
  return proverAt(instanceUrl, network, {});
}
