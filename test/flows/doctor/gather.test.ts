import { Readable } from 'node:stream';
import type { Connection } from '@salesforce/core';
import { expect } from 'chai';
import { gather, type GatherDependencies } from '../../../src/flows/doctor/gather.js';
import { viewOrg } from '../../../src/flows/doctor/gather-org.js';
import { rsaKey } from '../../support/certificates.js';

const pem = rsaKey().export({ type: 'pkcs8', format: 'pem' }).toString();

describe('gather', () => {
  const description = (key: string) => ({
    username: 'ci@acme.com',
    clientId: '3MVG9example',
    audience: undefined,
    keySources: {
      file: '-',
      environment: {},
      stdin: Readable.from([key]),
      passphraseFile: undefined,
      askPassphrase: undefined,
    },
    certificateFile: undefined,
    admin: undefined,
  });
  const dependencies = (answers: Array<() => Response>, asked: string[] = []): GatherDependencies => ({
    fetch: (url) => {
      asked.push(url);
      const answer = answers.shift();
      return answer === undefined
        ? Promise.reject(new TypeError('fetch failed', { cause: new Error('no network') }))
        : Promise.resolve(answer());
    },
    now: () => Date.parse('2026-06-01T12:00:00Z'),
    timeout: 1_000,
    environment: {},
    platform: 'linux',
    loginUrl: () => Promise.resolve(new URL('https://acme.my.salesforce.com')),
    storedLogins: () => [],
    storeFailure: () => Promise.resolve(undefined),
    isWebLogin: () => false,
    viewOrg: undefined,
  });
  const json =
    (status: number, body: object, headers: Record<string, string> = {}) =>
    () =>
      new Response(JSON.stringify(body), { status, headers });
  const token = {
    access_token: '00D!secret',
    instance_url: 'https://acme.my.salesforce.com',
    id: 'https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA',
  };

  it('asks for one token, and uses it once', async () => {
    const asked: string[] = [];
    const facts = await gather(description(pem), dependencies([json(200, token), json(200, { records: [] })], asked));
    expect(asked).to.have.length(2);
    expect(facts.login).to.deep.include({ state: 'granted', isDevHub: true, api: { state: 'answers' } });
    expect(JSON.stringify(facts)).not.to.contain('secret').and.not.to.contain('PRIVATE KEY');
  });

  it('keeps what an API says that refuses the token, without the token', async () => {
    const facts = await gather(
      description(pem),
      dependencies([json(200, token), json(403, { message: 'no 00D!secret' })]),
    );
    expect(facts.login).to.deep.include({ api: { state: 'refuses', reason: 'HTTP 403 {"message":"no […]"}' } });
  });

  const answers: Array<[what: string, answer: (() => Response) | undefined, api: string]> = [
    ['nothing', undefined, 'silent'],
    ['a sign-in page with 200', () => new Response('<html>Welcome to the hotel', { status: 200 }), 'strange'],
    ['another JSON with 200', json(200, { ok: true }), 'strange'],
    ['null', () => new Response('null', { status: 200 }), 'strange'],
    ['nothing at all with 200', () => new Response('', { status: 200 }), 'strange'],
    ['a redirect', () => new Response('', { status: 302, headers: { location: 'https://portal.example' } }), 'strange'],
    ["a proxy's page with 403", () => new Response('<html>Blocked', { status: 403 }), 'strange'],
    ['a failing server', () => new Response('<html>Down', { status: 503 }), 'strange'],
    ['an ended session', json(401, [{ errorCode: 'INVALID_SESSION_ID', message: 'x' }]), 'refuses'],
    ['a user without the API', json(403, [{ errorCode: 'API_DISABLED_FOR_ORG', message: 'x' }]), 'refuses'],
    ['no such object', json(400, [{ errorCode: 'INVALID_TYPE', message: 'x' }]), 'answers'],
  ];
  for (const [what, answer, state] of answers) {
    it(`takes ${what} for an API that is ${state}, and for no Dev Hub`, async () => {
      const asked = dependencies([json(200, token), ...(answer === undefined ? [] : [answer])]);
      const { login } = await gather(description(pem), asked);
      expect(login).to.include({ state: 'granted', isDevHub: false });
      expect(login).to.have.nested.property('api.state', state);
    });
  }

  it('compares the clocks by the Date header', async () => {
    const date = { date: 'Mon, 01 Jun 2026 12:10:00 GMT' };
    const facts = await gather(description(pem), dependencies([json(400, { error: 'x' }, date)]));
    expect(facts.clockDifference).to.equal(600_500);
  });

  it('tries nothing without a key', async () => {
    const asked: string[] = [];
    const facts = await gather(description('-----BEGIN CERTIFICATE-----'), dependencies([], asked));
    expect(asked).to.deep.equal([]);
    expect(facts.login.state).to.equal('untried');
    expect(facts.key.state).to.equal('unusable');
  });
});

describe('viewOrg', () => {
  it('keeps the rest where a part is refused or given up', async () => {
    const connection = {
      getUsername: () => 'admin@acme.com',
      instanceUrl: 'https://acme.my.salesforce.com',
      query: (soql: string) =>
        soql.includes('FROM Organization')
          ? Promise.resolve({ records: [{ Id: '00D1', IsSandbox: true }] })
          : Promise.reject(new DOMException('aborted', 'AbortError')),
      metadata: { list: () => Promise.reject(new Error('INSUFFICIENT_ACCESS:\n no')) },
    } as unknown as Connection;
    const org = await viewOrg(connection, { username: 'ci@acme.com', clientId: 'x', isOurs: () => false });
    expect(org.kind).to.deep.equal({ read: true, value: { orgId: '00D1', sandbox: true } });
    expect(org.user).to.deep.equal({ read: false, reason: 'timeout' });
    expect(org.search).to.deep.equal({ read: false, reason: 'INSUFFICIENT_ACCESS: no' });
    expect(org.userState).to.equal(undefined);
  });
});
