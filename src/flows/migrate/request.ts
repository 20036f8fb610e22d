import type { Certificate } from '../../keys/credential/certificate.js';
import type { Signer } from '../../keys/signer/signer.js';

/** What `migrate` is asked for. */
export type MigrateRequest = {
  /** API name or label of the Connected App; undefined where a client id names it. */
  name: string | undefined;
  clientId: string | undefined;
  /** API name of the External Client App; undefined: that of the old one with `_ECA` behind it. */
  newName: string | undefined;
  /** Client id of the External Client App, for an org that doesn't give it out */
  newAppClientId: string | undefined;
  /** Who logs in with it beside those whom this machine and the login history know. */
  usernames: string[];
  /** The app's key, where it was given. */
  signer: Signer | undefined;
  /** What messages call it. */
  keySource: string;
  /** For an org that doesn't give the app's certificate out. */
  certificate: Certificate | undefined;
  /** Closes the old app where nobody has used it for so many days; undefined: leaves it open. */
  closesAfterDays: number | undefined;
  /** A client id that no other app in the world has. */
  newClientId: string;
  apiVersion: string;
  dryRun: boolean;
};
