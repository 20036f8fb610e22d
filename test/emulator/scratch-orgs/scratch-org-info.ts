import { restDateTime } from '../model/clock.js';
import type { DataRow } from '../model/domain.js';
import { rePrefixed, sameId } from '../model/ids.js';
import { mayViewSetup } from '../sobjects/permission-set-objects.js';
import { RecordError, type FieldType, type Row, type SObjectType, type WriteContext } from '../sobjects/types.js';

const DAY = 24 * 60 * 60 * 1000;

/** What a caller may set ("Create" among the properties of the Object Reference, ScratchOrgInfo). */
const CREATABLE: Record<string, FieldType> = {
  AdminEmail: 'string',
  ConnectedAppCallbackUrl: 'string',
  ConnectedAppConsumerKey: 'string',
  Country: 'string',
  Description: 'string',
  DurationDays: 'int',
  Edition: 'string',
  Features: 'string',
  HasSampleData: 'boolean',
  Language: 'string',
  Namespace: 'string',
  OrgName: 'string',
  Package2AncestorIds: 'string',
  Release: 'string',
  Snapshot: 'string',
  SourceOrg: 'string',
  Username: 'string',
};

/** What the sign-up fills in. */
const READ_ONLY: Record<string, FieldType> = {
  Id: 'id',
  Name: 'string',
  AuthCode: 'string',
  CreatedById: 'reference',
  CreatedDate: 'datetime',
  DeletedBy: 'string',
  DeletedDate: 'datetime',
  ErrorCode: 'string',
  ExpirationDate: 'datetime',
  LoginUrl: 'string',
  ScratchOrg: 'string',
  SignupCountry: 'string',
  SignupEmail: 'string',
  SignupInstance: 'string',
  SignupLanguage: 'string',
  SignupTrialDays: 'int',
  SignupUsername: 'string',
  Status: 'string',
};

/** The audit log of scratch orgs: inserting a record signs one up. */
export const scratchOrgInfo: SObjectType = {
  name: 'ScratchOrgInfo',
  label: 'Scratch Org Info',
  keyPrefix: '2SR',
  available: (state) => state.identity.devHub,
  readableBy: (state, caller) => state.switches.scratchOrgInfoReaders === 'everybody' || mayViewSetup(state, caller),
  fields: { ...CREATABLE, ...READ_ONLY },
  parents: { CreatedBy: { object: 'User', key: 'CreatedById' } },
  rows: (state) => state.scratchOrgInfos,
  create: insertInfo,
};

function insertInfo({ state, user }: WriteContext, values: Row): string {
  checkValues(values);
  const now = state.clock.now();
  const days = typeof values['DurationDays'] === 'number' ? values['DurationDays'] : 7;
  const empty = Object.keys({ ...CREATABLE, ...READ_ONLY }).map((name): [string, null] => [name, null]);
  const info: DataRow = {
    ...Object.fromEntries(empty),
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === '' ? null : value])),
    Id: state.ids.next('scratchOrgInfo'),
    Name: String(state.scratchOrgInfos.length + 1).padStart(8, '0'),
    CreatedById: user.id,
    CreatedDate: restDateTime(now),
    DurationDays: days,
    Edition: capitalized(values['Edition']),
    ExpirationDate: new Date(now + days * DAY).toISOString().slice(0, 10),
    HasSampleData: values['HasSampleData'] === true,
    Release: capitalized(values['Release']) ?? 'Current',
    SignupEmail: values['AdminEmail'] ?? user.email,
    SignupCountry: values['Country'] ?? 'US',
    SignupLanguage: values['Language'] ?? 'en_US',
    SignupTrialDays: days,
    Status: 'New',
  };
  state.scratchOrgInfos.push(info);
  state.signUps?.begin(info);
  return info.Id;
}

/** The CLI sends `developer` as well as `Developer`, `preview` as well as `Preview`. */
function capitalized(value: Row[string] | undefined): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return value.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

const EDITIONS = ['Group', 'Developer', 'Enterprise', 'Professional'];
const RELEASES = ['Current', 'Previous', 'Preview'];

function checkValues(values: Row): void {
  const readOnly = Object.keys(values).find((name) => name in READ_ONLY);
  if (readOnly !== undefined) {
    const text = `Unable to create/update fields: ${readOnly}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
    throw new RecordError('INVALID_FIELD_FOR_INSERT_UPDATE', text, [readOnly]);
  }
  // Seen for the callback URL; the Object Reference calls both required. That an edition, a snapshot or a source org
  // has to be there is assumed.
  const required = ['ConnectedAppCallbackUrl', 'ConnectedAppConsumerKey'];
  if (['Snapshot', 'SourceOrg'].every((name) => isEmpty(values[name]))) required.push('Edition');
  const missing = required.filter((name) => isEmpty(values[name]));
  if (missing.length > 0) {
    const text = `Required fields are missing: [${missing.join(', ')}]`;
    throw new RecordError('REQUIRED_FIELD_MISSING', text, missing);
  }
  checkPicklist(values, 'Edition', [...EDITIONS, ...EDITIONS.map((edition) => `Partner ${edition}`)]);
  checkPicklist(values, 'Release', RELEASES);
  const days = values['DurationDays'] ?? 7;
  if (typeof days !== 'number' || !Number.isInteger(days) || days < 1 || days > 30) {
    // The words are assumed.
    const text = 'Duration Days: enter a number between 1 and 30.';
    throw new RecordError('FIELD_INTEGRITY_EXCEPTION', text, ['DurationDays']);
  }
}

const isEmpty = (value: Row[string] | undefined): boolean => value === undefined || value === null || value === '';

function checkPicklist(values: Row, field: string, allowed: string[]): void {
  const value = capitalized(values[field]);
  if (value === null || allowed.includes(value)) return;
  const text = `${field}: bad value for restricted picklist field: ${String(values[field])}`;
  throw new RecordError('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', text, [field]);
}

/** Its key prefix is assumed. */
const ACTIVE_PREFIX = '2SO';

/** The scratch orgs that live; deleting a record deletes the org. Days passing delete none here. */
export const activeScratchOrg: SObjectType = {
  name: 'ActiveScratchOrg',
  label: 'Active Scratch Org',
  keyPrefix: ACTIVE_PREFIX,
  available: (state) => state.identity.devHub,
  fields: {
    Id: 'id',
    Name: 'string',
    CreatedDate: 'datetime',
    Description: 'string',
    Edition: 'string',
    ExpirationDate: 'datetime',
    Features: 'string',
    HasSampleData: 'boolean',
    Namespace: 'string',
    OrgName: 'string',
    OwnerId: 'reference',
    ScratchOrg: 'string',
    ScratchOrgInfoId: 'reference',
    SignupEmail: 'string',
    SignupInstance: 'string',
    SignupUsername: 'string',
  },
  parents: { ScratchOrgInfo: { object: 'ScratchOrgInfo', key: 'ScratchOrgInfoId' } },
  rows: ({ scratchOrgInfos }) => scratchOrgInfos.filter(({ Status }) => Status === 'Active').map(activeRow),
  remove: ({ state, user }, id) => {
    const info = state.scratchOrgInfos.find((row) => sameId(activeId(row), id));
    if (!info) throw new RecordError('NOT_FOUND', 'The requested resource does not exist', [], 404);
    Object.assign(info, {
      Status: 'Deleted',
      DeletedBy: user.username,
      DeletedDate: restDateTime(state.clock.now()),
    });
    state.signUps?.end(info);
  },
};

const activeId = (info: DataRow): string => rePrefixed(info.Id, ACTIVE_PREFIX);

function activeRow(info: DataRow): Row {
  const { AuthCode: _, CreatedById: owner, ...shared } = info;
  return { ...shared, Id: activeId(info), OwnerId: owner ?? null, ScratchOrgInfoId: info.Id };
}
