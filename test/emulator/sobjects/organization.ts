import { restDateTime } from '../model/clock.js';
import type { User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import { mayViewSetup } from './permission-set-objects.js';
import type { FieldType, Row, SObjectType, Value } from './types.js';

/** What a new org says of itself besides: the recorded row of a scratch org of 2022, with which nothing is done here. */
const PREFERENCES: Readonly<Record<string, Value>> = {
  Division: null,
  Street: null,
  City: null,
  State: null,
  PostalCode: null,
  Country: 'US',
  Latitude: null,
  Longitude: null,
  GeocodeAccuracy: null,
  Phone: null,
  Fax: null,
  DefaultLocaleSidKey: 'en_US',
  TimeZoneSidKey: 'America/Los_Angeles',
  ReceivesInfoEmails: true,
  ReceivesAdminInfoEmails: true,
  PreferencesRequireOpportunityProducts: false,
  PreferencesTransactionSecurityPolicy: false,
  PreferencesTerminateOldestSession: false,
  PreferencesConsentManagementEnabled: true,
  PreferencesAutoSelectIndividualOnMerge: false,
  PreferencesLightningLoginEnabled: true,
  PreferencesOnlyLLPermUserAllowed: false,
  FiscalYearStartMonth: 1,
  UsesStartDateAsFiscalYearName: false,
  DefaultAccountAccess: 'Edit',
  DefaultContactAccess: 'ControlledByParent',
  DefaultOpportunityAccess: 'Edit',
  DefaultLeadAccess: 'ReadEditTransfer',
  DefaultCaseAccess: 'ReadEditTransfer',
  DefaultCalendarAccess: 'HideDetailsInsert',
  DefaultPricebookAccess: 'ReadSelect',
  DefaultCampaignAccess: 'All',
  DelegatedAuthenticationServiceUrl: null,
  ComplianceBccEmail: null,
  UiSkin: 'Theme3',
  SignupCountryIsoCode: 'US',
  NumKnowledgeService: 2,
  WebToCaseDefaultOrigin: 'Web',
  MonthlyPageViewsUsed: 0,
  MonthlyPageViewsEntitlement: 0,
  IsReadOnly: false,
};

export const organization: SObjectType = {
  name: 'Organization',
  label: 'Organization',
  keyPrefix: '00D',
  fields: {
    Id: 'id',
    Name: 'string',
    InstanceName: 'string',
    IsSandbox: 'boolean',
    TrialExpirationDate: 'datetime',
    NamespacePrefix: 'string',
    OrganizationType: 'string',
    LanguageLocaleKey: 'string',
    CreatedDate: 'datetime',
    CreatedById: 'reference',
    LastModifiedDate: 'datetime',
    LastModifiedById: 'reference',
    SystemModstamp: 'datetime',
    PrimaryContact: 'string',
    ...Object.fromEntries(Object.entries(PREFERENCES).map(([name, value]) => [name, fieldType(value)])),
  },
  readableBy: mayReadOrganization,
  rows: (state) => [organizationRow(state)],
};

function fieldType(value: Value): FieldType {
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'number' ? 'int' : 'string';
}

function mayReadOrganization(state: OrgState, caller: User): boolean {
  const readers = state.switches.organizationReaders;
  if (readers === 'everybody' || readers === 'nobody') return readers === 'everybody';
  if (mayViewSetup(state, caller)) return true;
  return readers === 'all-but-minimal' && !isMinimal(state, caller);
}

/** A user whose license or profile gives next to nothing: integrations, Experience Cloud, "Minimum Access". */
function isMinimal(state: OrgState, caller: User): boolean {
  const { name, licenseId } = state.profileOf(caller);
  const license = state.licenses.find(({ id }) => id === licenseId)?.name;
  return license !== 'Salesforce' || name.startsWith('Minimum Access');
}

/**
 * Scratch orgs live on Hyperforce. Its instance names end in `S`, and the CLI takes that for the sign that an org is
 * reached at its LoginUrl and not at a host named after the instance.
 */
export function instanceName({ identity: { kind } }: OrgState): string {
  if (kind === 'scratch') return 'USA1052S';
  return kind === 'sandbox' ? 'CS420' : 'SWE64';
}

/** Scratch orgs are sandboxes with a trial date; sandboxes have none (recorded Organization rows show both). */
function organizationRow(state: OrgState): Row {
  const { kind, name, namespace } = state.identity;
  const { edition, durationDays = 7 } = state.identity;
  const created = restDateTime(state.createdAt);
  const author = state.users[0];
  const trialEnd = restDateTime(state.createdAt + durationDays * 24 * 60 * 60 * 1000);
  return {
    Id: state.orgId,
    Name: name,
    InstanceName: instanceName(state),
    IsSandbox: state.isSandboxLike,
    TrialExpirationDate: kind === 'scratch' ? trialEnd : null,
    NamespacePrefix: namespace,
    OrganizationType: `${edition ?? (kind === 'developer' || kind === 'scratch' ? 'Developer' : 'Enterprise')} Edition`,
    LanguageLocaleKey: state.identity.language,
    CreatedDate: created,
    CreatedById: author?.id ?? null,
    LastModifiedDate: created,
    LastModifiedById: author?.id ?? null,
    SystemModstamp: created,
    PrimaryContact: author ? `${author.firstName} ${author.lastName}` : null,
    ...PREFERENCES,
  };
}
