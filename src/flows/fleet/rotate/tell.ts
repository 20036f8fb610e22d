import type { SfCommand } from '@salesforce/sf-plugins-core';
import type { RotateDependencies } from '../../rotate/rotation.js';
import { warningsAlone } from '../row-warnings.js';
import { tellRotate } from '../../rotate/tell.js';

type Told = Pick<RotateDependencies, 'onResume' | 'onUndo' | 'onUnfinished'>;

/** What `rotate` warns of while it goes, handed on; its plan is in the table. */
export function tellRow(warn: (warning: SfCommand.Warning) => void): Told {
  const told = tellRotate(...warningsAlone(warn), { wait: 0, dryRun: false });
  const { onResume, onUndo, onUnfinished } = told;
  return { onResume, onUndo, onUnfinished };
}
