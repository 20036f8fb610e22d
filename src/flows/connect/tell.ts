import { Messages } from '../../terminal/messages.js';
import { sourceFiles } from '../../salesforce/app/source.js';
import type { TokenRefusal } from '../../salesforce/token/endpoint.js';
import { writeFiles } from '../../machine/files/write-files.js';
import { explain } from '../../terminal/explain.js';
import { onSignal } from '../../terminal/interruption.js';
import type { Output } from '../../terminal/output.js';
import type { Progress } from '../../terminal/progress.js';
import type { ConnectDependencies } from './dependencies.js';
import { partlyApplied } from './report.js';
import { changeSentence, refusalWords } from './words.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

type Told = Pick<
  ConnectDependencies,
  'onPlan' | 'onLockout' | 'onRunningDeployment' | 'onUnrecorded' | 'onPartlyApplied' | 'onDeployment'
> & {
  onLoginWait: (username: string, refusal: TokenRefusal) => void;
  onPatientLogin: () => void;
};

type Asked = {
  /** Username */
  admin: string;
  /** Where the app's metadata goes as soon as the plan is known. */
  sourceFolder: string | undefined;
  dryRun: boolean;
  /** Milliseconds that logins are waited for */
  wait: number;
  /** Asks a person; undefined where nobody can answer, or nothing will be changed. */
  confirm?: ((question: string) => Promise<boolean>) | undefined;
};

/** So many users are named in a warning. */
const NAMED = 20;

/**
 * Tells how `connect` goes while it goes: the plan, what it waits for, and what is left in the org when it fails.
 */
export function tellConnect(
  output: Output,
  progress: Progress,
  { admin, sourceFolder, dryRun, wait, confirm }: Asked,
): Told {
  // One of a run before this one, whose end is waited for
  let joined: string | undefined;
  return {
    onPlan: async (changes, source) => {
      progress.stop();
      output.log(messages.getMessage(changes.length === 0 ? 'plan.nothing' : 'plan', [admin]));
      for (const change of changes) output.log(`  ${changeSentence(change)}`);
      output.log();
      if (changes.some(({ key, from }) => key === 'certificate' && from !== undefined))
        output.warn(messages.getMessage('warning.oneCertificate'));
      // Whatever the org says to it: where its tests stand in the way, it's for a deployment of the user's own.
      if (sourceFolder !== undefined) writeFiles(sourceFolder, await sourceFiles(source));
      progress.start(messages.getMessage('spinner.apply'));
    },
    onRunningDeployment: (id) => {
      progress.stop();
      output.log(messages.getMessage('join', [id]));
      joined = id;
      progress.start(messages.getMessage('spinner.join'));
    },
    onLockout: async (name, usernames) => {
      progress.stop();
      output.warn(lockoutWarning(name, usernames));
      const goesOn = confirm === undefined || (await confirm(messages.getMessage('prompt.lockout', [name])));
      progress.start(messages.getMessage('spinner.apply'));
      return goesOn;
    },
    onUnrecorded: (clientId, failure) => {
      output.warn(messages.getMessage('warning.unrecorded', [clientId, explain(failure).message]));
    },
    onPartlyApplied: (state) => {
      output.warn(partlyApplied(state));
    },
    onDeployment: ({ id, status, done, total }) => {
      if (id !== joined) progress.start(messages.getMessage(dryRun ? 'spinner.check' : 'spinner.deploy'));
      progress.status = messages.getMessage('spinner.deployment', [id, status, done, total]);
      onSignal(() => messages.getMessage('interrupted.deployment', [id]));
      if (status !== 'Succeeded' || dryRun) return;
      progress.start(
        id === joined ? messages.getMessage('spinner.read', [admin]) : messages.getMessage('spinner.authorize'),
      );
    },
    onPatientLogin: () => {
      progress.start(messages.getMessage('spinner.prove'), wait);
    },
    onLoginWait: (username, refusal) => {
      onSignal(() => messages.getMessage('interrupted.login'));
      progress.status = messages.getMessage('spinner.login', [username, refusalWords(refusal)]);
    },
  };
}

function lockoutWarning(name: string, usernames: string[] | undefined): string {
  if (usernames === undefined) return messages.getMessage('warning.lockout.unknown', [name]);
  return messages.getMessage('warning.lockout', [name, usernames.length, usernames.slice(0, NAMED).join(', ')]);
}
