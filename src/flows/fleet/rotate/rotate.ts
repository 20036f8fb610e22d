import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Connection } from '@salesforce/core';
import type { KeySize } from '../../../keys/credential/issue.js';
import { positiveSerialNumber } from '../../../keys/credential/issue.js';
import type { Passphrase } from '../../../keys/credential/private-key.js';
import type { CertificateInput } from '../../../machine/files/certificate-input.js';
import type { KeyInput } from '../../../machine/files/key-input.js';
import { requirePath } from '../../../machine/files/path-value.js';
import { readKnownApp, type KnownApp } from '../../../machine/store/known-apps.js';
import { isAppName, requireUnpackaged } from '../../../salesforce/app/requirements.js';
import type { Fetch } from '../../../salesforce/token/endpoint.js';
import { loginFailure } from '../../../salesforce/token/log-in.js';
import { proverAt, targetOf } from '../../../salesforce/token/prover.js';
import { appByName } from '../../app-by-name.js';
import { isInOrder } from '../../rotate/report.js';
import type { RotateRequest } from '../../rotate/request.js';
import { tokenByNewKey } from '../../rotate/resume.js';
import { rotate } from '../../rotate/rotate.js';
import type { RotateDependencies, RotatedAll, RotationPlan } from '../../rotate/rotation.js';
import { adminsOf, openAdmin, type RowAdmin } from '../admins.js';
import { limitOfAdmin } from '../limit.js';
import type { Outcome } from '../outcome.js';
import type { FaultyRow, OrgRow } from '../rows.js';
import { runFleet, sharedFetch, type FleetDependencies } from '../run.js';

/** What holds for every row that says nothing else: the flags of `rotate`. */
export type RotateDefaults = {
  name: string;
  /** The name was given, and isn't just the default. */
  nameGiven: boolean;
  clientId: string | undefined;
  /** The key of the flags or the environment, where there is one */
  key: KeyInput | undefined;
  certificateFile: string | undefined;
  /** Where new pairs go; undefined: beside the keys in use. */
  outputFolder: string | undefined;
  keySize: KeySize | undefined;
  days: number;
  subject: RotateRequest['newPair']['subject'];
  passphrase: Passphrase | undefined;
  expiresWithin: number | undefined;
  /** Undefined: the newest that an org has. */
  apiVersion: string | undefined;
  /** Where relative paths of keys begin */
  folder: string;
};

export type FleetRotateOrder = {
  rows: ReadonlyArray<OrgRow | FaultyRow>;
  /** What the file is called in messages. */
  source: string;
  defaults: RotateDefaults;
  concurrency: number;
  /** After so many failures no rotation is begun any more. */
  maxFailures: number;
  /** Milliseconds for which limits are waited out, and for the new key's first login */
  wait: number;
  /** Leaves out the apps that were rotated from here within a day, and whose new key logs in. */
  resume: boolean;
  dryRun: boolean;
};

export type RotateDone =
  /** `partly`: rotated, and some login on this machine isn't in order. */
  | {
      state: 'rotated' | 'partly' | 'unchanged';
      rotated: RotatedAll;
      /** What a dry run would do */
      plan: RotationPlan | undefined;
      username: string;
      instanceUrl: string;
    }
  | { state: 'skipped'; keyFile: string }
  | { state: 'notBegun' };

export type RotateOutcome = Outcome<RotateDone>;

type Told = Pick<RotateDependencies, 'onResume' | 'onUndo' | 'onUnfinished'>;

export type FleetRotateDependencies = FleetDependencies<RotateOutcome> & {
  /** Milliseconds until an org's answer is given up */
  timeout: number;
  /** The audience that the environment asks for, if any */
  audience: string | undefined;
  readKey: (path: string) => Promise<KeyInput>;
  readSigner: (uri: string) => Promise<KeyInput>;
  readCertificates: (path: string) => Promise<CertificateInput>;
  /** Client ids that the app of a row may have, as far as this machine knows. */
  clientIdsOf: (row: OrgRow, admin: RowAdmin, name: string) => string[];
  /** Who is told how the row goes. */
  toldOf: (row: OrgRow) => Told;
  /** Keeps what was learnt of an app. */
  keep: (clientId: string, learnt: Partial<KnownApp>) => Promise<void>;
};

/**
 * Gives the app of every row a new key and certificate as `rotate` does one. A rotation that has begun is finished, or undone,
 * whatever becomes of the others; after `maxFailures` no other is begun.
 *
 * @returns what became of each row, in their order
 */
export function rotateFleet(order: FleetRotateOrder, dependencies: FleetRotateDependencies): Promise<RotateOutcome[]> {
  const { rows, concurrency, wait, source, maxFailures } = order;
  const adminOf = adminsOf(source);
  const sharedKeys = keysOfSeveral(order);
  return runFleet<RotateDone, unknown>(
    {
      rows,
      concurrency,
      perHost: 1,
      wait,
      halt: { failures: maxFailures, rest: { state: 'notBegun' } },
      workOn: (row) => {
        const admin = adminOf(row);
        const keyFile = keyFileOf(row, order.defaults);
        if (keyFile !== undefined)
          requirePath(row.values['jwt-key-file']!, 'jwt-key-file', 'input', order.defaults.folder);
        const isShared = keyFile === undefined ? order.defaults.key !== undefined : sharedKeys.has(keyFile);
        const subject = { row, admin, keyFile, isShared };
        return Promise.resolve({
          host: admin.host,
          request: undefined,
          attempt: (fetch) => attempt(subject, order, { ...dependencies, fetch }),
        });
      },
      limitOf: (end, refused, host) => ('error' in end ? limitOfAdmin(end.error, refused, host) : undefined),
    },
    dependencies,
  );
}

type Subject = {
  row: OrgRow;
  admin: RowAdmin;
  /** Absolute path of the row's own key */
  keyFile: string | undefined;
  /** Other rows have the same key, whose new ones need names of their own. */
  isShared: boolean;
};

async function attempt(
  subject: Subject,
  order: FleetRotateOrder,
  dependencies: FleetRotateDependencies,
): Promise<RotateDone> {
  const { row, admin } = subject;
  const { defaults, dryRun } = order;
  const { values, username } = row;
  const given = values.name ?? defaults.name;
  requireUnpackaged(given);
  const done = order.resume ? await rotatedKeyFile(row, admin, order, dependencies) : undefined;
  if (done !== undefined) return { state: 'skipped', keyFile: done };
  const key = await keyOf(subject, defaults, dependencies);
  const { fetch, timeout, readKey, readSigner, readCertificates } = dependencies;
  const connection = await openAdmin(admin, { fetch: sharedFetch(fetch), timeout, apiVersion: defaults.apiVersion });
  const { instanceUrl } = connection;
  let plan: RotationPlan | undefined;
  const own: RotateDependencies = {
    now: dependencies.now,
    sleep: dependencies.sleep,
    ...dependencies.toldOf(row),
    onPlan: (planned) => {
      plan = planned;
    },
    onDeployment: () => undefined,
    readKey,
    readSigner,
    readCertificates,
    connection,
    ...loginsOf(row, admin, instanceUrl, order, dependencies),
  };
  const nameGiven = values.name !== undefined || defaults.nameGiven;
  const name = await nameOfApp(connection, given, nameGiven, own);
  const request = requestOf(subject, { name, nameGiven, key, apiVersion: connection.getApiVersion() }, order);
  const rotated = await rotate(request, own);
  const { issued, current } = rotated;
  if (issued !== undefined && !dryRun) {
    const certificates = [issued.certificate.pem];
    const { privateKeyFile: keyFile } = issued.places;
    // One that goes on where "rotate" was killed may have its new key at a signer.
    const last = keyFile === undefined ? undefined : { keyFile, at: new Date(dependencies.now()).toISOString() };
    const learnt = { name: current.app.name, admin: admin.username, certificates, rotated: last };
    await dependencies.keep(current.clientId, learnt);
  }
  const isWhole = rotated.logins.every(isInOrder);
  const state = rotated.status === 'unchanged' ? 'unchanged' : isWhole ? 'rotated' : 'partly';
  return { state, rotated, plan, username, instanceUrl };
}

/** The key in use: that of the row, else that of the flags. */
async function keyOf(
  { row: { values }, keyFile }: Subject,
  { key }: RotateDefaults,
  { readKey, readSigner }: FleetRotateDependencies,
): Promise<KeyInput | undefined> {
  if (keyFile !== undefined) return readKey(keyFile);
  return values.signer === undefined ? key : readSigner(values.signer);
}

/** The new key of a row whose rotation is done: made from here within a day, and taken by the org. */
async function rotatedKeyFile(
  row: OrgRow,
  admin: RowAdmin,
  order: FleetRotateOrder,
  dependencies: FleetRotateDependencies,
): Promise<string | undefined> {
  if (admin.instanceUrl === '') return undefined;
  const { username, values } = row;
  const { logIn } = loginsOf(row, admin, admin.instanceUrl, order, dependencies);
  for (const clientId of dependencies.clientIdsOf(row, admin, values.name ?? order.defaults.name)) {
    const { rotated } = readKnownApp(clientId);
    const isRecent = rotated !== undefined && dependencies.now() - Date.parse(rotated.at) < RECENT;
    if (!isRecent || !existsSync(rotated.keyFile)) continue;
    const { signer } = await dependencies.readKey(rotated.keyFile);
    if ((await logIn({ clientId, username, signer }, 'nothing')).ok) return rotated.keyFile;
  }
  return undefined;
}

/** Milliseconds: a day */
const RECENT = 24 * 60 * 60 * 1000;

/** API name of the app, which may have been named by its label; an interrupted rotation's admin is let in by the new key. */
async function nameOfApp(
  connection: Connection,
  name: string,
  nameGiven: boolean,
  dependencies: RotateDependencies,
): Promise<string> {
  const renew = async (app: string): Promise<void> => {
    connection.accessToken = (await tokenByNewKey(app, dependencies)) ?? connection.accessToken;
  };
  if (isAppName(name)) await renew(name);
  const app = nameGiven ? await appByName(connection, name) : undefined;
  if (app === undefined || app.name === name) return name;
  await renew(app.name);
  return app.name;
}

function requestOf(
  { row: { username, values }, isShared }: Subject,
  app: Pick<RotateRequest, 'name' | 'nameGiven' | 'key' | 'apiVersion'>,
  { defaults, wait, dryRun }: FleetRotateOrder,
): RotateRequest {
  const { certificateFile, outputFolder, keySize, days, subject, passphrase, expiresWithin } = defaults;
  return {
    ...app,
    username,
    clientId: values['client-id'] ?? defaults.clientId,
    certificateFile,
    newPair: {
      folder: outputFolder,
      // Several new keys would else have one name, and rows at the same time the same.
      suffix: isShared || outputFolder !== undefined ? (values.alias ?? username) : undefined,
      keySize,
      days: values.days === undefined ? days : Number(values.days),
      subject,
      passphrase,
      serialNumber: positiveSerialNumber(randomBytes(20)),
    },
    expiresWithin,
    wait,
    dryRun,
  };
}

function loginsOf(
  { values }: OrgRow,
  admin: RowAdmin,
  instanceUrl: string,
  { wait }: FleetRotateOrder,
  { fetch, now, sleep, timeout, ...environment }: FleetRotateDependencies & { fetch: Fetch },
): Pick<RotateDependencies, 'logIn' | 'refused'> {
  const audience = values.audience ?? environment.audience;
  return {
    logIn: proverAt(instanceUrl, { fetch, audience, clock: { now, sleep }, timeout, wait }, {}),
    refused: (refusal, { clientId, username }, keyFile) =>
      loginFailure(refusal, targetOf(instanceUrl, clientId, username, audience), { keyFile, adminOrg: admin.name }),
  };
}

function keyFileOf({ values }: OrgRow, { folder }: RotateDefaults): string | undefined {
  const named = values['jwt-key-file'];
  return named === undefined ? undefined : resolve(folder, named);
}

/** The key files that more than one row names. */
function keysOfSeveral({ rows, defaults }: FleetRotateOrder): Set<string> {
  const [once, more] = [new Set<string>(), new Set<string>()];
  for (const row of rows) {
    const file = 'fault' in row ? undefined : keyFileOf(row, defaults);
    if (file === undefined) continue;
    (once.has(file) ? more : once).add(file);
  }
  return more;
}
