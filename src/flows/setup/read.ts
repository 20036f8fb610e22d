import { join } from 'node:path';
import { Failure, isFailure } from '../../failure.js';
import { planKeyFiles } from '../../machine/files/key-files.js';
import type { SetupRecord, SetupRecords } from '../../machine/store/setup-record.js';
import type { AppReading, AppType } from '../../salesforce/app/app.js';
import { adapterFor, readApp, typeOfApp } from '../../salesforce/app/app-adapter.js';
import { readIntegrationUser, type IntegrationUserPlan } from '../../salesforce/org/integration-user.js';
import type { SetupDependencies } from './dependencies.js';
import { importFileOf } from './finish.js';
import { looksLikeKey, planFile, planIgnore } from './files.js';
import { planKey } from './key-plan.js';
import { rightsSetName, userSteps } from './new-user.js';
import { pipelineRequest, setupPipeline } from './pipeline.js';
import { lossOf } from '../snippet/pipeline.js';
import { secretsOf } from '../snippet/secrets.js';
import type { SecretPlan, SetupPlan } from './plan.js';
import { signerOfPair, type SetupRequest } from './request.js';
import { storeOf } from './stores/stores.js';

/** Everything that is read before anything is changed. */
export type SetupState = {
  appType: AppType;
  app: AppReading | undefined;
  secret: SecretPlan | undefined;
  records: SetupRecords;
  record: SetupRecord | undefined;
  /** The user who is to be made, as far as they are there. */
  user: IntegrationUserPlan | undefined;
};

/** The failures of a CI's tool that a person can do the work of. */
export const isOfTool = (error: unknown): error is Failure => OF_TOOLS.some((code) => isFailure(error, code));

const OF_TOOLS = ['ci_tool_missing', 'ci_tool_not_logged_in', 'ci_tool_refused'] as const;

/** @throws Failure those of `readApp` and of the CI's tool, where the key isn't in a file */
export async function readState(request: SetupRequest, dependencies: SetupDependencies): Promise<SetupState> {
  const { connection } = dependencies;
  const { ci, repository, secretName, name } = request;
  const appType = (await typeOfApp(connection.metadata, name)) ?? 'external-client-app';
  const app = await readApp(connection, adapterFor(appType), name);
  const records = dependencies.recordOf(name, [ci, repository, secretName]);
  const { newUserFor: role, username } = request;
  const user =
    role === undefined
      ? undefined
      : await readIntegrationUser(connection, { username, role, permissionSet: rightsSetName(name, role) });
  return { appType, app, secret: await readSecret(request, dependencies), records, record: records.read(), user };
}

async function readSecret(request: SetupRequest, dependencies: SetupDependencies): Promise<SecretPlan | undefined> {
  const { ci, keyFolder, given } = request;
  // A key that signs elsewhere is no secret of the CI's.
  const store = ci === 'none' || signerOfPair(given) !== undefined ? undefined : storeOf(ci, request, dependencies);
  if (store === undefined) return undefined;
  try {
    return { store, places: await store.find(), manual: undefined };
  } catch (error) {
    if (!isOfTool(error) || (keyFolder === undefined && given?.input.path === undefined)) throw error;
    return { store, places: [], manual: error };
  }
}

/** What will be done in the CI and on this machine; the changes in the org come later. */
export type LocalPlan = Omit<SetupPlan, 'changes' | 'request'>;

/** @throws Failure those of `planKeyFiles` and `setupPipeline` */
export async function planLocally(
  request: SetupRequest,
  { app, secret, record, user }: SetupState,
  { connection, now }: Pick<SetupDependencies, 'connection' | 'now'>,
): Promise<LocalPlan> {
  const places = secret?.places ?? [];
  const keyPlan = planKey({ app, record, places, given: request.given?.certificate });
  const clientId = app?.clientId ?? request.clientId ?? record?.clientId ?? '';
  const { keyFolder, username } = request;
  const login = { username, clientId, instanceUrl: connection.instanceUrl };
  const { pipelineFile } = request;
  const pipeline =
    request.ci === 'none' ? undefined : pipelineRequest(request.ci, request.shape, request.secretName, login);
  const content = pipeline === undefined ? undefined : (await setupPipeline(pipeline)).content;
  const file =
    pipelineFile === undefined || content === undefined ? undefined : planFile(pipelineFile, content, record, request);
  const keyFiles = keyFolder === undefined || keyPlan.key.source !== 'new' ? undefined : keyPaths(keyFolder, now());
  const givenPath = request.given?.input.path;
  const secretFiles = [
    keyFiles?.privateKeyFile,
    givenPath !== undefined && looksLikeKey(givenPath) ? givenPath : undefined,
    importFileOf({ request, secret, keyFiles }),
  ].filter((each) => each !== undefined);
  return {
    user: user === undefined ? [] : userSteps(user),
    keyPlan,
    secret,
    file,
    keyFiles,
    ignore: await planIgnore(secretFiles),
    loss: pipeline === undefined ? [] : lossOf(pipeline),
    // The first one is the key.
    others: pipeline === undefined ? [] : secretsOf(pipeline, '').slice(1),
  };
}

/** The base name that every command gives to a pair. */
export const BASE_NAME = 'server';

function keyPaths(folder: string, now: number): SetupPlan['keyFiles'] {
  const { paths } = planKeyFiles({
    folder,
    name: BASE_NAME,
    subject: {},
    keySize: 2048,
    days: 1,
    now: new Date(now),
    serialNumber: new Uint8Array([1]),
    overwrite: false,
  });
  return paths;
}

/** The pair that a folder holds already, as paths; the second run uses what the first one wrote. */
export const pairIn = (folder: string): { keyFile: string; certificateFile: string } => ({
  keyFile: join(folder, `${BASE_NAME}.key`),
  certificateFile: join(folder, `${BASE_NAME}.crt`),
});

/**
 * Has a person agree to what would take something from others; where nobody can be asked, only `--overwrite` does.
 *
 * @throws Failure `setup_certificate_in_use`, `setup_secret_exists`, `file_exists`
 */
export async function requireConsent(
  { keyPlan, secret, file }: LocalPlan,
  { overwrite, name, secretName }: SetupRequest,
  confirm: ((what: 'certificate' | 'secret' | 'file', values: string[]) => Promise<boolean>) | undefined,
): Promise<void> {
  if (overwrite) return;
  const wants = async (what: 'certificate' | 'secret' | 'file', values: string[]): Promise<boolean> =>
    (await confirm?.(what, values)) ?? false;
  if (keyPlan.replaces.includes('certificate') && !(await wants('certificate', [name])))
    throw new Failure('setup_certificate_in_use', { name });
  const where = secret?.store.where ?? '';
  if (keyPlan.replaces.includes('secret') && !(await wants('secret', [secretName, where])))
    throw new Failure('setup_secret_exists', { secretName, where });
  if (file?.replaces === true && !(await wants('file', [file.path])))
    throw new Failure('file_exists', { path: file.path });
}
