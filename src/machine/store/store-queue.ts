import type { AuthFields } from '@salesforce/core';
import { storeLogins, type Login, type NamedLogin, type Names } from './auth-store.js';

type Stored = (login: Login, names: Names, now: Date) => Promise<AuthFields>;
type Waiting = NamedLogin & { now: Date; resolve: (fields: AuthFields) => void; reject: (error: unknown) => void };

/**
 * A `storeLogin` for many logins of different users at the same time. Within this process only one change is under way,
 * since core's locks make whoever finds one taken wait for a whole second; what comes in meanwhile is stored together by
 * the next change. If that fails, each is stored for itself, so that one entry that can't be written stops no other.
 */
export function storeQueue(): Stored {
  let queue: Waiting[] = [];
  let working = false;
  const work = async (): Promise<void> => {
    working = true;
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      await storeBatch(batch).catch(async (error: unknown) => {
        if (batch.length === 1) batch[0]!.reject(error);
        else for (const each of batch) await storeBatch([each]).catch(each.reject);
      });
    }
    working = false;
  };
  return (login, names, now) =>
    new Promise((resolve, reject) => {
      queue.push({ login, names, now, resolve, reject });
      if (!working) void work();
    });
}

async function storeBatch(batch: readonly Waiting[]): Promise<void> {
  const fields = await storeLogins(batch, batch.at(-1)!.now);
  batch.forEach(({ resolve }, index) => resolve(fields[index]!));
}
