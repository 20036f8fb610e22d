import { expect } from 'chai';
import jsonwebtoken from 'jsonwebtoken';
import type { JwtDoctorResult } from '../../src/commands/jwt/doctor.js';
import type { JwtInspectResult } from '../../src/commands/jwt/inspect.js';
import { CONNECT } from '../support/connect.js';
import { textOf } from '../support/recipe.js';
import { openDesk, replaced, type Desk } from '../support/tokens.js';
import { pairOf } from '../support/workplace.js';

const SECOND = 'second@acme.example.com';

/** A stumble of the page, made on purpose; `says` is the answer that an org would give where this one doesn't. */
type Stumble = { code: string; args: (desk: Desk) => string[]; says?: [error: string, description: string] };

const STUMBLES: Stumble[] = [
  { code: 'signature_mismatch', args: ({ flags }) => ['token', ...replaced(flags, '--jwt-key-file', 'other.key')] },
  { code: 'key_certificate_mismatch', args: () => [...CONNECT, '--jwt-key-file', 'other.key'] },
  { code: 'client_id_unknown', args: ({ flags }) => ['token', ...replaced(flags, '--client-id', '3MVG9nobody')] },
  { code: 'claim_empty', args: ({ flags }) => ['token', ...replaced(flags, '--client-id', '')] },
  {
    code: 'audience_invalid',
    args: ({ flags }) => ['token', ...flags, '--audience', 'https://example--dev.sandbox.my.salesforce.com'],
  },
  {
    code: 'site_unknown',
    args: ({ flags, workplace }) => ['token', ...replaced(flags, '--instance-url', workplace.org.siteUrl('elsewhere'))],
  },
  { code: 'user_not_admin_approved', args: ({ flags }) => ['token', ...replaced(flags, '--username', SECOND)] },
  {
    code: 'assertion_expired',
    args: ({ flags }) => ['token', ...flags],
    says: ['invalid_grant', 'expired authorization code'],
  },
  {
    code: 'user_not_approved',
    args: ({ flags }) => ['token', ...flags],
    says: ['invalid_grant', "user hasn't approved this consumer"],
  },
  {
    code: 'app_not_in_org',
    args: ({ flags }) => ['token', ...flags],
    says: ['app_not_found', 'External client app is not installed in this org'],
  },
  {
    code: 'grant_type_unsupported',
    args: ({ flags }) => ['token', ...flags],
    says: ['unsupported_grant_type', 'grant type not supported'],
  },
  { code: 'connected_app_creation_blocked', args: () => [...CONNECT, '--name', 'New', '--app-type', 'connected-app'] },
];

/** Codes of the table that are brought about below, or by the tests of doctor and keygen. */
const ELSEWHERE = ['claim_capitalized', 'clock_behind', 'user_unassigned', 'write_failed'];

describe('the stumbles of the readers of other guides', () => {
  const table = textOf('guides').split('## Where readers stumble')[1] ?? '';
  let desk: Desk;

  before(async () => {
    desk = await openDesk();
    desk.workplace.org.addUser({ username: SECOND });
    await desk.workplace.savePair('other', 'other');
  });
  after(() => desk.workplace.close());
  afterEach(() => {
    desk.workplace.org.faults.clear();
    desk.workplace.org.clock.skewMs = 0;
  });

  for (const { code, args, says } of STUMBLES) {
    it(`are answered with ${code}, which is in the table, and with what to do`, async () => {
      expect(table).to.contain(`\`${code}\``);
      if (says !== undefined) {
        const [error, error_description] = says;
        const respond = { status: 400, body: JSON.stringify({ error, error_description }) };
        desk.workplace.org.faults.add({ match: { path: /oauth2\/token$/ }, times: 1, respond });
      }
      const { data, actions } = await desk.json(args(desk));
      expect(data?.code).to.equal(code);
      expect(actions).to.have.length.above(0);
    });
  }

  it('are answered with clock_behind, also by doctor, where it is the clock', async () => {
    desk.workplace.org.clock.skewMs = 600_000;
    const { data } = await desk.json(['token', ...desk.flags]);
    expect(data?.code).to.equal('clock_behind');
    const { result } = await desk.json<JwtDoctorResult>(['doctor', ...desk.flags]);
    expect(result.findings.map(({ code }) => code)).to.include('clock_behind');
  });

  it('are found by inspect where a claim is written with a capital letter', async () => {
    const { key } = await pairOf();
    await desk.workplace.save('assertion.txt', jsonwebtoken.sign({ Iss: desk.clientId }, key, { algorithm: 'RS256' }));
    const { result } = await desk.json<JwtInspectResult>(['inspect', 'assertion.txt']);
    expect(result.findings.map(({ code }) => code)).to.include('claim_capitalized');
  });

  it('are refused by the org where the parameter is called grand_type', async () => {
    const { stdout } = await desk.jwt(['sign', ...desk.flags]);
    const body = { assertion: stdout.trim(), grand_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' };
    const url = `${desk.workplace.org.url}/services/oauth2/token`;
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(body) });
    expect([response.status, await response.json()]).to.deep.equal([
      400,
      { error: 'unsupported_grant_type', error_description: 'grant type not supported' },
    ]);
  });

  it('are all in this test, or known to be tested elsewhere', () => {
    const codes = [...table.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code = '']) => code);
    const known = [...STUMBLES.map(({ code }) => code), ...ELSEWHERE, 'grand_type', 'grant_type'];
    expect(known).to.include.members(codes);
    expect(codes).to.include.members(ELSEWHERE);
  });
});
