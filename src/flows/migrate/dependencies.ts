import type { Failure } from '../../failure.js';
import type { TokenRefusal } from '../../salesforce/token/endpoint.js';
import type { Connected } from '../connect/connected.js';
import type { ConnectDependencies } from '../connect/dependencies.js';
import type { OldApp } from './read.js';

/** What `migrate` needs from outside, beside what `connect` does, and whom it tells how it goes. */
export type MigrateDependencies = Omit<ConnectDependencies, 'record'> & {
  /** What keeps the record of a new app of this name. */
  recordOf: (newName: string) => ConnectDependencies['record'];
  /** The failure that a refused login is. */
  refused: (refusal: TokenRefusal, username: string, clientId: string) => Failure;
  onOldApp: (old: OldApp, newName: string) => void;
  /** The new app stands; what was learnt of it is to be kept. */
  onConnected: (connected: Connected, old: OldApp) => Promise<void>;
  /** Says whether to let nobody log in with the old app any more; absent where nobody is to be asked. */
  confirmClose?: ((name: string) => Promise<boolean>) | undefined;
};
