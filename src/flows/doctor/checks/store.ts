import type { Facts } from '../facts.js';
import { failureFinding, type Finding } from '../finding.js';

/** A login that works is of no use to sf where it can't be stored or read again. */
export function checkStore({ storeFailure }: Facts): Finding[] {
  return storeFailure === undefined ? [] : [failureFinding('error', storeFailure)];
}
