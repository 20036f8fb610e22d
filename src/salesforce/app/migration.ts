import type { WantedApp } from './app.js';
import type { Component, FieldStructure } from './component.js';
import { isStructure, isTrue, listOf } from './field.js';
import { structureAt, textAt } from './app-settings.js';

/** What of a Connected App an External Client App gets, beside its certificate, scopes, permission sets and profiles. */
type CarriedOver = Pick<WantedApp, 'callbackUrl' | 'contactEmail'> & Required<Pick<WantedApp, 'fresh'>>;

const IP_POLICIES: Record<string, string> = {
  ENFORCE: 'Enforce',
  BYPASS_2FACTOR: 'Bypass_2factor',
  BYPASS: 'Bypass',
  ENFORCE_RELAXREFRESH: 'Enforce_RelaxRefresh',
};

/** The same settings and policies in the words of the other type. Pure. */
export function carriedOver({ fields }: Component): CarriedOver {
  const config = structureAt(fields, 'oauthConfig');
  const policy = structureAt(fields, 'oauthPolicy');
  const ranges = [fields['ipRanges'] ?? []].flat().filter(isStructure);
  const description = textAt(fields, 'description');
  return {
    callbackUrl: textAt(config, 'callbackUrl'),
    contactEmail: textAt(fields, 'contactEmail'),
    fresh: {
      ExternalClientApplication: description === undefined ? {} : { description },
      ExtlClntAppGlobalOauthSettings: { isNamedUserJwtEnabled: isTrue(config['isNamedUserJwtEnabled']) },
      ExtlClntAppOauthSettings: ranges.length === 0 ? {} : { trustedIpRanges: ranges.map(trustedRange) },
      ExtlClntAppOauthConfigurablePolicies: {
        ipRelaxationPolicyType: IP_POLICIES[textAt(policy, 'ipRelaxation') ?? ''] ?? 'Enforce',
        ...refreshTokenPolicy(textAt(policy, 'refreshTokenPolicy') ?? 'infinite'),
        ...sessionPolicy(structureAt(fields, 'sessionPolicy')),
      },
    },
  };
}

function trustedRange(range: FieldStructure): FieldStructure {
  const description = textAt(range, 'description');
  return {
    ...(description === undefined ? {} : { description }),
    endIpAddress: textAt(range, 'end') ?? '',
    startIpAddress: textAt(range, 'start') ?? '',
  };
}

/** `specific_lifetime:30:DAYS` and the like. */
function refreshTokenPolicy(policy: string): FieldStructure {
  const [kind = '', period = '', unit = ''] = policy.split(':');
  if (kind === 'zero') return { refreshTokenPolicyType: 'Zero', ...NO_PERIOD };
  const type = kind === 'specific_lifetime' ? 'SpecificLifetime' : 'SpecificInactivity';
  if (!kind.startsWith('specific_')) return { refreshTokenPolicyType: 'Infinite', ...NO_PERIOD };
  return {
    refreshTokenPolicyType: type,
    refreshTokenValidityPeriod: Number(period),
    refreshTokenValidityUnit: unit.charAt(0).toUpperCase() + unit.slice(1).toLowerCase(),
  };
}

/** An empty list leaves the element out. */
const NO_PERIOD: FieldStructure = { refreshTokenValidityPeriod: [], refreshTokenValidityUnit: [] };

function sessionPolicy(session: FieldStructure): FieldStructure {
  const [timeout, level, action] = ['sessionTimeout', 'sessionLevel', 'policyAction'].map((name) =>
    textAt(session, name),
  );
  return {
    ...(timeout === undefined ? {} : { sessionTimeoutInMinutes: timeout }),
    ...(level === undefined ? {} : { requiredSessionLevel: level }),
    ...(action === undefined ? {} : { policyAction: action }),
  };
}

/** Parts of a Connected App that have no counterpart here, by their metadata names: whoever uses them has to look. */
const LEFT_BEHIND = ['attributes', 'canvas', 'canvasConfig', 'mobileAppConfig', 'plugin', 'samlConfig', 'startUrl'];
const FLOWS = ['isClientCredentialEnabled', 'isCodeCredentialEnabled', 'isTokenExchangeEnabled'];

/** What the new app doesn't get. */
export function leftBehind({ fields }: Component): string[] {
  const config = structureAt(fields, 'oauthConfig');
  return [
    ...LEFT_BEHIND.filter((name) => fields[name] !== undefined),
    ...FLOWS.filter((name) => isTrue(config[name])),
    ...['assetTokenConfig', 'idTokenConfig', 'singleLogoutUrl'].filter((name) => config[name] !== undefined),
  ];
}

/**
 * A Connected App that lets nobody in: only pre-authorized users, of whom there are none. It has no switch.
 *
 * @param certificate PEM, for one that the org doesn't show: a deployment without it would take it away
 */
export function closed(component: Component, certificate: string): Component {
  const { permissionSetName: _, profileName: __, ...fields } = component.fields;
  const { consumerKey: ___, consumerSecret: ____, ...config } = structureAt(fields, 'oauthConfig');
  return {
    ...component,
    fields: {
      ...fields,
      oauthConfig: { certificate, ...config, isAdminApproved: true },
      // An empty element takes all of them away.
      permissionSetName: '',
      profileName: '',
    },
  };
}

export function isClosed({ fields }: Component): boolean {
  return (
    isTrue(structureAt(fields, 'oauthConfig')['isAdminApproved']) &&
    listOf(fields['permissionSetName']).length + listOf(fields['profileName']).length === 0
  );
}
