import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { meaningOf } from '../../../src/salesforce/token/meaning.js';
import { reasonOf } from '../../../src/salesforce/token/endpoint.js';
import { systemFetch } from '../../../src/salesforce/token/network.js';
import { rejectionOf } from '../../support/failures.js';

describe('The way out to the network', () => {
  const servers: Server[] = [];
  let target: string;

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  before(async () => {
    target = `http://127.0.0.1:${await listen(createServer((_, response) => response.end('reached')))}`;
  });
  after(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A proxy that lets everything through, or answers with a status. */
  async function proxy(status?: number): Promise<number> {
    const server = createServer((incoming, response) => {
      if (status !== undefined) return response.writeHead(status).end();
      const { url = '', method, headers } = incoming;
      return incoming.pipe(request(url, { method, headers }, (answer) => answer.pipe(response)));
    });
    server.on('connect', (incoming, socket) => {
      if (status !== undefined) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      const { hostname, port } = new URL(`http://${incoming.url ?? ''}`);
      const through = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        through.pipe(socket).pipe(through);
      });
      return through;
    });
    return listen(server);
  }

  const ask = async (environment: Record<string, string>, url = target): Promise<string> =>
    (await (await systemFetch(environment))(url, {})).text();
  const refusalOf = async (environment: Record<string, string>, url = target): Promise<string> => {
    const error: unknown = await ask(environment, url).then(
      () => new Error('It was let through'),
      (caught: unknown) => caught,
    );
    return reasonOf(error);
  };

  it('goes through the proxy, whichever way it is written', async () => {
    const port = await proxy();
    for (const value of [
      `http://127.0.0.1:${port}`,
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      ` http://127.0.0.1:${port}/ \r\n`,
      `"127.0.0.1:${port}"`,
      `user:secret@127.0.0.1:${port}`,
    ]) {
      for (const variable of ['HTTP_PROXY', 'http_proxy']) {
        expect(await ask({ [variable]: value }), value).to.equal('reached');
      }
    }
    expect(await ask({ HTTP_PROXY: '', http_proxy: '  ' })).to.equal('reached');
  });

  const malformed = [
    'http://',
    '://proxy',
    'http://proxy:port',
    'http://user:p#s3cret@proxy:80',
    'ftp://proxy',
    'a b',
    '%',
  ];
  for (const value of malformed) {
    it(`names the variable, and not its value, for ${value}`, async () => {
      for (const variable of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']) {
        const failure = await rejectionOf('proxy_malformed', systemFetch({ [variable]: value }));
        expect(failure.data).to.deep.equal({ variable });
      }
    });
  }

  it('tells a proxy that asks for a login from the org that refuses one', async () => {
    const port = await proxy(407);
    for (const [variable, url] of [
      ['HTTP_PROXY', target],
      ['HTTPS_PROXY', 'https://acme.my.salesforce.com'],
    ] as const) {
      const reason = await refusalOf({ [variable]: `http://u:s3cret@127.0.0.1:${port}` }, url);
      expect(reason).to.equal(`PROXY_407 (127.0.0.1:${port})`);
      expect(meaningOf({ ok: false, kind: 'none', reason }).code).to.equal('proxy_login_required');
    }
  });

  it('tells a proxy that is down, unknown or no proxy from the org', async () => {
    const down = await proxy(503);
    const cases: Array<[proxy: string, reason: RegExp]> = [
      ['http://127.0.0.1:9', /^PROXY_ECONNREFUSED \(127\.0\.0\.1:9\)$/],
      ['http://no-such-proxy.invalid:3128', /^PROXY_(ENOTFOUND|EAI_AGAIN) \(no-such-proxy\.invalid:3128\)$/],
      [`http://127.0.0.1:${down}`, /^PROXY_503 /],
      [`https://127.0.0.1:${await proxy()}`, /^PROXY_\w+ /],
    ];
    for (const [value, expected] of cases) {
      const reason = await refusalOf({ HTTPS_PROXY: value }, 'https://acme.my.salesforce.com');
      expect(reason, value).to.match(expected);
      expect(meaningOf({ ok: false, kind: 'none', reason }).code).to.equal('proxy_failing');
    }
  });

  it('leaves what the org does to the org', async () => {
    const closed = `http://127.0.0.1:${await listen(createServer())}`;
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const reason = await refusalOf({ HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' }, closed);
    expect(reason).to.equal('ECONNREFUSED');
  });
});
