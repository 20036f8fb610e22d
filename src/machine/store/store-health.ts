import { isFailure, type Failure } from '../../failure.js';
import { checkStore } from './auth-store.js';
import { stateFault, storeFaultOf } from './store-fault.js';

/** Why a login of this user couldn't be stored here, or not be read again; undefined where it can. Changes nothing. */
export async function storeFailureFor(username: string): Promise<Failure | undefined> {
  try {
    await checkStore(username, { alias: username, setDefault: true, setDefaultDevHub: false });
    return stateFault();
  } catch (error) {
    const failure = isFailure(error) ? error : storeFaultOf(error);
    if (failure === undefined) throw error;
    return failure;
  }
}
