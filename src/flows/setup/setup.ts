import { createPrivateKey } from 'node:crypto';
import { Failure } from '../../failure.js';
import type { Certificate } from '../../keys/credential/certificate.js';
import { formatPrivateKey } from '../../keys/credential/private-key.js';
import { signerOf, type Signer } from '../../keys/signer/signer.js';
import { keepKeyMaterial, keepSecret } from '../../keys/secrets.js';
import { writeKeyFiles } from '../../machine/files/key-files.js';
import { sha256 } from '../../machine/store/rotation-record.js';
import type { SetupRecord } from '../../machine/store/setup-record.js';
import { certificateIn } from '../../salesforce/app/certificate-swap.js';
import type { Change } from '../../salesforce/app/app.js';
import { makeIntegrationUser } from '../../salesforce/org/integration-user-make.js';
import type { TokenAnswer } from '../../salesforce/token/endpoint.js';
import { connect } from '../connect/connect.js';
import { verdictOf, type Connected } from '../connect/connected.js';
import { refusalWords } from '../connect/words.js';
import type { SetupDependencies } from './dependencies.js';
import type { PlannedFile } from './files.js';
import { writePlannedFiles } from './finish.js';
import { isDone, type SetupPlan } from './plan.js';
import { planLocally, readState, requireConsent, type LocalPlan, type SetupState } from './read.js';
import type { SetupRequest } from './request.js';
import { secretValueOf } from './stores/stores.js';

/** What `setup` did, or in a dry run would. */
export type SetupDone = {
  plan: SetupPlan;
  connected: Connected;
  certificate: Certificate;
  /** Places of the secret that the CI doesn't name although it was set. */
  unseen: string[];
  /** The pipeline as it was written. */
  file: PlannedFile | undefined;
  /** The last login, as the pipeline makes it; undefined where the key isn't at hand. */
  login: TokenAnswer | undefined;
};

/** The pair of this run; without a key where only the CI has it. */
type Pair = { certificate: Certificate; signer: Signer | undefined; pem: string | undefined };

/**
 * From nothing to a pipeline that logs in: reads the org, the CI and this machine, tells the plan, and does it, each thing
 * only where it isn't done already. The key is in memory until the CI has it.
 *
 * @throws Failure those of `readState`, `planLocally`, `requireConsent` and `connect`, before anything is changed;
 *   `setup_declined`; `setup_login_refused`, `ci_tool_refused`, after which the next run goes on
 */
export async function setup(request: SetupRequest, dependencies: SetupDependencies): Promise<SetupDone> {
  const state = await readState(request, dependencies);
  const local = await planLocally(request, state, dependencies);
  await requireConsent(local, request, dependencies.onReplace);
  const pair = await pairFor(request, local, dependencies);
  let plan: SetupPlan = { ...local, request, changes: expectedChanges(request, state, local) };
  // The org plans nothing for a user whom it doesn't have yet.
  const isNew = plan.user.length > 0;
  if (isNew) await agree(plan, dependencies);
  if (isNew && !request.dryRun) await makeIntegrationUser(dependencies.connection, state.user!, dependencies.making);
  const isAbsent = request.dryRun && state.user !== undefined && state.user.userId === undefined;
  const connected = await connect(
    {
      ...dependencies.connectBase,
      appType: state.appType,
      nameGiven: true,
      app: wantedApp(request.name, pair.certificate, local),
      usernames: [isAbsent ? (dependencies.connection.getUsername() ?? '') : request.username],
      usernamesAsked: true,
      clientId: state.app === undefined ? undefined : (request.clientId ?? state.record?.clientId),
      dryRun: request.dryRun,
      signer: pair.signer,
    },
    {
      ...dependencies.connect,
      onPlan: async (changes) => {
        if (!isNew) {
          plan = { ...local, request, changes };
          await agree(plan, dependencies);
        }
        if (request.dryRun || isDone(plan)) return;
        begin(plan, pair, state);
        dependencies.onApply();
      },
    },
  );
  const told = isAbsent ? { ...connected, changes: plan.changes } : connected;
  const done = { plan, connected: told, certificate: pair.certificate, unseen: [], file: local.file, login: undefined };
  if (request.dryRun) return done;
  requireLogin(connected, request);
  return finish(done, pair, state, dependencies);
}

/** Tells the plan, and has it agreed to where there is something to do. @throws Failure `setup_declined` */
async function agree(plan: SetupPlan, { onPlan, confirm }: SetupDependencies): Promise<void> {
  onPlan(plan);
  if (plan.request.dryRun || isDone(plan)) return;
  if (!(await confirm())) throw new Failure('setup_declined', {});
}

/** What `connect` will change for a user who isn't there yet. */
function expectedChanges({ name, username }: SetupRequest, { app }: SetupState, { keyPlan }: LocalPlan): Change[] {
  const set = app?.permissionSets[0] ?? name;
  return [
    ...(app === undefined ? [{ key: 'createExternalClientApp' as const, to: name }] : []),
    ...(app === undefined ? [{ key: 'permissionSet' as const, to: set }] : []),
    ...(app !== undefined && keyPlan.key.source === 'new' ? [{ key: 'certificate' as const, to: '…' }] : []),
    { key: 'assignment', from: username, to: set },
  ];
}

/** The pair that is at hand, the certificate of the key that the CI has, or a new pair. */
async function pairFor(
  { given }: SetupRequest,
  { keyPlan }: LocalPlan,
  { issue }: Pick<SetupDependencies, 'issue'>,
): Promise<Pair> {
  if (keyPlan.key.source === 'kept') return { certificate: keyPlan.key.certificate, signer: undefined, pem: undefined };
  if (given !== undefined) {
    const { certificate, input } = given;
    return { certificate, signer: input.signer, pem: input.key && formatPrivateKey(input.key) };
  }
  const { privateKeyPem, certificate } = await issue();
  keepKeyMaterial(privateKeyPem);
  return { certificate, signer: signerOf(createPrivateKey(privateKeyPem)), pem: privateKeyPem };
}

function wantedApp(name: string, certificate: Certificate, { keyPlan }: LocalPlan) {
  return {
    name,
    label: undefined,
    contactEmail: undefined,
    callbackUrl: undefined,
    // A login of an earlier run has proven it.
    certificate: { ...certificate, proven: keyPlan.key.source === 'kept' },
    scopes: [],
    permissionSets: [],
    profiles: [],
    adminApproved: undefined,
    ipRelaxation: undefined,
  };
}

/** What has to be there before the org is changed: the key's files, if there are any, and the record of what begins. */
function begin(plan: SetupPlan, { certificate, pem }: Pair, { app, record, records }: SetupState): void {
  const { keyFiles, keyPlan } = plan;
  if (keyFiles !== undefined && pem !== undefined)
    writeKeyFiles({ paths: keyFiles, overwrite: false }, { privateKeyPem: pem, certificate });
  if (keyPlan.key.source === 'kept' || plan.secret === undefined || plan.secret.manual !== undefined) return;
  if (!keyPlan.setsSecret) return;
  const current = app === undefined ? undefined : certificateIn(app);
  records.write({
    phase: 'issued',
    certificate: certificate.pem,
    ...(current === undefined ? {} : { replaced: sha256(current) }),
    ...(record?.file === undefined ? {} : { file: record.file }),
  });
}

/** Without a login there is nothing to hand to a CI. One that the org has yet to learn of is none of those. */
function requireLogin({ users, name, clientId }: Connected, { username }: SetupRequest): void {
  const [user] = users;
  if (user === undefined) return;
  const { state, refusal } = verdictOf(user);
  if (state !== 'failed') return;
  const words = refusal === undefined ? (user.error ?? '') : refusalWords(refusal);
  throw new Failure('setup_login_refused', { name, username, clientId: clientId ?? '', words });
}

async function finish(
  done: SetupDone,
  { certificate, signer, pem }: Pair,
  { records, record }: SetupState,
  dependencies: SetupDependencies,
): Promise<SetupDone> {
  const { plan, connected } = done;
  const { request, keyPlan, secret } = plan;
  const clientId = connected.clientId!;
  const value = pem === undefined || request.ci === 'none' ? pem : secretValueOf(request.ci, pem);
  const isOurs = secret !== undefined && secret.manual === undefined;
  let kept: SetupRecord | undefined = record;
  let unseen: string[] = [];
  if (isOurs && keyPlan.setsSecret && value !== undefined) {
    keepSecret(value);
    dependencies.onStep('secret');
    for (const place of secret.places) await secret.store.set(value, place);
    const storedAt = new Date(dependencies.now()).toISOString();
    const file = record?.file;
    kept = { phase: 'stored', certificate: certificate.pem, clientId, storedAt, ...(file && { file }) };
    records.write(kept);
    unseen = (await secret.store.find())
      .filter(({ exists, unsaid }) => !exists && unsaid !== true)
      .map(({ name }) => name);
  }
  dependencies.onStep('files');
  const login = { username: request.username, clientId, instanceUrl: dependencies.connection.instanceUrl };
  const file = await writePlannedFiles(plan, login, value);
  if (isOurs && file !== undefined && file.status !== 'edited') {
    const written = { path: file.path, sha256: sha256(file.content) };
    if (kept !== undefined && JSON.stringify(kept.file) !== JSON.stringify(written))
      records.write({ ...kept, file: written });
  }
  const key = value !== undefined ? { secret: value } : signer?.uri !== undefined ? { signer } : undefined;
  if (key === undefined) return { ...done, unseen, file };
  dependencies.onStep('login');
  const isLate = connected.users.some((user) => verdictOf(user).state === 'pending');
  return { ...done, unseen, file, login: await dependencies.logInAsPipeline({ ...key, ...login }, isLate) };
}
