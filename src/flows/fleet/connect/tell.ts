import type { SfCommand } from '@salesforce/sf-plugins-core';
import type { ConnectDependencies } from '../../connect/dependencies.js';
import { warningsAlone } from '../row-warnings.js';
import { tellConnect } from '../../connect/tell.js';

type Told = Pick<
  ConnectDependencies,
  'onPlan' | 'onLockout' | 'onRunningDeployment' | 'onUnrecorded' | 'onPartlyApplied'
>;

/** What `connect` warns of while it goes, handed on; its plan is in the table, and nobody is asked for a single row. */
export function tellRow(admin: string, warn: (warning: SfCommand.Warning) => void): Told {
  const told = tellConnect(...warningsAlone(warn), { admin, sourceFolder: undefined, dryRun: false, wait: 0 });
  const { onPlan, onLockout, onUnrecorded, onPartlyApplied } = told;
  return { onPlan, onLockout, onUnrecorded, onPartlyApplied, onRunningDeployment: () => undefined };
}
