import { SfError } from '@salesforce/core';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import { adviceOf, explain } from './explain.js';
import { Messages } from './messages.js';
import { isFailure } from '../failure.js';
import type { Progress } from './progress.js';
import type { TokenRefusal } from '../salesforce/token/endpoint.js';
import { answerInWords, type LoginTarget } from '../salesforce/token/log-in.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'login');

/** The exit code when the wait for a new app or assignment was in vain. */
export const STILL_UNKNOWN = 69;

/**
 * Says who logs in where, to a person who waits.
 *
 * @param limit milliseconds that an app which has yet to propagate is waited for
 */
export function showLogin(progress: Progress, { username, loginUrl }: LoginTarget, limit: number): void {
  progress.start(messages.getMessage('spinner', [username, loginUrl.host]), limit > 0 ? limit : undefined);
}

/** Tells what a login waits on: a person sees it beside the spinner, and a log has one line for each new answer. */
export function tellWait(
  command: Pick<SfCommand<unknown>, 'logToStderr'>,
  progress: Progress,
  minutes: number,
): (refusal: TokenRefusal) => void {
  let told = '';
  return (refusal) => {
    const waiting = messages.getMessage('waiting', [answerInWords(refusal), minutes]);
    progress.status = waiting;
    if (waiting !== told && !process.stderr.isTTY) command.logToStderr(waiting);
    told = waiting;
  };
}

/**
 * As `explain`; a refused login names the doctor for it, and one that was waited for in vain says so and ends with its own
 * exit code.
 */
export function explainLogin(error: Error): Error {
  const explained = explain(error);
  if (explained instanceof SfError && isFailure(error) && 'unusualAudience' in error.data) {
    explained.actions = [...(explained.actions ?? []), ...adviceOf([messages.getMessage('doctor')], error.data)];
  }
  if (explained instanceof SfError && isFailure(error) && 'minutesWaited' in error.data) {
    const { minutesWaited } = error.data;
    if (minutesWaited > 0) {
      explained.message += ` ${messages.getMessage('waitedInVain', [minutesWaited])}`;
      explained.exitCode = STILL_UNKNOWN;
    }
  }
  return explained;
}
