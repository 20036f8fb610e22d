import type { SfCommand } from '@salesforce/sf-plugins-core';

/** What a report writes to: the command, which is silent behind `--json` but for the warnings in it. */
export type Output = Pick<SfCommand<unknown>, 'jsonEnabled' | 'log' | 'logSuccess' | 'logToStderr' | 'warn'>;
