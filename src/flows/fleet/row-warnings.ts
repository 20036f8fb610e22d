import type { SfCommand } from '@salesforce/sf-plugins-core';
import type { Output } from '../../terminal/output.js';
import type { Progress } from '../../terminal/progress.js';

const silent = (): void => undefined;

/** Where a row's own command would tell how it goes: its warnings are handed on, and the rest is in the table. */
export function warningsAlone(warn: (warning: SfCommand.Warning) => void): [Output, Progress] {
  const output: Output = {
    jsonEnabled: () => false,
    log: silent,
    logSuccess: silent,
    logToStderr: silent,
    warn: (warning) => {
      warn(warning);
      return warning;
    },
  };
  return [output, { start: silent, stop: silent, status: undefined }];
}
