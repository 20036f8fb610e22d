/**
 * What differs between real orgs, or what Salesforce does not document. `evidence.ts` names the observation behind each
 * default; tests run the ones that matter both ways. `org.switches` is live: assign to change behaviour.
 */
export interface Switches {
  /** Milliseconds from accepting a deployment to its end. Real ones with an External Client App took up to 51 s. */
  deployMs: number;
  /** Whether a deployment passes through `Finalizing` (WSDL spelling) before it is done. */
  finalizing: 'none' | 'Finalizing' | 'FinalizingDeploy';
  /** Milliseconds before a new app, a new certificate or a new assignment takes effect. Help says 2 to 10 minutes. */
  propagationMs: number;
  /** What the token endpoint answers, one after the other, while a new app propagates. */
  propagationAnswers: PropagationAnswer[];
  /** Spring '26: creating Connected Apps is off for customers, also through the Metadata API; updates still work. */
  connectedAppCreation: 'allowed' | 'blocked';
  /** Status code of that refusal in `SaveResult.errors`; no recording shows it. */
  connectedAppBlockedStatusCode: string;
  /** A `consumerKey` in the first deployment of an External Client App: kept (most reports), replaced, or refused. */
  ecaKeySettable: true | 'ignored' | 'rejected';
  /**
   * Whether retrieve and read return `consumerKey` of External Client Apps; some orgs show it in Setup only, and it has been
   * reported as redacted: there and empty.
   */
  consumerKeyReadable: boolean | 'empty';
  /** How retrieve and read return the certificate: each has been reported. */
  certificateReadback: 'as-sent' | 'pem' | 'base64' | 'base64-of-pem' | 'omitted';
  /**
   * Whether read and retrieve give out the client id and the certificate of an app that a package has brought: they are
   * those of its publisher. No recording shows either.
   */
  packagedCredentials: 'hidden' | 'shown';
  /** `isPkceRequired` that was deployed false: newer orgs give it back true. */
  pkceRequired: 'forced' | 'as-deployed';
  /** Since v67 retrieves of global OAuth settings have `isDPopEnabled`, of which the WSDL here doesn't know yet. */
  dPopField: 'returned' | 'unknown';
  /** Whether `commaSeparatedPermissionSet` of a policy creates the SetupEntityAccess row by itself (two reports: yes). */
  accessRowCreated: boolean;
  /** Deleting a permission set that somebody has: Setup wants it taken from everybody first; no recording shows a deployment. */
  assignedPermissionSetDeletion: 'refused' | 'allowed';
  /** Elements that a later deployment leaves out: back to their defaults, or kept. Not documented; reset is stricter. */
  omittedFields: 'reset' | 'kept';
  /** The same question for `certificate` alone: a live org lost the login of its CI so (`invalid assertion`). */
  omittedCertificate: 'kept' | 'removed';
  /**
   * When the server makes its own OAuth policy: as soon as OAuth settings are saved, or after the whole package. A policy
   * of any name was accepted beside the settings of a new app, which speaks for the latter.
   */
  defaultPolicyTiming: 'with-settings' | 'after-package';
  /** `label` has minOccurs=0 in the WSDL, yet a header or satellite without one has been refused. */
  labelRequired: boolean;
  /** `orgScopedExternalApp` with the right org id on an update: sources differ between harmless and forbidden. */
  orgScopedExternalAppOnUpdate: 'accepted' | 'refused';
  /** Certificates with an EC key, and expired ones, at deployment: no recorded text, accepted by all accounts. */
  ecCertificate: 'accepted' | 'refused';
  expiredCertificate: 'accepted' | 'refused';
  /** Whether an expired certificate stops the grant: not settled. */
  expiredCertificateGrant: 'accepted' | 'refused';
  /** Size limit of an uploaded certificate ("limited to 4 KB"). */
  certificateMaxBytes: number;
  /** More than one certificate in `certificate`: refused as no certificate, or its first one taken. Nobody reports either. */
  certificateChain: 'refused' | 'first-taken';
  /** Words for a signature that does not match: `by-type` is `invalid assertion` for Connected Apps, else ECA's. */
  signatureMismatch: 'by-type' | 'invalid_assertion' | 'invalid_client';
  /** An app without certificate: the grant type is not enabled for it, or just another mismatch. */
  appWithoutCertificate: 'unsupported_grant_type' | 'signature_mismatch';
  /**
   * `aud` at a My Domain: its own origin and either generic host, or only the generic host that fits the org. Some
   * Playgrounds, which are no sandboxes, want test.salesforce.com, and a scratch org took login.salesforce.com for no
   * wrong audience; nothing shows that a production org does likewise.
   */
  myDomainAudience: 'any' | 'matching';
  /** Seconds after `exp` in which an assertion still counts (CumulusCI sends `exp = now` and works). */
  expiryGraceSeconds: number;
  /** Only `refresh_token` among the scopes: no access token is issued; the error text is the documented one. */
  onlyRefreshScope: 'refused' | 'issued';
  /** A second grant while the session lives: a new token, or the same again. */
  repeatedGrant: 'new-token' | 'same-token';
  /** What revoking a token answers that has ended, or never was: both errors are documented, not which is for what. */
  deadTokenRevocation: 'invalid_token' | 'unsupported_token_type';
  /**
   * Extra members of the token response: `api_instance_url` comes with the scope `sfap_api`, `token_format` with
   * JWT-format tokens; always and never stand for releases of other habits.
   */
  tokenResponseExtras: 'by-app' | 'always' | 'never';
  /**
   * Where External Client Apps are found besides My Domain: at login.salesforce.com those of production, Dev Hub and
   * Developer Edition orgs (three reports), or nowhere. Those of sandboxes aren't at either login host; those of scratch
   * orgs answer `user hasn't approved this consumer` at login.salesforce.com.
   */
  ecaAtLoginHosts: 'login' | 'nowhere';
  /** The My Domain policy that refuses logins at login hosts. The history says so; the endpoint's words are assumed. */
  genericLogins: 'allowed' | 'refused';
  /** What an org says to the client id of an External Client App of another org: the second was seen in web flows. */
  foreignApp: 'app_not_found' | 'OAUTH_AUTHORIZATION_BLOCKED';
  /** A contact address that is none: refused, as forms of Setup do, or taken. No recording shows either. */
  contactEmail: 'checked' | 'taken';
  /** Whether the org has `services/oauth2/singleaccess`, which is newer than `frontdoor.jsp`; current releases do. */
  singleAccess: 'served' | 'missing';
  /** Milliseconds in which a single-use front door URL has to be used; said to be short, no figure is documented. */
  frontDoorMs: number;
  /** Where the caller's address stands: within the ranges of profile and app, or outside. */
  ipRanges: 'open' | 'closed';
  /** Logins allowed per user and hour at the token endpoint. */
  loginsPerUserAndHour: number;
  /** Org-wide login limit (`rate_limit_exceeded`). */
  orgLoginLimitReached: boolean;
  /**
   * How many requests the host takes within a time, and what it says to those beyond: status 429 (RFC 6585 section 4) or
   * 503, with `Retry-After` in seconds, as a date, or without (RFC 9110 section 10.2.3). No recording shows an org's
   * token endpoint doing so, but the proxies in front of one may; off unless a test wants it.
   */
  requestLimit: false | RequestLimit;
  /** The org is locked, closed or suspended. */
  orgLocked: boolean;
  /** The token endpoint answers with the HTML page "Data Not Available" and this status. */
  dataNotAvailable: false | 200 | 500 | 503;
  /**
   * Apex tests in a production deployment: pass, fail, `NoTestRun` refused when it is asked for explicitly, or a
   * deployment that names no test level refused. No recording shows the last one; it stands for every refusal of the
   * request itself, before there is a deployment.
   */
  productionTests: 'pass' | 'fail' | 'required' | 'level-required';
  /**
   * Whether an admin may query the org's deployments (`DeployRequest` of the Tooling API). Tools that show them do; what
   * permission it takes is not documented.
   */
  deploymentsQueryable: boolean;
  /** Setting "Allow access to External Client App consumer secrets via REST API" (`apps/oauth/credentials`). */
  oauthCredentialsApi: 'disabled' | 'enabled';
  /** Milliseconds from inserting a ScratchOrgInfo to an active scratch org. Real ones take from ten seconds on. */
  signUpMs: number;
  /**
   * A scratch org of a preview release, signed up with an External Client App: reported to become active without the
   * app, so that logging in with it answers "External client app is not installed in this org" (forcedotcom/cli#3638);
   * on the current release the sign-up ends with C-1016.
   */
  previewSignUp: 'active-without-app' | 'C-1016';
  /** Apex isn't run here: test methods are found in the classes, and pass or fail as this says. */
  apexTests: 'pass' | 'fail';
  /** Highest API version the org serves. */
  maxApiVersion: number;
  /**
   * Who may query `Organization`. Refused were users of the profile "Minimum Access - API Only Integrations" (a production
   * Dev Hub, 2026) and users of plain profiles of a sandbox; what opens it isn't documented, "View Setup and
   * Configuration" by one vendor's account. Whoever holds that may always. Experience Cloud users count as minimal by
   * inference.
   */
  organizationReaders: 'all-but-minimal' | 'setup-viewers' | 'everybody' | 'nobody';
  /** Who may query `ScratchOrgInfo` at a Dev Hub: the minimal user above could. */
  scratchOrgInfoReaders: 'everybody' | 'setup-viewers';
  /**
   * Whether the permission set license of integration users may hold what deploying takes (Modify Metadata, Author Apex): one
   * vendor tried it end to end in July 2026, and others claim the contrary without a trial.
   */
  integrationMayDeploy: boolean;
}

export type RequestLimit = {
  requests: number;
  windowMs: number;
  status: 429 | 503;
  retryAfter: 'seconds' | 'date' | 'none';
};

export type PropagationAnswer = 'invalid_client_id' | 'app_not_found' | 'not_approved' | 'invalid_app_access';

export const DEFAULT_SWITCHES: Readonly<Switches> = {
  deployMs: 50,
  finalizing: 'none',
  propagationMs: 0,
  propagationAnswers: ['invalid_client_id', 'app_not_found', 'not_approved'],
  connectedAppCreation: 'blocked',
  connectedAppBlockedStatusCode: 'UNKNOWN_EXCEPTION',
  ecaKeySettable: true,
  consumerKeyReadable: true,
  certificateReadback: 'as-sent',
  packagedCredentials: 'hidden',
  pkceRequired: 'forced',
  dPopField: 'returned',
  accessRowCreated: true,
  assignedPermissionSetDeletion: 'refused',
  omittedFields: 'reset',
  omittedCertificate: 'removed',
  defaultPolicyTiming: 'after-package',
  labelRequired: true,
  orgScopedExternalAppOnUpdate: 'accepted',
  ecCertificate: 'accepted',
  expiredCertificate: 'accepted',
  expiredCertificateGrant: 'accepted',
  certificateMaxBytes: 4096,
  certificateChain: 'refused',
  signatureMismatch: 'by-type',
  appWithoutCertificate: 'unsupported_grant_type',
  myDomainAudience: 'any',
  expiryGraceSeconds: 180,
  onlyRefreshScope: 'refused',
  repeatedGrant: 'new-token',
  deadTokenRevocation: 'invalid_token',
  tokenResponseExtras: 'by-app',
  ecaAtLoginHosts: 'login',
  genericLogins: 'allowed',
  foreignApp: 'app_not_found',
  contactEmail: 'checked',
  singleAccess: 'served',
  frontDoorMs: 60_000,
  ipRanges: 'open',
  loginsPerUserAndHour: 3600,
  orgLoginLimitReached: false,
  requestLimit: false,
  orgLocked: false,
  dataNotAvailable: false,
  productionTests: 'required',
  deploymentsQueryable: true,
  oauthCredentialsApi: 'disabled',
  signUpMs: 50,
  previewSignUp: 'active-without-app',
  apexTests: 'pass',
  maxApiVersion: 67,
  organizationReaders: 'all-but-minimal',
  scratchOrgInfoReaders: 'everybody',
  integrationMayDeploy: true,
};
