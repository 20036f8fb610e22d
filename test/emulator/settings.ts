import type { Switches } from './switches.js';

/** What a switch can be set to: one of a few, or whatever fits a description. */
export type Choice = readonly (string | number | boolean)[] | { described: string; fits: (value: unknown) => boolean };

/** All sides of a switch; one that is left out does not compile. */
const sides =
  <Value extends string | number | boolean>() =>
  <const List extends readonly Value[]>(...list: Exclude<Value, List[number]> extends never ? List : never): Choice =>
    list;

const whole = (unit: string, least = 0): Choice => ({
  described: `a whole number of ${unit}`,
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= least,
});

const PROPAGATION: readonly unknown[] = ['invalid_client_id', 'app_not_found', 'not_approved', 'invalid_app_access'];

/** Every switch with its sides, by which a recording is checked and a table is shown. */
export const SETTINGS: Readonly<Record<keyof Switches, Choice>> = {
  deployMs: whole('milliseconds'),
  finalizing: sides<Switches['finalizing']>()('none', 'Finalizing', 'FinalizingDeploy'),
  propagationMs: whole('milliseconds'),
  propagationAnswers: {
    described: `a list of ${PROPAGATION.join(', ')}`,
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => PROPAGATION.includes(each)),
  },
  connectedAppCreation: sides<Switches['connectedAppCreation']>()('allowed', 'blocked'),
  connectedAppBlockedStatusCode: {
    described: 'a status code such as UNKNOWN_EXCEPTION',
    fits: (value) => typeof value === 'string' && /^[A-Z][A-Z_]+$/.test(value),
  },
  ecaKeySettable: sides<Switches['ecaKeySettable']>()(true, 'ignored', 'rejected'),
  consumerKeyReadable: sides<Switches['consumerKeyReadable']>()(true, false, 'empty'),
  certificateReadback: sides<Switches['certificateReadback']>()('as-sent', 'pem', 'base64', 'base64-of-pem', 'omitted'),
  packagedCredentials: sides<Switches['packagedCredentials']>()('hidden', 'shown'),
  pkceRequired: sides<Switches['pkceRequired']>()('forced', 'as-deployed'),
  dPopField: sides<Switches['dPopField']>()('returned', 'unknown'),
  accessRowCreated: sides<boolean>()(true, false),
  assignedPermissionSetDeletion: sides<Switches['assignedPermissionSetDeletion']>()('refused', 'allowed'),
  omittedFields: sides<Switches['omittedFields']>()('reset', 'kept'),
  omittedCertificate: sides<Switches['omittedCertificate']>()('kept', 'removed'),
  defaultPolicyTiming: sides<Switches['defaultPolicyTiming']>()('with-settings', 'after-package'),
  labelRequired: sides<boolean>()(true, false),
  orgScopedExternalAppOnUpdate: sides<Switches['orgScopedExternalAppOnUpdate']>()('accepted', 'refused'),
  ecCertificate: sides<Switches['ecCertificate']>()('accepted', 'refused'),
  expiredCertificate: sides<Switches['expiredCertificate']>()('accepted', 'refused'),
  expiredCertificateGrant: sides<Switches['expiredCertificateGrant']>()('accepted', 'refused'),
  certificateMaxBytes: whole('bytes', 1),
  certificateChain: sides<Switches['certificateChain']>()('refused', 'first-taken'),
  signatureMismatch: sides<Switches['signatureMismatch']>()('by-type', 'invalid_assertion', 'invalid_client'),
  appWithoutCertificate: sides<Switches['appWithoutCertificate']>()('unsupported_grant_type', 'signature_mismatch'),
  myDomainAudience: sides<Switches['myDomainAudience']>()('any', 'matching'),
  expiryGraceSeconds: whole('seconds'),
  onlyRefreshScope: sides<Switches['onlyRefreshScope']>()('refused', 'issued'),
  repeatedGrant: sides<Switches['repeatedGrant']>()('new-token', 'same-token'),
  deadTokenRevocation: sides<Switches['deadTokenRevocation']>()('invalid_token', 'unsupported_token_type'),
  tokenResponseExtras: sides<Switches['tokenResponseExtras']>()('by-app', 'always', 'never'),
  ecaAtLoginHosts: sides<Switches['ecaAtLoginHosts']>()('login', 'nowhere'),
  genericLogins: sides<Switches['genericLogins']>()('allowed', 'refused'),
  foreignApp: sides<Switches['foreignApp']>()('app_not_found', 'OAUTH_AUTHORIZATION_BLOCKED'),
  contactEmail: sides<Switches['contactEmail']>()('checked', 'taken'),
  singleAccess: sides<Switches['singleAccess']>()('served', 'missing'),
  frontDoorMs: whole('milliseconds'),
  ipRanges: sides<Switches['ipRanges']>()('open', 'closed'),
  loginsPerUserAndHour: whole('logins'),
  orgLoginLimitReached: sides<boolean>()(true, false),
  requestLimit: {
    described: 'false, or requests, windowMs, status and retryAfter',
    fits: (value) => value === false || isRequestLimit(value),
  },
  orgLocked: sides<boolean>()(true, false),
  dataNotAvailable: sides<Exclude<Switches['dataNotAvailable'], true>>()(false, 200, 500, 503),
  productionTests: sides<Switches['productionTests']>()('pass', 'fail', 'required', 'level-required'),
  deploymentsQueryable: sides<boolean>()(true, false),
  oauthCredentialsApi: sides<Switches['oauthCredentialsApi']>()('disabled', 'enabled'),
  signUpMs: whole('milliseconds'),
  previewSignUp: sides<Switches['previewSignUp']>()('active-without-app', 'C-1016'),
  apexTests: sides<Switches['apexTests']>()('pass', 'fail'),
  // The first version that the local org lists.
  maxApiVersion: whole('releases', 31),
  organizationReaders: sides<Switches['organizationReaders']>()(
    'all-but-minimal',
    'setup-viewers',
    'everybody',
    'nobody',
  ),
  scratchOrgInfoReaders: sides<Switches['scratchOrgInfoReaders']>()('everybody', 'setup-viewers'),
  integrationMayDeploy: sides<boolean>()(true, false),
};

export function fits(choice: Choice, value: unknown): boolean {
  return 'fits' in choice ? choice.fits(value) : (choice as readonly unknown[]).includes(value);
}

export function describeChoice(choice: Choice): string {
  return 'fits' in choice ? choice.described : choice.join(', ');
}

function isRequestLimit(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { requests, windowMs, status, retryAfter } = value as Record<string, unknown>;
  return (
    fits(whole('requests'), requests) &&
    fits(whole('milliseconds'), windowMs) &&
    (status === 429 || status === 503) &&
    ['seconds', 'date', 'none'].includes(String(retryAfter))
  );
}
