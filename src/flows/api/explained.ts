import { isFailure } from '../../failure.js';
import { storeFaultOf } from '../../machine/store/store-fault.js';
import { explain } from '../../terminal/explain.js';
import { JwtError } from './error.js';

/** An error as those who call a function get it: with words, where it is one that they can do something about. */
export function explained(error: unknown): unknown {
  const failure = isFailure(error) ? error : storeFaultOf(error);
  if (failure === undefined) return error;
  const { message, actions = [] } = explain(failure);
  const { code, data, cause } = failure;
  return new JwtError(message, { code, actions, data }, cause === undefined ? undefined : { cause });
}
