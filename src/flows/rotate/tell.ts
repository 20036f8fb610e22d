import { Messages } from '../../terminal/messages.js';
import type { TokenRefusal } from '../../salesforce/token/endpoint.js';
import { answerInWords } from '../../salesforce/token/log-in.js';
import { onSignal } from '../../terminal/interruption.js';
import type { Output } from '../../terminal/output.js';
import type { Progress } from '../../terminal/progress.js';
import { planLines } from './report.js';
import type { RotateDependencies } from './rotation.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.rotate');

type Told = Pick<RotateDependencies, 'onPlan' | 'onResume' | 'onDeployment' | 'onUndo' | 'onUnfinished'> & {
  onLoginWait: (username: string, refusal: TokenRefusal) => void;
  onPatientLogin: () => void;
};

/**
 * Tells how `rotate` goes while it goes.
 *
 * @param request.wait milliseconds that logins are waited for
 */
export function tellRotate(
  output: Output,
  progress: Progress,
  { wait, dryRun }: { wait: number; dryRun: boolean },
): Told {
  let goesBack = false;
  return {
    onPlan: (plan) => {
      progress.stop();
      for (const line of planLines(plan, new Date())) output.log(line);
      output.log();
      output.warn(messages.getMessage('warning.oneCertificate', [plan.current.app.name]));
      progress.start(messages.getMessage('spinner.apply'));
      onSignal(() => messages.getMessage('interrupted'));
    },
    onResume: ({ phase, privateKeyFile, signer = '' }) => {
      progress.stop();
      output.warn(messages.getMessage(`warning.resumed.${phase}`, [privateKeyFile ?? signer]));
      progress.start(messages.getMessage('spinner.apply'));
    },
    onDeployment: ({ id, status, done, total }) => {
      if (!goesBack) progress.start(messages.getMessage(dryRun ? 'spinner.check' : 'spinner.deploy'));
      progress.status = messages.getMessage('spinner.deployment', [id, status, done, total]);
      onSignal(() => messages.getMessage('interrupted.deployment', [id]));
    },
    onUndo: (answer) => {
      if (answer !== undefined) output.warn(messages.getMessage('warning.undo', [answer]));
      goesBack = true;
      progress.start(messages.getMessage('spinner.undo'));
    },
    onUnfinished: () => {
      output.warn(messages.getMessage('warning.unfinished'));
    },
    onPatientLogin: () => {
      if (!goesBack) progress.start(messages.getMessage('spinner.prove'), wait);
    },
    onLoginWait: (username, refusal) => {
      progress.status = messages.getMessage('spinner.login', [username, answerInWords(refusal)]);
    },
  };
}
