import { nested, text, textList } from '../model/apps.js';
import type { Component, Fields } from '../model/domain.js';
import { checkCertificate } from './certificate.js';
import { checkKeyUnused, newConsumerKey, newConsumerSecret } from './consumer-key.js';
import type { Draft, Saved } from './draft.js';
import type { Request } from './rules.js';
import { checkContactEmail } from './rules-eca.js';
import { CONNECTED_APP } from './types.js';
import { ComponentProblem, requireElements } from './validate.js';

const OAUTH_DEFAULTS: Fields = {
  isAdminApproved: 'false',
  isClientCredentialEnabled: 'false',
  isCodeCredentialEnabled: 'false',
  isCodeCredentialPostOnly: 'false',
  isConsumerSecretOptional: 'false',
  isIntrospectAllTokens: 'false',
  isNamedUserJwtEnabled: 'false',
  isPkceRequired: 'false',
  isRefreshTokenRotationEnabled: 'false',
  isSecretRequiredForRefreshToken: 'true',
  isSecretRequiredForTokenExchange: 'false',
  isTokenExchangeEnabled: 'false',
};

export function saveConnectedApp(draft: Draft, request: Request): Saved {
  const before = draft.component(CONNECTED_APP, request.fullName);
  const { switches } = draft.state;
  if (!before && switches.connectedAppCreation === 'blocked') {
    throw new ComponentProblem(
      "You can't create a connected app. To enable connected app creation, contact Salesforce Customer Support.",
      { statusCode: switches.connectedAppBlockedStatusCode },
    );
  }
  const keep = request.merge || switches.omittedFields === 'kept';
  const fields: Fields = { ...(keep ? before?.fields : {}), ...request.fields };
  if (before && text(request.fields, 'label') === undefined && request.merge) {
    fields['label'] = text(before.fields, 'label') ?? before.fullName;
  }
  requireElements(fields, CONNECTED_APP);
  checkContactEmail(draft, text(fields, 'contactEmail'));
  const config = nested(request.fields, 'oauthConfig');
  if (config) fields['oauthConfig'] = oauthConfig(draft, request, before, config);
  else if (before?.fields['oauthConfig'] !== undefined) fields['oauthConfig'] = before.fields['oauthConfig'];
  fields['oauthPolicy'] ??= { ipRelaxation: 'ENFORCE', refreshTokenPolicy: 'infinite' };
  checkPreauthorization(draft, fields);
  return draft.save(CONNECTED_APP, request.fullName, fields);
}

function oauthConfig(draft: Draft, request: Request, before: Component | undefined, sent: Fields): Fields {
  const { switches, clock } = draft.state;
  const old = nested(before?.fields, 'oauthConfig');
  const keep = request.merge || switches.omittedFields === 'kept';
  const { consumerKey, consumerSecret, certificate, ...rest } = sent;
  const sentCertificate = typeof certificate === 'string' && certificate !== '' ? certificate : undefined;
  if (sentCertificate !== undefined) checkCertificate(sentCertificate, switches, clock.now());
  const keptCertificate =
    request.merge || switches.omittedCertificate === 'kept' ? text(old, 'certificate') : undefined;
  const finalCertificate = sentCertificate ?? (certificate === '' ? undefined : keptCertificate);
  const { certificate: _, ...previous } = keep ? (old ?? {}) : {};
  return {
    ...OAUTH_DEFAULTS,
    ...previous,
    ...rest,
    ...(finalCertificate === undefined ? {} : { certificate: finalCertificate }),
    scopes: normalScopes(textList(rest['scopes'] === undefined && keep ? old : rest, 'scopes')),
    consumerKey: consumerKeyFor(draft, old, consumerKey),
    consumerSecret:
      text(old, 'consumerSecret') ?? (typeof consumerSecret === 'string' ? consumerSecret : newConsumerSecret()),
  };
}

/** The key "can set only during creation; after that it can't be edited"; letters, digits and `_`, 8 to 256 of them. */
function consumerKeyFor(draft: Draft, old: Fields | undefined, sent: unknown): string {
  const oldKey = text(old, 'consumerKey');
  const given = typeof sent === 'string' && sent !== '' ? sent : undefined;
  if (oldKey !== undefined) {
    if (given === undefined) return oldKey;
    throw new ComponentProblem('You cannot provide a Consumer Key', { statusCode: 'FIELD_INTEGRITY_EXCEPTION' });
  }
  if (given === undefined) return newConsumerKey();
  if (!/^\w{8,256}$/.test(given)) {
    throw new ComponentProblem('Consumer Key: must be alphanumeric and have between 8 and 256 characters.', {
      statusCode: 'FIELD_INTEGRITY_EXCEPTION',
    });
  }
  checkKeyUnused(draft, given);
  return given;
}

/** Profile, Email, Address and Phone come back as Basic, OfflineAccess as RefreshToken. */
function normalScopes(scopes: string[]): string[] {
  const aliases: Record<string, string> = {
    Profile: 'Basic',
    Email: 'Basic',
    Address: 'Basic',
    Phone: 'Basic',
    OfflineAccess: 'RefreshToken',
  };
  return [...new Set(scopes.map((scope) => aliases[scope] ?? scope))];
}

function checkPreauthorization(draft: Draft, fields: Fields): void {
  const approved = text(nested(fields, 'oauthConfig'), 'isAdminApproved') === 'true';
  const known: ReadonlyArray<[field: string, type: string, exists: (name: string) => boolean]> = [
    ['permissionSetName', 'PermissionSet', (name) => draft.component('PermissionSet', name) !== undefined],
    ['profileName', 'Profile', (name) => draft.state.profiles.some((profile) => profile.name === name)],
  ];
  for (const [field, type, exists] of known) {
    const names = textList(fields, field);
    if (names.length > 0 && !approved) {
      throw new ComponentProblem(`You can specify ${field} only when isAdminApproved is true.`);
    }
    if (new Set(names).size !== names.length) {
      throw new ComponentProblem(`Duplicate value in field: ${field}`, { statusCode: 'DUPLICATE_VALUE' });
    }
    const missing = names.find((name) => !exists(name));
    if (missing !== undefined) {
      throw new ComponentProblem(`In field: ${field} - no ${type} named ${missing} found`, {
        statusCode: 'INVALID_CROSS_REFERENCE_KEY',
      });
    }
  }
}
