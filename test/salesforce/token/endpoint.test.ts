import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { requestToken, type TokenAnswer } from '../../../src/salesforce/token/endpoint.js';

const ASSERTION = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl';
const TOKEN = '00D000000000001!AQEAQHk2Lq.SecretOfThisTest';
const GRANTED = {
  access_token: TOKEN,
  instance_url: 'https://acme.my.salesforce.com',
  id: 'https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA',
};

describe('requestToken', () => {
  let server: Server;
  let answer: RequestListener;
  let url: URL;

  before(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/portal/`);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (listener: RequestListener, timeout?: number): Promise<TokenAnswer> => {
    answer = listener;
    return requestToken(fetch, url, ASSERTION, timeout);
  };
  const saying =
    (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
    (_, response) =>
      response.writeHead(status, headers).end(body);

  it('posts the assertion and nothing else, below the path of a site', async () => {
    let seen = '';
    await ask((request, response) => {
      seen = `${request.method ?? ''} ${request.url ?? ''} `;
      request.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      request.on('end', () => response.end('{}'));
    });
    const grantType = encodeURIComponent('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(seen).to.equal(
      `POST /portal/services/oauth2/token grant_type=${grantType}&assertion=${encodeURIComponent(ASSERTION)}`,
    );
  });

  it('reads a token and the clock of the server', async () => {
    const date = 'Wed, 01 Jan 2031 12:00:00 GMT';
    const got = await ask(
      saying(200, JSON.stringify({ ...GRANTED, scope: 'api web', token_format: 'opaque' }), { date }),
    );
    expect(got).to.deep.equal({
      ok: true,
      accessToken: TOKEN,
      instanceUrl: 'https://acme.my.salesforce.com',
      orgId: '00D000000000001AAA',
      userId: '005000000000001AAA',
      scope: 'api web',
      serverTime: Date.parse(date),
    });
  });

  it('keeps the words of a refusal apart, whatever the status', async () => {
    const got = await ask(saying(200, '{"error":"invalid_grant","error_description":"odd \\"words\\""}'));
    expect(got).to.include({ kind: 'oauth', status: 200, error: 'invalid_grant', errorDescription: 'odd "words"' });
  });

  for (const [what, change] of [
    ['no access token', { access_token: undefined }],
    ['an access token that is no text', { access_token: 7 }],
    ['no identity', { id: undefined }],
    ['an identity of another kind', { id: 'https://login.salesforce.com/id/00D000000000001AAA' }],
    ['an instance that is no URL', { instance_url: 'acme' }],
    ['an instance of another scheme', { instance_url: 'file:///etc' }],
  ] as const) {
    it(`takes a success with ${what} for none, and shows no token of it`, async () => {
      const got = await ask(saying(200, JSON.stringify({ ...GRANTED, ...change })));
      expect(got).to.include({ ok: false, kind: 'strange', what: 'tokenless' });
      expect(JSON.stringify(got)).not.to.contain(TOKEN);
    });
  }

  for (const body of [
    `<p>token ${TOKEN}</p>`,
    `<p>access_token=${TOKEN.replace('!', '%21')}</p>`,
    `<p>you sent ${ASSERTION}</p>`,
    `<p>you sent ${ASSERTION.split('.').slice(0, 2).join('.')}</p>`,
    '<p>-----BEGIN PRIVATE KEY-----\nSecretOfThisTest',
    `{"error":"x","error_description":"${TOKEN} and ${ASSERTION}"}`,
    `${'x'.repeat(190)}${TOKEN}`,
  ]) {
    it(`shows no secret of an answer that holds one: ${body.slice(0, 30)}`, async () => {
      const got = JSON.stringify(await ask(saying(400, body)));
      expect(got).not.to.contain('SecretOfThisTest').and.not.to.contain(ASSERTION.split('.')[1]);
    });
  }

  it('follows no redirect', async () => {
    const got = await ask(saying(302, '', { location: 'https://elsewhere.example.com/x' }));
    expect(got).to.include({ kind: 'strange', what: 'redirect', location: 'https://elsewhere.example.com/x' });
  });

  it('reads the start of an endless answer and hangs up', async () => {
    let sent = 0;
    let closed = false;
    const got = await ask((_, response) => {
      response.on('close', () => (closed = true));
      const push = (): void => {
        while (!closed && sent < 1e9) {
          sent += 65_536;
          if (!response.write('a'.repeat(65_536))) return;
        }
      };
      response.on('drain', push);
      push();
    });
    expect(got).to.include({ kind: 'strange', what: 'other' });
    expect(sent).to.be.below(50e6);
  });

  it('gives a silent server up, and one that stops in the middle', async () => {
    const silent = await ask(() => undefined, 150);
    expect(silent).to.deep.equal({ ok: false, kind: 'none', reason: 'timeout' });
    const stuck = await ask((_, response) => response.writeHead(200).write('{"access'), 150);
    expect(stuck).to.deep.equal({ ok: false, kind: 'none', reason: 'timeout' });
  });

  it('tells a dropped connection and a body that is cut short', async () => {
    const dropped = await ask((request) => request.socket.destroy());
    expect(dropped).to.include({ kind: 'none' });
    expect((dropped as { reason: string }).reason).to.match(/^(UND_ERR_SOCKET|ECONNRESET)/);
    const cut = await ask((request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"access_token"');
      setTimeout(() => request.socket.destroy(), 30);
    });
    expect((cut as { reason: string }).reason).to.match(/^(UND_ERR_|ECONNRESET)/);
  });
});
