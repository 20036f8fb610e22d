import { onSignal } from '../../terminal/interruption.js';
import { Messages } from '../../terminal/messages.js';
import type { Asker } from '../../terminal/asker.js';
import type { Output } from '../../terminal/output.js';
import type { Progress } from '../../terminal/progress.js';
import type { DisconnectDependencies } from './dependencies.js';
import { reportPlan } from './report.js';
import type { DisconnectRequest } from './request.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.disconnect');

type Told = Pick<DisconnectDependencies, 'onPlan' | 'onDeployment' | 'onRunningDeployment' | 'onPartlyApplied'>;

/** Tells how `disconnect` goes while it goes, and has its plan confirmed where somebody can be asked. */
export function tellDisconnect(
  output: Output,
  progress: Progress,
  {
    admin,
    action,
    dryRun,
    wait,
    asker,
  }: Pick<DisconnectRequest, 'action' | 'dryRun'> & {
    admin: string;
    /** Milliseconds that deployments are waited for */
    wait: number;
    /** Undefined where nobody can answer. */
    asker: Asker | undefined;
  },
): Told {
  return {
    onPlan: async (plan, current) => {
      progress.stop();
      reportPlan(output, plan, current, admin);
      const asks = asker !== undefined && !dryRun && plan.changes.length > 0;
      const goesOn = !asks || (await asker.confirm(messages.getMessage(`prompt.${action}`, [current.app.name])));
      if (goesOn) progress.start(messages.getMessage('spinner.apply'), wait);
      return goesOn;
    },
    onRunningDeployment: (id) => {
      progress.stop();
      output.log(messages.getMessage('join', [id]));
    },
    onDeployment: ({ id, status, done, total }) => {
      progress.status = messages.getMessage('spinner.deployment', [id, status, done, total]);
      onSignal(() => messages.getMessage('interrupted.deployment', [id]));
    },
    onPartlyApplied: ({ name, deployId, unassigned }) => {
      output.warn(
        deployId === undefined
          ? messages.getMessage('warning.partly', [name, unassigned.join(', ')])
          : messages.getMessage('warning.deleted', [deployId, name]),
      );
    },
  };
}
