import type { Signer } from '../../keys/signer/signer.js';
import type { AppType, WantedApp } from '../../salesforce/app/app.js';

/** What `connect` is asked for. */
export type ConnectRequest = {
  appType: AppType;
  /** The app's name was given, and isn't just the default: else a client id names the app. */
  nameGiven: boolean;
  app: WantedApp;
  /** Metadata names of the scopes that a new app gets where none were asked for. */
  newScopes: string[];
  usernames: string[];
  /** The users were named, and not just left to be the one who runs it. */
  usernamesAsked: boolean;
  /** A client id that no other app in the world has, for a new app. */
  newClientId: string;
  /** The client id of an app that exists: names it where no name was given, or is for an org that doesn't give it out. */
  clientId: string | undefined;
  apiVersion: string;
  dryRun: boolean;
  /** Whoever may log in is pre-authorized by the permission sets and profiles of the app, so that nobody is assigned. */
  usersStand?: boolean;
  /** The certificate's key, where it's at hand. */
  signer: Signer | undefined;
};
