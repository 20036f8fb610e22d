import { expect } from 'chai';
import { chainOf, LINKS } from '../../../src/flows/doctor/chain.js';
import { check } from '../../../src/flows/doctor/check.js';
import type { Facts } from '../../../src/flows/doctor/facts.js';
import { Failure } from '../../../src/failure.js';
import { healthyFacts, healthyOrg, OTHER_PUBLIC_KEY, read, refused } from './facts.js';

const MARKS = { ok: '✓', warning: '!', error: '✗', unknown: '·' };

/** A mark for each link, in order. */
function marksOf(changes: Partial<Facts>): string {
  const facts = { ...healthyFacts(), ...changes };
  const chain = chainOf(facts, check(facts).findings);
  expect(chain.slice(1).map(({ name }) => name)).to.deep.equal(LINKS.slice(1));
  return chain.map(({ state }) => MARKS[state]).join(' ');
}

const target = (changes: Partial<Facts['target']>): Facts['target'] => ({ ...healthyFacts().target, ...changes });
const denied = refused('user_not_admin_approved', 'invalid_app_access', 'user is not admin approved');
const usableKey = healthyFacts().key;
const unusable = (failure: Failure): Facts['key'] => ({ state: 'unusable', failure });
const untried = { state: 'untried' } as const;

/** Facts → the marks of file, key, certificate, app, policy, user and login */
const ROWS: Array<[name: string, facts: Partial<Facts>, expected: string]> = [
  ['a login that works', {}, '✓ ✓ ✓ ✓ ✓ ✓ ✓'],
  ['one that is open to others', { key: { ...usableKey, readableByOthers: true } as Facts['key'] }, '! ✓ ✓ ✓ ✓ ✓ ✓'],
  [
    'a key file that is gone',
    { key: unusable(new Failure('file_missing', { path: 'x' })), login: untried },
    '✗ · · · · · ·',
  ],
  [
    'a key that is none',
    { key: unusable(new Failure('key_is_certificate', { source: 'x' })), login: untried },
    '· ✗ · · · · ·',
  ],
  ['a refused key, which nobody looked into', { login: refused('signature_mismatch') }, '✓ ✓ ✗ · · · ✗'],
  ['an unknown client id', { login: refused('client_id_unknown') }, '✓ ✓ · ✗ · · ✗'],
  ['a user who isn’t let in, without an admin', { login: denied }, '✓ ✓ · · · ✗ ✗'],
  ['an audience of another kind of org', { login: refused('audience_invalid') }, '✓ ✓ · · · · ✗'],
  ['an IP address that isn’t allowed', { login: refused('ip_restricted') }, '✓ ✓ · · ✗ · ✗'],
  [
    'an app that an admin doesn’t find',
    {
      login: refused('app_not_in_org'),
      org: healthyOrg({ search: read({ app: undefined, hidden: [] }) }),
    },
    '✓ ✓ · ✗ · · ✗',
  ],
  ['a policy that an admin sees', { login: denied, org: healthyOrg() }, '✓ ✓ ✓ ✓ ✓ ✗ ✗'],
  ['a username without its sandbox', { login: denied, target: target({ username: 'ci' }) }, '✓ ✓ · · · ✗ ✗'],
];

describe('the chain of a login', () => {
  for (const [name, facts, expected] of ROWS) {
    it(`shows ${name}`, () => {
      expect(marksOf(facts)).to.equal(expected);
    });
  }

  it('begins with what the key comes from', () => {
    const originOf = (changes: Partial<Facts>): string | undefined =>
      chainOf({ ...healthyFacts(), ...changes }, [])[0]?.name;
    expect(originOf({ keyFile: 'server.key' })).to.equal('file');
    expect(originOf({ keyFile: undefined, signer: 'exec:sign' })).to.equal('signer');
    expect(originOf({ keyFile: undefined })).to.equal('input');
    expect(originOf({ keyFile: '-' })).to.equal('input');
  });

  it('shows another pair where the certificate is', () => {
    const certificate = { state: 'usable', path: 'server.crt', der: Buffer.from('x'), publicKey: OTHER_PUBLIC_KEY };
    const dates = { notBefore: new Date(0), notAfter: new Date(4e12), keyFile: undefined };
    const facts = {
      certificate: { ...certificate, ...dates } as Facts['certificate'],
      login: refused('signature_mismatch'),
    };
    expect(marksOf(facts)).to.equal('✓ ✓ ✗ · · · ✗');
  });
});
