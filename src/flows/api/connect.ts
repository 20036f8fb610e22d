import { randomBytes } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import { SYSTEM_CLOCK, type Clock } from '../../clock.js';
import { isFailure } from '../../failure.js';
import { readCertificate, requireMatch, type Certificate } from '../../keys/credential/certificate.js';
import { requireValid } from '../../machine/files/credential-input.js';
import type { KeyInput } from '../../machine/files/key-input.js';
import { connectRecordOf } from '../../machine/store/connect-record.js';
import { rememberApp } from '../../machine/store/known-apps.js';
import {
  requireApiVersion,
  requireAppName,
  requireContactEmail,
  requireScopes,
  requireUnpackaged,
  requireUrl,
} from '../../salesforce/app/requirements.js';
import { DEFAULT_SCOPES, metadataNamesOf } from '../../salesforce/app/scopes.js';
import { TOKEN_TIMEOUT } from '../../salesforce/token/endpoint.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { proverAt } from '../../salesforce/token/prover.js';
import { explain } from '../../terminal/explain.js';
import { appByName } from '../app-by-name.js';
import { connect as connectApp } from '../connect/connect.js';
import { assignedHere, exitCodeOf, type Connected } from '../connect/connected.js';
import type { ApplyState, ConnectDependencies } from '../connect/dependencies.js';
import type { ConnectRequest } from '../connect/request.js';
import { resultOf } from '../connect/result.js';
import { changeSentence } from '../connect/words.js';
import { connectionOf } from './admin.js';
import { explained } from './explained.js';
import { JwtError } from './error.js';
import { findKeyInput } from './key.js';
import { requireDuration, requireText } from './options.js';
import { refusalOf } from './request-token.js';
import type { ConnectOptions, ConnectResult } from './types.js';

const DEFAULT_NAME = 'JwtBearer';
const DEFAULT_WAIT = 600_000;

const OUTCOMES = { 0: 'done', 68: 'partly', 69: 'pending' } as const;

export async function connect(options: ConnectOptions): Promise<ConnectResult> {
  const { clock = SYSTEM_CLOCK, timeout = TOKEN_TIMEOUT, wait = DEFAULT_WAIT, dryRun = false } = options;
  requireDuration('timeout', timeout, 1);
  requireDuration('wait', wait, 0);
  const { certificate, keyInput } = await credentialOf(options, clock);
  const fetch = options.fetch ?? (await systemFetch(process.env));
  const connection = await connectionOf(options.org, fetch, timeout);
  const request = await requestOf(options, { connection, certificate, keyInput });
  const warnings: ConnectResult['warnings'] = [];
  const partly: { state?: ApplyState } = {};
  try {
    const network = { fetch, audience: undefined, clock, timeout, wait };
    const told = tellingTo(options, warnings, partly);
    const logIn = proverAt(connection.instanceUrl, network, {
      onLoginWait: (username, refusal) =>
        options.onProgress?.({ step: 'login', username, refusal: refusalOf(refusal) }),
    });
    const record = options.store ?? connectRecordOf(connection.getAuthInfoFields().orgId ?? '', request.app.name);
    const connected = await connectApp(request, { ...timeOf(clock), ...told, connection, record, logIn });
    if (!dryRun && options.store === undefined) await remember(connected, { connection, certificate }, warnings);
    const { instanceUrl } = connection;
    return {
      outcome: OUTCOMES[exitCodeOf(connected)],
      ...resultOf(connected, { certificate, instanceUrl, dryRun }),
      warnings,
    };
  } catch (error) {
    throw withState(explained(error), partly.state);
  }
}

async function credentialOf(
  options: ConnectOptions,
  clock: Clock,
): Promise<{ certificate: Certificate; keyInput: KeyInput | undefined }> {
  const source = 'the option "certificate"';
  const certificate = readCertificate(requireText('certificate', options.certificate), source);
  requireValid(certificate, source, new Date(clock.now()));
  const keyInput = await findKeyInput(options);
  if (keyInput !== undefined) {
    const files = { keyPath: keyInput.path ?? 'the option "key"', certificatePath: source };
    requireMatch(certificate, keyInput.signer, files);
  }
  return { certificate, keyInput };
}

type Read = { connection: Connection; certificate: Certificate; keyInput: KeyInput | undefined };

async function requestOf(
  options: ConnectOptions,
  { connection, certificate, keyInput }: Read,
): Promise<ConnectRequest> {
  const { appType, contactEmail, callbackUrl, scopes, usernames } = options;
  const newScopes = metadataNamesOf(requireScopes(scopes ?? DEFAULT_SCOPES));
  const asked = options.name ?? DEFAULT_NAME;
  requireUnpackaged(asked);
  const apiVersion = requireApiVersion(options.apiVersion ?? connection.version);
  connection.version = apiVersion;
  const found = options.name === undefined ? undefined : await appByName(connection, asked);
  return {
    appType: appType ?? found?.type ?? 'external-client-app',
    nameGiven: options.name !== undefined,
    app: {
      name: requireAppName(found?.name ?? asked),
      label: options.label,
      contactEmail: contactEmail === undefined ? undefined : requireContactEmail(contactEmail),
      callbackUrl: callbackUrl === undefined ? undefined : requireUrl(callbackUrl),
      certificate,
      scopes: scopes === undefined ? [] : newScopes,
      permissionSets: options.permissionSets ?? [],
      profiles: options.profiles ?? [],
      adminApproved: undefined,
      ipRelaxation: options.ipRelaxation,
    },
    newScopes,
    usernames: usernames ?? [connection.getUsername() ?? ''],
    usernamesAsked: usernames !== undefined,
    newClientId: randomBytes(32).toString('hex'),
    clientId: options.clientId,
    apiVersion,
    dryRun: options.dryRun ?? false,
    signer: keyInput?.signer,
  };
}

const timeOf = (clock: Clock): Clock => ({
  now: () => clock.now(),
  sleep: (milliseconds) => clock.sleep(milliseconds),
});

type Told = Omit<ConnectDependencies, keyof Clock | 'connection' | 'record' | 'logIn' | 'confirm'>;

function tellingTo(
  { onProgress, onLockout = () => false }: ConnectOptions,
  warnings: ConnectResult['warnings'],
  partly: { state?: ApplyState },
): Told {
  return {
    onPlan: (changes) => {
      onProgress?.({ step: 'plan', changes: changes.map(changeSentence) });
      return Promise.resolve();
    },
    onRunningDeployment: (deployId) => onProgress?.({ step: 'join', deployId }),
    onDeployment: ({ id, status, done, total }) => onProgress?.({ step: 'deploy', deployId: id, status, done, total }),
    onLockout: async (_name, usernames) => onLockout(usernames),
    onUnrecorded: (_clientId, failure) => {
      warnings.push({ code: failure.code, message: explain(failure).message });
    },
    onPartlyApplied: (state) => {
      partly.state = state;
    },
  };
}

/** What is done stands without it. */
async function remember(
  connected: Connected,
  { connection, certificate }: Pick<Read, 'connection' | 'certificate'>,
  warnings: ConnectResult['warnings'],
): Promise<void> {
  const { clientId, name } = connected;
  if (clientId === null) return;
  const learnt = { name, admin: connection.getUsername(), certificates: [certificate.pem], ...assignedHere(connected) };
  try {
    await rememberApp(clientId, learnt);
  } catch (error) {
    if (!isFailure(error)) throw error;
    warnings.push({ code: error.code, message: explain(error).message });
  }
}

/** An error says what is in the org all the same. */
function withState(error: unknown, state: ApplyState | undefined): unknown {
  if (error instanceof JwtError && state !== undefined) error.data['applied'] = { ...state };
  return error;
}
