import { usedLicenses } from '../model/licenses.js';
import { sameId } from '../model/ids.js';
import { RecordError, type Row, type WriteContext } from './types.js';

/** "Required Fields" of User in the Object Reference, in the order in which an org lists them. */
const REQUIRED = [
  ...['Username', 'LastName', 'Email', 'Alias', 'TimeZoneSidKey', 'LocaleSidKey', 'EmailEncodingKey', 'ProfileId'],
  'LanguageLocaleKey',
];

const DUPLICATE =
  'Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames must be ' +
  "unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the " +
  "user's email address).";

/** A user who is inserted through the API. REST sends no mail. */
export function createUser({ state, user: caller }: WriteContext, values: Row): string {
  if (!state.hasPermission(caller, 'ManageUsers'))
    throw new RecordError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id');
  const missing = REQUIRED.filter((field) => typeof values[field] !== 'string' || values[field] === '');
  if (missing.length > 0)
    throw new RecordError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${missing.join(', ')}]`, missing);
  const text = (field: string): string => (typeof values[field] === 'string' ? values[field] : '');
  const username = text('Username');
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(username))
    throw new RecordError('INVALID_EMAIL_ADDRESS', 'Username: invalid email address', ['Username']);
  if (text('Alias').length > 8)
    throw new RecordError('STRING_TOO_LONG', `Alias: data value too large: ${text('Alias')} (max length=8)`, ['Alias']);
  const taken = state.userByName(username) !== undefined || state.usernamesElsewhere.has(username.toLowerCase());
  if (taken) throw new RecordError('DUPLICATE_USERNAME', DUPLICATE, ['Username']);
  const profile = state.profiles.find(({ id }) => sameId(id, text('ProfileId')));
  if (profile === undefined)
    throw new RecordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', ['ProfileId']);
  const license = state.licenses.find(({ id }) => id === profile.licenseId);
  if (license !== undefined && usedLicenses(state, license) >= license.total)
    throw new RecordError('LICENSE_LIMIT_EXCEEDED', `License Limit Exceeded - ${license.name}`);
  const id = state.ids.next('user');
  state.users.push({
    id,
    username,
    firstName: text('FirstName'),
    lastName: text('LastName'),
    email: text('Email'),
    active: values['IsActive'] !== false,
    frozen: false,
    locked: false,
    loginHours: 'any',
    profileId: profile.id,
    permissions: new Set(),
    federationId: text('FederationIdentifier') || undefined,
    createdAt: state.clock.now(),
  });
  return id;
}
