/** Values that several failures have in common; `failure.ts` says which. */

/** Stands in advice for the stored login of an admin where none is known, as in the documentation. A shell takes it as a word. */
export const EXAMPLE_ADMIN_ORG = 'my-admin-org';

export type NoData = Record<string, never>;

/** Where something is damaged, as far as that shows, and how long it is: never what it holds. */
export type Damaged = {
  source: string;
  variant?: 'cut' | 'hollow' | 'character' | 'length';
  /** How many characters of base64 are there where it's cut off */
  characters?: number;
  /** Where something isn't base64; both count from 1 */
  line?: number;
  column?: number;
  /** How long it is, and how long it says that it is */
  bytes?: number;
  expected?: number;
};

/** What stands in the way of an admin's every request, in the org's words. */
export type RefusedAdmin = { instanceUrl: string; username: string; words: string };

/**
 * A refusal of the token endpoint. `error` and `error_description` are the server's own, word for word; where it gave
 * none, they are empty. The rest is what was asked.
 */
export type LoginData = {
  error: string;
  error_description: string;
  username: string;
  clientId: string;
  loginUrl: string;
  audience: string;
  /** The answer in one line: the two words of the server, or the HTTP status and the start of the body, or the reason. */
  answer: string;
  /** Empty where the key came from the environment */
  keyFile: string;
  /** URI of the key; empty where it isn't a signer's */
  signer: string;
  /** Empty where none was named */
  passphraseFile: string;
  /** A usual name where none is at hand */
  certificateFile: string;
  /** As `certificateFile`; empty where none is at hand */
  certificateAtHand: string;
  /** A stored login of an admin of this org, or `EXAMPLE_ADMIN_ORG` where none is known */
  adminOrg: string;
  /** As `adminOrg`; empty where none is known */
  knownAdminOrg: string;
  /** Empty where the audience is the usual one for the URL */
  unusualAudience: string;
  /** Audiences that the org may take where it refused this one, the likelier first; empty where there is none */
  otherAudience: string;
  thirdAudience: string;
  /** The host, where it's one that all orgs share; empty where it's an org's own */
  sharedHost: string;
  /** Where the server sends the request on to; empty where it doesn't */
  redirectedTo: string;
  /** By how much this machine's clock is behind the server's, as far as the answer shows it */
  minutesBehind: number;
  /** The limit of one request */
  seconds: number;
  /** How long was waited in vain; 0 where nothing was waited for */
  minutesWaited: number;
};
