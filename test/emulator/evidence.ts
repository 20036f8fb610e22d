import type { Switches } from './switches.js';

/**
 * On what a default stands: `recorded` output or code that runs against real orgs, what people `reported`, what Salesforce
 * `documented`, what is `inferred` from these; `chosen` for what a test wants, such as durations and outages.
 */
export type Evidence = 'recorded' | 'reported' | 'documented' | 'inferred' | 'chosen';

export interface Observation {
  stands: Evidence;
  /** What was observed, or from what it was inferred, in a few words: one line of at most 120 characters. */
  observation: string;
  /** Who recorded, reported or documented it: public repositories, their issues, Salesforce's own pages. */
  sources: readonly string[];
}

const recorded = (observation: string, ...sources: string[]): Observation => ({
  stands: 'recorded',
  observation,
  sources,
});
const reported = (observation: string, ...sources: string[]): Observation => ({
  stands: 'reported',
  observation,
  sources,
});
const documented = (observation: string, ...sources: string[]): Observation => ({
  stands: 'documented',
  observation,
  sources,
});
const inferred = (observation: string, ...sources: string[]): Observation => ({
  stands: 'inferred',
  observation,
  sources,
});
const chosen = (observation: string, ...sources: string[]): Observation => ({ stands: 'chosen', observation, sources });

const WSDL = 'Metadata API WSDL';
const META_GUIDE = 'Metadata API Developer Guide';
const ECA_ROUNDTRIP = 'chrzasz/sf-th-eca-via-metadata';
const HARDIS = 'hardisgroupcom/sfdx-hardis';
const CUMULUSCI = 'SFDO-Tooling/CumulusCI';
const BULK_LOADER = 'eelywasa/sf-bulk-loader';
const SF_TOOLS = 'tamashimon-create/sf-tools';
const APEX_LOG_VIEWER = 'Electivus/Apex-Log-Viewer';
/** Public, but of no name that could be given. */
const UNNAMED = 'unnamed reports';
const help = (id: string): string => `Salesforce Help ${id}`;

/** Of each default. A switch without an entry does not compile. */
export const EVIDENCE: Readonly<Record<keyof Switches, Observation>> = {
  deployMs: chosen('short for tests; a real deployment of an External Client App took up to 51 s'),
  finalizing: inferred(
    'the WSDL has Finalizing, the guide FinalizingDeploy; no recording shows either',
    WSDL,
    META_GUIDE,
  ),
  propagationMs: chosen('none for tests; Help says 2 to 10 minutes, reports go from none to 30', 'Salesforce Help'),
  propagationAnswers: reported(
    'a new app is unknown, then not installed, then not approved, until its login works',
    'forcedotcom/cli#3482',
    'forcedotcom/cli#3638',
  ),
  connectedAppCreation: documented(
    "off for customers since Spring '26, through APIs too; edits and deletions still work",
    help('005228017'),
  ),
  connectedAppBlockedStatusCode: inferred('the text of the refusal is known, its status code was never shown'),
  ecaKeySettable: recorded(
    'tools that set the key in the first deployment log in with it at once; one guide says it is refused',
    HARDIS,
    CUMULUSCI,
  ),
  consumerKeyReadable: recorded(
    'a retrieve has the key of 85 characters; some orgs are said to show it in Setup only',
    ECA_ROUNDTRIP,
    BULK_LOADER,
  ),
  certificateReadback: reported(
    'comes back as it was sent, or without BEGIN and END; once not at all',
    HARDIS,
    BULK_LOADER,
  ),
  packagedCredentials: inferred(
    "key and certificate of a packaged app are its publisher's; no recording shows a subscriber's read",
  ),
  pkceRequired: reported(
    'deployed false, newer orgs give it back true; a scratch org of 2024 gave false',
    UNNAMED,
    ECA_ROUNDTRIP,
  ),
  dPopField: reported('isDPopEnabled stands in retrieves of v67, not in the WSDL of the time', UNNAMED),
  accessRowCreated: recorded(
    'a query right after the deployment of the policy finds one row; who left the field out inserts it',
    BULK_LOADER,
  ),
  assignedPermissionSetDeletion: inferred(
    'Setup deletes only permission sets that nobody has; no deployment of it is recorded',
  ),
  omittedFields: inferred('isNamedUserJwtEnabled left out went back to its default; nothing is said of the rest'),
  omittedCertificate: reported(
    'a deployment without it ended the login of a live CI with "invalid assertion"',
    UNNAMED,
  ),
  defaultPolicyTiming: reported('a policy of another name in one package with its new app is accepted', SF_TOOLS),
  labelRequired: reported(
    'a component without a label was refused, though the WSDL lets it be left out',
    'forcedotcom/sf-skills',
  ),
  orgScopedExternalAppOnUpdate: reported('sent back as retrieved it did no harm; other sources forbid it', HARDIS),
  ecCertificate: inferred(
    'accepted by all accounts, and then useless; no text of a refusal was found',
    'simstudioai/sim#6526',
  ),
  expiredCertificate: inferred('no text of a refusal was found'),
  expiredCertificateGrant: inferred('nobody tells of a login that an expired certificate stopped'),
  certificateMaxBytes: documented(
    'limited to 4 KB, said of asset tokens; reported for the certificate of JWT logins too',
    'Salesforce Help',
    'simstudioai/sim#6526',
  ),
  certificateChain: inferred('nobody tells of a chain; the documentation names one certificate', WSDL),
  signatureMismatch: reported(
    '"invalid assertion" of Connected Apps; of External Client Apps that and "invalid client credentials"',
    'sfdx-travisci#135',
  ),
  appWithoutCertificate: inferred('the certificate is what enables the grant type, by its documentation', WSDL),
  myDomainAudience: reported(
    'a scratch org took its own origin and login; some Playgrounds want test',
    BULK_LOADER,
    'forcedotcom/cli#3638',
    'restforce/restforce#674',
  ),
  expiryGraceSeconds: inferred('exp = now works every day, so there is a grace; its length is not told', CUMULUSCI),
  onlyRefreshScope: documented(
    'a token is issued only when a scope other than refresh_token is among them',
    'Salesforce Help',
  ),
  repeatedGrant: inferred('not documented; said to return the same token now and then'),
  deadTokenRevocation: inferred('both errors are documented, not which is for what', 'Salesforce Help'),
  tokenResponseExtras: reported(
    'api_instance_url came with scope sfap_api, token_format with tokens in JWT format; else neither',
    'Agent API Get Started',
    'Salesforce Platform APIs (Postman)',
  ),
  ecaAtLoginHosts: reported(
    'at login those of production, Dev Hub and Developer Edition work; those of sandboxes at neither host',
    APEX_LOG_VIEWER,
    SF_TOOLS,
    'forcedotcom/datacloud-jdbc#128',
    'n8n-io/n8n#28990',
  ),
  genericLogins: documented(
    'a My Domain policy can refuse login hosts: LoginHistory says Restricted Domain',
    help('000339170'),
  ),
  foreignApp: reported(
    '"not installed in this org"; OAUTH_AUTHORIZATION_BLOCKED was seen in web flows',
    'forcedotcom/cli#3482',
  ),
  contactEmail: inferred('forms of Setup check it; no deployment with a bad one is recorded'),
  singleAccess: documented(
    'single-use front door URLs are the newer way, and the Salesforce CLI uses them',
    'Salesforce Help',
    'forcedotcom/sfdx-core',
  ),
  frontDoorMs: chosen('said to be short, no figure is documented', 'Salesforce Help'),
  ipRanges: chosen('open; a test closes them where it wants the address refused'),
  loginsPerUserAndHour: documented(
    '3,600 logins per user and hour, then "login rate exceeded"',
    help('000381578'),
    'n8n-io/n8n#31948',
  ),
  orgLoginLimitReached: chosen('not reached; a test wants rate_limit_exceeded', 'Salesforce Help'),
  requestLimit: chosen(
    'none; no recording shows one, but proxies in front of an org may have one',
    'RFC 6585',
    'RFC 9110',
  ),
  orgLocked: chosen('not locked; a test wants inactive_org', 'Salesforce Help'),
  dataNotAvailable: chosen('served; a test wants the page of an org that is gone', 'forcedotcom/sfdx-core'),
  productionTests: reported(
    'NoTestRun was refused in production with INVALID_OPERATION before a deployment began',
    UNNAMED,
  ),
  deploymentsQueryable: inferred('tools that list deployments query them; which permission it takes is not told'),
  oauthCredentialsApi: documented('a setting of the org, off until an admin turns it on', WSDL, HARDIS),
  signUpMs: chosen('short for tests; real scratch orgs take from ten seconds on'),
  previewSignUp: reported(
    'the scratch org became active, and a login said the app is not installed',
    'forcedotcom/cli#3638',
  ),
  apexTests: chosen('pass; Apex is not run here'),
  maxApiVersion: documented("Summer '26 is v67", WSDL),
  organizationReaders: reported(
    'the profile "Minimum Access - API Only Integrations" gets INVALID_TYPE for Organization',
    APEX_LOG_VIEWER,
  ),
  scratchOrgInfoReaders: reported(
    'that same minimal user queries ScratchOrgInfo and makes scratch orgs',
    APEX_LOG_VIEWER,
  ),
  integrationMayDeploy: reported(
    'a vendor deployed end to end with it in July 2026; others say it cannot, without a trial',
    'ARVault documentation',
  ),
};

/**
 * Switches that stand for something about real orgs, and why the conformance kit asks for it in no probe. Those that are
 * `chosen` claim nothing.
 */
export const WITHOUT_PROBE: Partial<Record<keyof Switches, string>> = {
  foreignApp: 'It takes a client id of another org, and none of these is for everybody to use.',
  loginsPerUserAndHour: 'Whoever reaches the limit is locked out for the rest of the hour.',
  packagedCredentials: 'It takes a package that brings such an app, and the kit installs none.',
  maxApiVersion: 'The kit asks for it before the first probe, and it stands at the head of the recording.',
};
