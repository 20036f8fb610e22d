import { appsOf, commaList, satellite, text } from '../model/apps.js';
import { restDateTime } from '../model/clock.js';
import type { Component } from '../model/domain.js';
import { rePrefixed, to15 } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { consumerOf } from '../model/reconcile.js';
import type { SObjectType, Value } from './types.js';

/** Read-only; `Name` is the label, and neither the API name nor the consumer key is a field (Object Reference). */
const connectedApplication: SObjectType = {
  name: 'ConnectedApplication',
  label: 'Connected App',
  keyPrefix: '0H4',
  fields: {
    Id: 'id',
    Name: 'string',
    OptionsAllowAdminApprovedUsersOnly: 'boolean',
    OptionsHasSessionLevelPolicy: 'boolean',
    OptionsIsInternal: 'boolean',
    StartUrl: 'string',
    CreatedDate: 'datetime',
    LastModifiedDate: 'datetime',
  },
  rows: (state) => [
    ...appsOf(state)
      .filter(({ kind }) => kind === 'connected-app')
      .map((app) => ({
        Id: app.id,
        Name: app.label,
        OptionsAllowAdminApprovedUsersOnly: app.adminApproved,
        OptionsHasSessionLevelPolicy: app.blockedByHighAssurance,
        OptionsIsInternal: false,
        StartUrl: text(app.components[0]?.fields, 'startUrl') ?? null,
        CreatedDate: restDateTime(app.components[0]?.createdAt ?? 0),
        LastModifiedDate: restDateTime(app.components[0]?.modifiedAt ?? 0),
      })),
    ...state.installedApps.map(({ id, label, adminApproved }) => ({
      Id: id,
      Name: label,
      OptionsAllowAdminApprovedUsersOnly: adminApproved,
      OptionsHasSessionLevelPolicy: false,
      OptionsIsInternal: false,
      StartUrl: null,
      CreatedDate: restDateTime(state.createdAt),
      LastModifiedDate: restDateTime(state.createdAt),
    })),
  ],
};

const HEADER_FIELDS: Record<string, string> = {
  MasterLabel: 'label',
  ContactEmail: 'contactEmail',
  ContactPhone: 'contactPhone',
  Description: 'description',
  DistributionState: 'distributionState',
  IconUrl: 'iconUrl',
  InfoUrl: 'infoUrl',
  LogoUrl: 'logoUrl',
  OrgScopedExternalApp: 'orgScopedExternalApp',
};

const externalClientApplication: SObjectType = {
  name: 'ExternalClientApplication',
  label: 'External Client Application',
  keyPrefix: '0xI',
  fields: {
    Id: 'id',
    DeveloperName: 'string',
    NamespacePrefix: 'string',
    ManagedType: 'string',
    CreatedDate: 'datetime',
    LastModifiedDate: 'datetime',
    ...Object.fromEntries(Object.keys(HEADER_FIELDS).map((field) => [field, 'string' as const])),
  },
  rows: (state) =>
    state.componentsOf('ExternalClientApplication').map((header) => ({
      Id: header.id,
      DeveloperName: header.fullName,
      NamespacePrefix: null,
      ManagedType: null,
      CreatedDate: restDateTime(header.createdAt),
      LastModifiedDate: restDateTime(header.modifiedAt),
      ...mapped(header, HEADER_FIELDS),
    })),
};

function mapped(component: Component, names: Record<string, string>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(names).map(([field, element]) => [field, text(component.fields, element) ?? null]),
  );
}

function headerId(state: OrgState, component: Component): string | null {
  return (
    state.component('ExternalClientApplication', text(component.fields, 'externalClientApplication') ?? '')?.id ?? null
  );
}

const POLICY_FIELDS: Record<string, string> = {
  MasterLabel: 'label',
  PermittedUsersPolicyType: 'permittedUsersPolicyType',
  IpRelaxationPolicyType: 'ipRelaxationPolicyType',
  RefreshTokenPolicyType: 'refreshTokenPolicyType',
  RequiredSessionLevel: 'requiredSessionLevel',
  PolicyAction: 'policyAction',
};

const oauthPolicy: SObjectType = {
  name: 'ExtlClntAppOauthPlcyCnfg',
  label: 'External Client App OAuth Policy',
  keyPrefix: '0xL',
  fields: {
    Id: 'id',
    DeveloperName: 'string',
    ExternalClientApplicationId: 'reference',
    ExtlClntAppOauthSettingsId: 'reference',
    ...Object.fromEntries(Object.keys(POLICY_FIELDS).map((field) => [field, 'string' as const])),
  },
  parents: { ExternalClientApplication: { object: 'ExternalClientApplication', key: 'ExternalClientApplicationId' } },
  rows: (state) =>
    state.componentsOf('ExtlClntAppOauthConfigurablePolicies').map((policy) => ({
      Id: policy.id,
      DeveloperName: policy.fullName,
      ExternalClientApplicationId: headerId(state, policy),
      ExtlClntAppOauthSettingsId:
        satellite(state, 'ExtlClntAppOauthSettings', text(policy.fields, 'externalClientApplication') ?? '')?.id ??
        null,
      ...mapped(policy, POLICY_FIELDS),
    })),
};

const SCOPE_COLUMNS: Record<string, string> = {
  OauthScopesAPI: 'Api',
  OauthScopesWEB: 'Web',
  OauthScopesREFRESH_TOKEN: 'RefreshToken',
  OauthScopesFULL: 'Full',
  OauthScopesOPENID: 'OpenID',
  OauthScopesSSO: 'Basic',
};

/** One boolean column per scope, and no consumer key. */
const oauthSettings: SObjectType = {
  name: 'ExtlClntAppOauthSettings',
  label: 'External Client App OAuth Settings',
  keyPrefix: '0xJ',
  fields: {
    Id: 'id',
    DeveloperName: 'string',
    MasterLabel: 'string',
    ExternalClientApplicationId: 'reference',
    OauthLink: 'string',
    ...Object.fromEntries(Object.keys(SCOPE_COLUMNS).map((field) => [field, 'boolean' as const])),
  },
  parents: { ExternalClientApplication: { object: 'ExternalClientApplication', key: 'ExternalClientApplicationId' } },
  rows: (state) =>
    state.componentsOf('ExtlClntAppOauthSettings').map((settings) => {
      const scopes = commaList(text(settings.fields, 'commaSeparatedOauthScopes'));
      const app = text(settings.fields, 'externalClientApplication') ?? '';
      const consumer = consumerOf(state, { kind: 'external-client-app', name: app });
      return {
        Id: settings.id,
        DeveloperName: settings.fullName,
        MasterLabel: text(settings.fields, 'label') ?? settings.fullName,
        ExternalClientApplicationId: headerId(state, settings),
        OauthLink: consumer ? `${to15(state.orgId)}:${to15(consumer.id)}` : null,
        ...Object.fromEntries(Object.entries(SCOPE_COLUMNS).map(([field, scope]) => [field, scopes.includes(scope)])),
      };
    }),
};

/** Approvals of self-authorized apps; `Id` is always null on the platform. */
const oauthToken: SObjectType = {
  name: 'OauthToken',
  label: 'OAuth Token',
  keyPrefix: '0CQ',
  fields: {
    Id: 'id',
    AppName: 'string',
    AppMenuItemId: 'reference',
    UserId: 'reference',
    UseCount: 'int',
    LastUsedDate: 'datetime',
    DeleteToken: 'string',
  },
  parents: { User: { object: 'User', key: 'UserId' } },
  // "Customize Application" shows everybody's.
  rows: (state, caller) =>
    [...state.approvals].flatMap((approval) => {
      const [userId = '', consumerId = ''] = approval.split('|');
      const isShown =
        caller === undefined || caller.id === userId || state.hasPermission(caller, 'CustomizeApplication');
      if (!isShown) return [];
      const consumer = state.consumers.find(({ id }) => id === consumerId);
      const app = appsOf(state).find(({ kind, name }) => kind === consumer?.kind && name === consumer.appName);
      const used = state.loginHistory.findLast(
        (attempt) => attempt.userId === userId && attempt.application === app?.label && attempt.status === 'Success',
      );
      return {
        Id: null,
        AppName: app?.label ?? null,
        AppMenuItemId: app ? rePrefixed(app.id, '0DS') : null,
        UserId: userId,
        UseCount: 1,
        LastUsedDate: used === undefined ? null : restDateTime(used.time),
        DeleteToken: `delete-${to15(userId)}-${to15(consumerId)}`,
      };
    }),
};

export const appObjects: readonly SObjectType[] = [
  connectedApplication,
  externalClientApplication,
  oauthPolicy,
  oauthSettings,
  oauthToken,
];
