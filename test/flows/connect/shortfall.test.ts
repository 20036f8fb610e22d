import { expect } from 'chai';
import type { ConnectedUser } from '../../../src/flows/connect/connected.js';
import { shortfallOf } from '../../../src/flows/connect/shortfall.js';
import type { TokenAnswer } from '../../../src/salesforce/token/endpoint.js';

const GRANTED: TokenAnswer = { ok: true, accessToken: 't', instanceUrl: 'u', orgId: 'o', userId: 'i', scope: 'api' };
const refused = (error: string, errorDescription: string): TokenAnswer => {
  return { ok: false, kind: 'oauth', status: 400, error, errorDescription };
};
const FROZEN = refused('invalid_grant', 'inactive user');
const UNKNOWN_YET = refused('invalid_client_id', 'client identifier invalid');
const LOST: TokenAnswer = { ok: false, kind: 'none', reason: 'ECONNRESET' };

describe('the sentence of connect where not every user can log in', () => {
  let number = 0;
  const user = (login: TokenAnswer | undefined, rest: Partial<ConnectedUser> = {}): ConnectedUser => ({
    user: { id: '005', username: `u${++number}@acme.com`, email: 'x' } as ConnectedUser['user'],
    assigned: 'assigned',
    waitedFor: 'propagation',
    login,
    ...rest,
  });
  const unassigned = (): ConnectedUser => user(undefined, { assigned: 'failed', error: 'No license.' });
  beforeEach(() => {
    number = 0;
  });

  const rows: Array<
    [name: string, status: 'created' | 'updated' | 'unchanged', users: () => ConnectedUser[], is: string | undefined]
  > = [
    ['all work', 'created', () => [user(GRANTED), user(GRANTED)], undefined],
    ['none was tried', 'created', () => [user(undefined)], undefined],
    [
      'one is refused',
      'created',
      () => [user(FROZEN)],
      'Created the app Ci, but the login as u1@acme.com fails: invalid_grant: inactive user',
    ],
    [
      'an answer is lost',
      'updated',
      () => [user(LOST)],
      'Updated the app Ci, but the login as u1@acme.com fails: ECONNRESET',
    ],
    [
      'one is late',
      'updated',
      () => [user(GRANTED), user(UNKNOWN_YET)],
      "Updated the app Ci, but the login as u2@acme.com doesn't work yet: invalid_client_id: client identifier invalid",
    ],
    [
      'one has no license',
      'unchanged',
      () => [unassigned()],
      'The app Ci is as it should be, but u1@acme.com could not be pre-authorized: No license.',
    ],
    [
      'several, each in another way',
      'created',
      () => [user(FROZEN), user(LOST), unassigned(), user(UNKNOWN_YET)],
      "Created the app Ci, but the logins as u1@acme.com, u2@acme.com fail; u3@acme.com could not be pre-authorized: No license.; the login as u4@acme.com doesn't work yet: invalid_client_id: client identifier invalid",
    ],
    [
      'many',
      'created',
      () => Array.from({ length: 50 }, () => user(FROZEN)),
      'Created the app Ci, but the logins as u1@acme.com, u2@acme.com, u3@acme.com and 47 others fail',
    ],
  ];
  for (const [name, status, users, is] of rows) {
    it(`${name}: ${is ?? 'none'}`, () => {
      expect(shortfallOf({ name: 'Ci', status, users: users() })).to.equal(is);
    });
  }
});
