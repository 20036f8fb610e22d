import type { SfCommand } from '@salesforce/sf-plugins-core';
import { isFailure } from '../failure.js';
import { rememberApp, type KnownApp } from '../machine/store/known-apps.js';
import { explain } from './explain.js';

/** Keeps what was learnt of an app. What is done stands without it, so that a store that can't be written is a warning. */
export async function keepKnown(
  command: Pick<SfCommand<unknown>, 'warn'>,
  clientId: string,
  learnt: Partial<KnownApp>,
): Promise<void> {
  try {
    await rememberApp(clientId, learnt);
  } catch (error) {
    if (!isFailure(error)) throw error;
    command.warn(explain(error).message);
  }
}
