import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { SYSTEM_CLOCK } from '../src/clock.js';
import { isFailure } from '../src/failure.js';
import { keyInputOf } from '../src/flows/api/key.js';
import { examine } from '../src/flows/doctor/doctor.js';
import { grant } from '../src/flows/grant.js';
import { provenLogin, type LoginRequest } from '../src/flows/login.js';
import { TESTED_CLI } from '../src/flows/snippet/running.js';
import { audienceFor } from '../src/keys/assertion/audience.js';
import { formatPrivateKey } from '../src/keys/credential/private-key.js';
import { keepSecret } from '../src/keys/secrets.js';
import type { KeyInput } from '../src/machine/files/key-input.js';
import { storeLogin } from '../src/machine/store/auth-store.js';
import { storeFailureFor } from '../src/machine/store/store-health.js';
import { isWebLogin, readStoredLogins } from '../src/machine/store/stored-logins.js';
import { TOKEN_TIMEOUT, type Fetch, type Token } from '../src/salesforce/token/endpoint.js';
import { requireLoginUrl } from '../src/salesforce/token/login-url.js';
import { latestEnd } from '../src/salesforce/token/session.js';
import { systemFetch } from '../src/salesforce/token/network.js';
import { explain } from '../src/terminal/explain.js';
import { shellQuote } from '../src/terminal/shell-quote.js';
import { Messages } from '../src/terminal/messages.js';
import { InputError, readInputs, type Inputs } from './inputs.js';
import { formsOfKey, formsOfSecret } from './masks.js';
import type { Runner } from './runner.js';
import { claimLogin } from './stored.js';
import { summaryOf } from './summary.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'action');

/** The main step: logs in, gives out what later steps need, and keeps what the last one takes back. */
export async function logIn(runner: Runner): Promise<void> {
  let inputs: Inputs | undefined;
  try {
    const given = [runner.input('private-key'), runner.input('passphrase')] as const;
    if (given[0] !== undefined) maskKey(runner, given[0]);
    if (given[1] !== undefined) maskSecret(runner, given[1]);
    inputs = readInputs(runner);
    requireLoginUrl(inputs.loginUrl);
    const keyInput = await openKey(runner, inputs);
    const fetch = await systemFetch(runner.environment);
    if (inputs.cli && !isOnPath('sf', runner.environment))
      runner.warn(messages.getMessage('title.cli'), messages.getMessage('cli', [TESTED_CLI]));
    const token = inputs.cli
      ? await logInForCli(runner, inputs, keyInput, fetch)
      : await provenLogin(requestOf(inputs, keyInput), dependenciesOf(fetch));
    giveOut(runner, inputs, token);
  } catch (error) {
    await tellFailure(runner, inputs, error);
  }
}

async function openKey(runner: Runner, { privateKey, passphrase, signer }: Inputs): Promise<KeyInput> {
  if (signer !== undefined) return keyInputOf({ signer });
  const keyInput = await keyInputOf({ key: privateKey, passphrase });
  if (keyInput.key !== undefined) maskKey(runner, privateKey!, formatPrivateKey(keyInput.key));
  return keyInput;
}

function requestOf({ clientId, username, loginUrl, audience }: Inputs, { signer }: KeyInput): LoginRequest {
  return {
    target: { clientId, username, loginUrl, audience: audience ?? audienceFor(loginUrl) },
    signer,
    keyFile: undefined,
    limit: 0,
    timeout: TOKEN_TIMEOUT,
  };
}

const dependenciesOf = (fetch: Fetch) => ({ ...SYSTEM_CLOCK, fetch, onWait: () => undefined });

/** A login is stored with a copy of its key, by which the CLI renews it in a long job. A signer's key is stored nowhere. */
async function logInForCli(runner: Runner, inputs: Inputs, keyInput: KeyInput, fetch: Fetch): Promise<Token> {
  const { username, alias, setDefault, setDefaultDevHub } = inputs;
  let token: Token | undefined;
  const { warnings } = await grant(
    {
      ...requestOf(inputs, keyInput),
      keyInput,
      keyStorage: keyInput.key === undefined ? 'none' : 'copy',
      names: { alias, setDefault, setDefaultDevHub },
    },
    {
      ...dependenciesOf(fetch),
      environment: runner.environment,
      store: (login, names, now) => {
        token = login.token;
        keepForLogout(runner, inputs, login.token);
        if (!claimLogin(login.token.orgId, username))
          runner.notice(messages.getMessage('title.before'), messages.getMessage('before', [username]));
        return storeLogin(login, names, now);
      },
    },
  );
  for (const warning of warnings)
    if (warning === 'notDevHub' || warning === 'devHubUnknown' || warning === 'devHubApp')
      runner.warn(messages.getMessage('title.devHub'), messages.getMessage(`warning.${warning}`));
  return token!;
}

/** What stands in the state goes through the environment of the last step, and no other. */
function keepForLogout(runner: Runner, { username, skipTokenRevoke }: Inputs, token: Token): void {
  maskSecret(runner, token.accessToken);
  runner.saveState('username', username);
  runner.saveState('orgId', token.orgId);
  runner.saveState('instanceUrl', token.instanceUrl);
  if (!skipTokenRevoke) runner.saveState('token', token.accessToken);
}

function giveOut(runner: Runner, inputs: Inputs, token: Token): void {
  const { cli, username, alias, skipTokenRevoke } = inputs;
  const { orgId, instanceUrl, accessToken } = token;
  if (!cli) keepForLogout(runner, inputs, token);
  runner.setOutput('org-id', orgId);
  runner.setOutput('instance-url', instanceUrl);
  runner.setOutput('username', username);
  if (alias !== undefined) runner.setOutput('alias', alias);
  if (!cli) runner.setOutput('access-token', accessToken);
  runner.setOutput('expires-at', latestEnd(new Date()).toISOString());
  runner.say(messages.getMessage('loggedIn', [username, instanceUrl, orgId]));
  if (cli) runner.say(messages.getMessage('stored', [shellQuote(alias ?? username)]));
  const leaves = cli
    ? skipTokenRevoke
      ? 'leaves.stored'
      : 'leaves'
    : skipTokenRevoke
      ? 'leaves.nothing'
      : 'leaves.token';
  runner.say(messages.getMessage(leaves));
  runner.summarize(summaryOf({ username, orgId, instanceUrl, alias }, messages.getMessage(leaves)));
}

/** What the doctor finds first is the annotation; a failure before any login is one by itself. */
async function tellFailure(runner: Runner, inputs: Inputs | undefined, error: unknown): Promise<void> {
  if (error instanceof InputError) {
    runner.fail(messages.getMessage('title.input'), error.message);
    return;
  }
  const explained = error instanceof Error ? explain(error) : new Error(String(error));
  const actions = 'actions' in explained && Array.isArray(explained.actions) ? (explained.actions as string[]) : [];
  if (!isFailure(error)) {
    runner.fail(messages.getMessage('title.unforeseen'), [explained.message, ...actions].join('\n'));
    return;
  }
  const found = 'loginUrl' in error.data && inputs !== undefined ? await firstFinding(runner, inputs) : undefined;
  const told = found ?? { code: error.code, message: explained.message, actions };
  runner.fail(messages.getMessage('title.failed', [told.code]), [told.message, ...told.actions].join('\n'));
  runner.summarize(summaryOf({ username: inputs?.username, instanceUrl: inputs?.loginUrl.href }, told.message));
}

type Told = { code: string; message: string; actions: string[] };

async function firstFinding(runner: Runner, inputs: Inputs): Promise<Told | undefined> {
  const { username, clientId, audience, privateKey, passphrase, loginUrl } = inputs;
  // A signer may ask somebody for a second signature; its refused login is told as it is.
  if (privateKey === undefined) return undefined;
  const environment = {
    ...runner.environment,
    SF_JWT_KEY: privateKey,
    ...(passphrase !== undefined && { SF_JWT_KEY_PASSPHRASE: passphrase }),
  };
  const keySources = {
    ...{ file: undefined, environment, stdin: Readable.from([]), passphraseFile: undefined, askPassphrase: undefined },
  };
  const { findings } = await examine(
    { username, clientId, audience, keySources, certificateFile: undefined, admin: undefined },
    {
      fetch: await systemFetch(runner.environment),
      now: SYSTEM_CLOCK.now,
      timeout: TOKEN_TIMEOUT,
      environment: runner.environment,
      platform: process.platform,
      loginUrl: () => Promise.resolve(loginUrl),
      storedLogins: readStoredLogins,
      storeFailure: storeFailureFor,
      isWebLogin,
      viewOrg: undefined,
    },
  );
  const error = findings.find(({ severity }) => severity === 'error');
  return error && { code: error.code, message: error.message, actions: error.actions };
}

function maskKey(runner: Runner, given: string, pem?: string): void {
  for (const form of formsOfKey(given, pem)) runner.mask(form);
}

function maskSecret(runner: Runner, secret: string): void {
  keepSecret(secret);
  for (const form of formsOfSecret(secret)) runner.mask(form);
}

function isOnPath(program: string, { PATH = '', Path = PATH }: NodeJS.ProcessEnv): boolean {
  const names = process.platform === 'win32' ? [`${program}.cmd`, `${program}.exe`] : [program];
  return Path.split(delimiter).some((folder) => folder !== '' && names.some((name) => existsSync(join(folder, name))));
}
