import type { Connection } from '@salesforce/core';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import type { Clock } from '../../clock.js';
import { issueCredential, positiveSerialNumber } from '../../keys/credential/issue.js';
import { runProgram } from '../../machine/program.js';
import { connectRecordOf } from '../../machine/store/connect-record.js';
import { setupRecordOf } from '../../machine/store/setup-record.js';
import { DEFAULT_SCOPES, metadataNamesOf } from '../../salesforce/app/scopes.js';
import { answerLimit } from '../../salesforce/org/transport.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { proverAt } from '../../salesforce/token/prover.js';
import type { Asker } from '../../terminal/asker.js';
import { Messages } from '../../terminal/messages.js';
import type { Progress } from '../../terminal/progress.js';
import { tellConnect } from '../connect/tell.js';
import type { SetupDependencies } from './dependencies.js';
import { logInAsPipeline } from './pipeline-login.js';
import { askPlan, askReplace } from './questions.js';
import { planLines, planWarnings } from './report.js';
import type { SetupRequest } from './request.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.setup');

/** Days for which a certificate that nobody described is valid, as that of `keygen`. */
const DAYS = 365;

type Edge = {
  command: Pick<SfCommand<unknown>, 'jsonEnabled' | 'log' | 'logSuccess' | 'logToStderr' | 'warn'>;
  progress: Progress;
  ask: Asker | undefined;
  connection: Connection;
  fetch: Fetch;
  clock: Clock;
  environment: NodeJS.ProcessEnv;
  random: (size: number) => Buffer;
  /** Milliseconds that a login is waited for */
  limit: number;
  apiVersion: string;
  request: SetupRequest;
  context: { admin: string; instanceUrl: string; bin: string };
};

/** What `setup` needs of this process: its network, clock, store and terminal. */
export function setupDependencies(edge: Edge): SetupDependencies {
  const { command, progress, ask, connection, fetch, clock, environment, random, limit, request, context } = edge;
  const timeout = answerLimit(environment);
  const audience = environment['SF_AUDIENCE_URL'];
  const { onPlan: _, ...told } = tellConnect(command, progress, {
    admin: context.admin,
    sourceFolder: undefined,
    dryRun: request.dryRun,
    wait: limit,
    confirm: ask && ((question) => ask.confirm(question)),
  });
  const prove = proverAt(connection.instanceUrl, { fetch, audience, clock, timeout, wait: limit }, told);
  const orgId = connection.getAuthInfoFields().orgId ?? '';
  /** A question stands alone on the terminal. */
  const paused = async <T>(question: () => Promise<T>): Promise<T> => {
    progress.stop();
    return question();
  };
  return {
    run: runProgram,
    fetch,
    environment,
    timeout,
    now: () => clock.now(),
    connection,
    connect: { ...clock, ...told, connection, record: connectRecordOf(orgId, request.name), logIn: prove },
    connectBase: {
      newScopes: metadataNamesOf(DEFAULT_SCOPES),
      newClientId: random(32).toString('hex'),
      apiVersion: edge.apiVersion,
    },
    recordOf: (appName, place) => setupRecordOf(orgId, appName, place),
    making: { apiVersion: edge.apiVersion, clock },
    issue: () =>
      issueCredential({
        subject: { commonName: request.name },
        keySize: 2048,
        days: DAYS,
        now: new Date(clock.now()),
        serialNumber: positiveSerialNumber(random(20)),
      }),
    logInAsPipeline: (login, isLate) => logInAsPipeline(login, { fetch, clock, timeout, wait: isLate ? 0 : limit }),
    onReplace: ask && ((what, values) => paused(() => askReplace(ask, what, values))),
    confirm: () => (ask === undefined ? Promise.resolve(true) : paused(() => askPlan(ask))),
    onPlan: (plan) => {
      progress.stop();
      for (const line of planLines(plan, context)) command.log(line);
      for (const warning of planWarnings(plan)) command.warn(warning);
    },
    onApply: () => progress.start(messages.getMessage('spinner.apply')),
    onStep: (step) => {
      progress.start(messages.getMessage(`spinner.${step}`), step === 'login' ? limit : undefined);
    },
  };
}
