import { commaList, satellite, text } from '../model/apps.js';
import type { Component, Fields } from '../model/domain.js';
import { to15 } from '../model/ids.js';
import { findPermissionSetId } from '../model/reconcile.js';
import type { Draft, Saved } from './draft.js';
import type { Request } from './rules.js';
import { ECA, ECA_OAUTH, ECA_OAUTH_POLICY, ECA_POLICY } from './types.js';
import { ComponentProblem, requireElements } from './validate.js';

/** The names the server lists when a scope is not one of them; `SFApiPlatform` is spelled `SFAP` in the WSDL. */
export const ECA_SCOPES =
  'Basic, OfflineAccess, DataCloudUserClaims, Email, Address, CDPSegment, Chatbot, CustomApplications, Full, Profile, ' +
  'CDP, CDPProfile, RefreshToken, Phone, PwdlessLogin, Interaction, Pardot, CDPIngest, CDPIdentityResolution, ' +
  'CustomPermissions, ForgotPassword, UserRegistration, OpenID, Chatter, Wave, SFApiPlatform, SCRT, Web, EinsteinGPT, ' +
  'Lightning, Content, CDPCalculatedInsight, Eclair, Api, MCP, CDPQuery';

const IP_RELAXATION = ['Enforce', 'Bypass', 'Bypass_2factor', 'Enforce_RelaxRefresh'];

/** What the server fills in by itself (a retrieve right after the first deployment shows these). */
const OAUTH_POLICY_DEFAULTS: Fields = {
  ipRelaxationPolicyType: 'Enforce',
  isClientCredentialsFlowEnabled: 'false',
  isGuestCodeCredFlowEnabled: 'false',
  isTokenExchangeFlowEnabled: 'false',
  permittedUsersPolicyType: 'AllSelfAuthorized',
  requiredSessionLevel: 'STANDARD',
};
const REFRESH_DEFAULTS: Fields = {
  refreshTokenPolicyType: 'SpecificLifetime',
  refreshTokenValidityPeriod: '365',
  refreshTokenValidityUnit: 'Days',
};

export function saveHeader(draft: Draft, request: Request): Saved {
  const before = draft.component(ECA, request.fullName);
  const { orgScopedExternalApp: _, ...rest } = request.fields;
  const sent = text(request.fields, 'orgScopedExternalApp');
  const own = `${to15(draft.state.orgId)}:${before?.fullName ?? request.fullName}`;
  checkContactEmail(draft, text(request.fields, 'contactEmail'));
  if (sent !== undefined) checkOrgScope(draft, sent, own, before !== undefined);
  const fields = compose(draft, request, before, { distributionState: 'Local', isProtected: 'false' }, rest);
  return draft.save(ECA, request.fullName, { ...fields, orgScopedExternalApp: own });
}

export function checkContactEmail(draft: Draft, address: string | undefined): void {
  if (draft.state.switches.contactEmail === 'taken' || address === undefined || address === '') return;
  if (/^[^\s@,;]+@[^\s@.,;]+(\.[^\s@.,;]+)+$/.test(address)) return;
  // the platform's words for fields of this type; no recording shows them for this one
  throw new ComponentProblem(`Contact Email: invalid email address: ${address}`, {
    statusCode: 'INVALID_EMAIL_ADDRESS',
  });
}

function checkOrgScope(draft: Draft, sent: string, own: string, isUpdate: boolean): void {
  const [org = '', name] = sent.split(':');
  const matches = `${to15(org)}:${name ?? ''}` === own;
  if (matches && !(isUpdate && draft.state.switches.orgScopedExternalAppOnUpdate === 'refused')) return;
  throw new ComponentProblem(`The orgScopedExternalApp value ${sent} isn't valid for this org.`, {
    statusCode: 'FIELD_INTEGRITY_EXCEPTION',
  });
}

export function saveOauthSettings(draft: Draft, request: Request): Saved {
  const { app, before } = claimParent(draft, ECA_OAUTH, request);
  checkScopes(text(request.fields, 'commaSeparatedOauthScopes'));
  const { oauthLink: _, ...rest } = request.fields;
  const oauthLink = text(request.fields, 'oauthLink');
  if (oauthLink !== undefined && oauthLink !== linkOf(draft, app)) {
    throw new ComponentProblem(`The OAuth link ${oauthLink} isn't valid.`, {
      statusCode: 'INVALID_CROSS_REFERENCE_KEY',
    });
  }
  const fields = compose(draft, request, before, { isFirstPartyAppEnabled: 'false' }, rest);
  const saved = draft.save(ECA_OAUTH, request.fullName, { ...fields, externalClientApplication: app });
  if (draft.state.switches.defaultPolicyTiming === 'with-settings') reservePolicyName(draft, app);
  return saved;
}

function linkOf(draft: Draft, app: string): string | undefined {
  const consumer = draft.state.consumers.find(({ appName, kind }) => kind === 'external-client-app' && appName === app);
  return consumer && `${to15(draft.state.orgId)}:${to15(consumer.id)}`;
}

function checkScopes(list: string | undefined): void {
  const legal = ECA_SCOPES.split(', ');
  const wrong = commaList(list).filter((scope) => !legal.includes(scope));
  if (wrong.length === 0) return;
  throw new ComponentProblem(`There's a problem with your scope(s): ${wrong.join(', ')}. Use one of: ${ECA_SCOPES}`, {
    statusCode: 'FIELD_INTEGRITY_EXCEPTION',
  });
}

export function saveOauthPolicy(draft: Draft, request: Request): Saved {
  const { app, before } = claimParent(draft, ECA_OAUTH_POLICY, request);
  const { fields } = request;
  const relaxation = text(fields, 'ipRelaxationPolicyType');
  if (relaxation !== undefined && !IP_RELAXATION.includes(relaxation)) {
    throw new ComponentProblem(`'${relaxation}' is not a valid value for the enum 'IpRelaxationPolicyType'`);
  }
  checkReferences(draft, fields);
  const refresh = fields['refreshTokenPolicyType'] === undefined ? REFRESH_DEFAULTS : {};
  const complete = compose(draft, request, before, { ...OAUTH_POLICY_DEFAULTS, ...refresh }, fields);
  return draft.save(ECA_OAUTH_POLICY, request.fullName, { ...complete, externalClientApplication: app });
}

/** Permission sets by API name (or id), profiles by the name shown in Setup. */
function checkReferences(draft: Draft, fields: Fields): void {
  const missing = (field: string, type: string, name: string): ComponentProblem =>
    new ComponentProblem(`In field: ${field} - no ${type} named ${name} found`, {
      statusCode: 'INVALID_CROSS_REFERENCE_KEY',
    });
  for (const name of commaList(text(fields, 'commaSeparatedPermissionSet'))) {
    if (!draft.component('PermissionSet', name) && !findPermissionSetId(draft.state, name)) {
      throw missing('commaSeparatedPermissionSet', 'PermissionSet', name);
    }
  }
  for (const name of commaList(text(fields, 'commaSeparatedProfile'))) {
    if (!draft.state.profiles.some((profile) => profile.name === name)) {
      throw missing('commaSeparatedProfile', 'Profile', name);
    }
  }
}

export function savePolicy(draft: Draft, request: Request): Saved {
  const { app, before } = claimParent(draft, ECA_POLICY, request);
  const defaults = { isOauthPluginEnabled: String(satellite(draft, ECA_OAUTH, app) !== undefined), startPage: 'None' };
  const fields = compose(draft, request, before, defaults, request.fields);
  requireElements(fields, ECA_POLICY);
  return draft.save(ECA_POLICY, request.fullName, { ...fields, externalClientApplication: app });
}

/** Finds the app a satellite belongs to, and refuses a second satellite of the same type. */
export function claimParent(
  draft: Draft,
  type: string,
  request: Request,
): { app: string; before: Component | undefined } {
  const before = draft.component(type, request.fullName);
  const sent = text(request.fields, 'externalClientApplication') ?? '';
  const name = sent === '' && request.merge ? (text(before?.fields, 'externalClientApplication') ?? '') : sent;
  if (name === '') {
    throw new ComponentProblem('Enter the name of the parent external client app', {
      statusCode: 'REQUIRED_FIELD_MISSING',
    });
  }
  const header = draft.component(ECA, name);
  if (!header) {
    throw new ComponentProblem('INVALID_CROSS_REFERENCE_KEY: invalid cross reference id', {
      statusCode: 'INVALID_CROSS_REFERENCE_KEY',
    });
  }
  const sibling = satellite(draft, type, header.fullName);
  if (sibling && sibling.fullName.toLowerCase() !== request.fullName.toLowerCase()) {
    throw new ComponentProblem(
      `duplicate value found: ExternalClientApplicationId duplicates value on ${sibling.fullName}`,
      { statusCode: 'DUPLICATE_VALUE' },
    );
  }
  return { app: header.fullName, before };
}

/** Server defaults, then what was there (if that survives), then what was sent. */
export function compose(
  draft: Draft,
  request: Request,
  before: Component | undefined,
  defaults: Fields,
  sent: Fields,
): Fields {
  const keep = request.merge || draft.state.switches.omittedFields === 'kept';
  const fields: Fields = { ...defaults, ...(keep ? before?.fields : {}), ...sent };
  if (fields['label'] === undefined || fields['label'] === '') {
    if (draft.state.switches.labelRequired) {
      throw new ComponentProblem('Required field is missing: label', { statusCode: 'REQUIRED_FIELD_MISSING' });
    }
    fields['label'] = before ? (text(before.fields, 'label') ?? before.fullName) : request.fullName;
  }
  return fields;
}

/** The server's own OAuth policy, `<OAuth settings>_defaultPolicy`; exists as soon as it is made or reserved. */
export function reservePolicyName(draft: Draft, app: string): void {
  const settings = satellite(draft, ECA_OAUTH, app);
  if (!settings || satellite(draft, ECA_OAUTH_POLICY, app)) return;
  const name = `${settings.fullName}_defaultPolicy`;
  draft.save(ECA_OAUTH_POLICY, name, {
    ...OAUTH_POLICY_DEFAULTS,
    ...REFRESH_DEFAULTS,
    externalClientApplication: app,
    label: name,
  });
}

/** What the server adds once a package is in: both default policies of every app that lacks them. */
export function addDefaultPolicies(draft: Draft): void {
  for (const { fullName: app } of draft.componentsOf(ECA)) {
    reservePolicyName(draft, app);
    if (satellite(draft, ECA_POLICY, app)) continue;
    draft.save(ECA_POLICY, `${app}_defaultPolicy`, {
      externalClientApplication: app,
      isEnabled: 'true',
      isOauthPluginEnabled: String(satellite(draft, ECA_OAUTH, app) !== undefined),
      label: `${app}_defaultPolicy`,
      startPage: 'None',
    });
  }
}
