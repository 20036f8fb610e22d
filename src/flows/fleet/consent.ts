import type { SfCommand } from '@salesforce/sf-plugins-core';
import { Failure } from '../../failure.js';
import { askerOf } from '../../terminal/asker.js';

/**
 * Asks a person once, before a command changes many orgs.
 *
 * @param rows how many there are; without any, or in a dry run, nothing changes
 * @throws Failure `fleet_declined`
 */
export async function requireConsent(
  command: SfCommand<unknown>,
  question: string,
  { rows, dryRun }: { rows: number; dryRun: boolean },
): Promise<void> {
  const asker = dryRun || rows === 0 ? undefined : askerOf(command);
  if ((await asker?.confirm(question)) === false) throw new Failure('fleet_declined', {});
}
