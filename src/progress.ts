import type { SfCommand } from '@salesforce/sf-plugins-core';

/** What is going on, for a person who waits. `status` says more while it lasts. */
export type Progress = { start: (action: string) => void; stop: () => void; status: string | undefined };

/** The command's spinner, and silence where nobody watches: a log gets results, not dots. */
export function progressOf({ spinner }: Pick<SfCommand<unknown>, 'spinner'>): Progress {
  return process.stderr.isTTY ? spinner : { start: () => undefined, stop: () => undefined, status: undefined };
}
