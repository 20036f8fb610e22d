import { createServer as createTlsServer, type Server } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Fault } from '../emulator/index.js';
import { loginFlags, openWithApp } from '../support/grant.js';
import { CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

type Row = { what: string; code: string; respond: Partial<Fault>; says?: string | RegExp; args?: string[] };

const oauth = (error: string, description: string, code: string, says: string | RegExp = ''): Row => ({
  what: `${error}: ${description}`,
  code,
  says,
  respond: {
    respond: {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error, ...(description === '' ? {} : { error_description: description }) }),
    },
  },
});

const page = (what: string, status: number, body: string, code: string, headers: Record<string, string> = {}): Row => ({
  what,
  code,
  respond: { respond: { status, headers, body } },
});

/** Every answer that Salesforce documents or was seen to give, and those of whatever else may stand at a URL. */
const ROWS: Row[] = [
  oauth('invalid_grant', "user hasn't approved this consumer", 'user_not_approved', /connect .*--username ci@acme/),
  oauth('invalid_app_access', 'user is not admin approved to access this app', 'user_not_admin_approved', '--wait 10'),
  oauth('invalid_app_acess', 'user is not admin approved to access this app', 'user_not_admin_approved'),
  oauth('invalid_client_id', 'client identifier invalid', 'client_id_unknown', /grant --username .* --wait 10/),
  oauth(
    'app_not_found',
    'External client app is not installed in this org',
    'app_not_in_org',
    'use the client ID of the app in this one',
  ),
  oauth('OAUTH_EC_APP_NOT_FOUND', '', 'app_not_in_org'),
  oauth('invalid_client', 'app must be installed into org', 'app_not_installed', 'install'),
  oauth('invalid_grant', 'audience is invalid', 'audience_invalid', '--audience https://test.salesforce.com'),
  oauth('invalid_grant', 'Audience validation failed', 'audience_invalid'),
  oauth('invalid_grant', 'invalid assertion', 'signature_mismatch', '--certificate-file server.crt'),
  oauth('invalid_client', 'invalid client credentials', 'signature_mismatch', '--jwt-key-file server.key'),
  oauth('invalid_grant', 'expired authorization code', 'assertion_expired', 'clock'),
  oauth('invalid_request', 'jti already in use', 'assertion_replayed'),
  oauth(
    'invalid_request',
    'refresh_token scope is required and the connected app should be installed and preauthorized.',
    'scope_refresh_token_missing',
    '--scope refresh_token',
  ),
  oauth('invalid_request', 'scope parameter not supported', 'request_altered', 'proxy'),
  oauth('invalid_request', 'must use HTTP POST', 'request_altered'),
  oauth('invalid_request', 'HTTPS required', 'https_required', 'https://'),
  oauth('invalid_grant', 'ip restricted', 'ip_restricted', '--ip-relaxation bypass'),
  oauth('invalid_grant', 'invalid login hours', 'login_hours', 'Login Hours'),
  oauth('invalid_grant', 'inactive user', 'user_inactive', 'frozen'),
  oauth('inactive_user', 'user is inactive', 'user_inactive'),
  oauth('invalid_grant', 'user is locked', 'user_locked', 'Unlock'),
  oauth('invalid_grant', 'authentication failure', 'authentication_failure', 'login history'),
  oauth('invalid_grant', 'activation secret invalid', 'authentication_failure'),
  oauth('invalid_grant', 'login rate exceeded', 'login_rate_exceeded', 'less often'),
  oauth('rate_limit_exceeded', 'number of logins exceeded', 'org_login_limit', 'Wait'),
  oauth('inactive_org', 'organization is locked, closed, or suspended', 'org_inactive', 'Support'),
  oauth('unsupported_grant_type', 'grant type not supported', 'grant_type_unsupported', '--certificate-file'),
  oauth('invalid_scope', 'the scope is invalid', 'scopes_invalid', '--scope refresh_token'),
  oauth('invalid_grant', 'no valid scopes defined', 'scopes_invalid'),
  oauth('OAUTH_APP_BLOCKED', 'this app is blocked by admin', 'app_blocked', 'unblock'),
  oauth('invalid_grant', 'high assurance session required', 'high_assurance_required', 'session policy'),
  oauth('brand_new_error', 'nobody has seen this', 'token_refused', "isn't known here"),
  page('the page "Data Not Available"', 200, '<h1>Data Not Available</h1>', 'org_not_available'),
  page('that page with status 500', 500, '<h1>Data Not Available</h1>', 'org_not_available'),
  page('an HTML page', 200, '<html><body>Welcome</body></html>', 'token_endpoint_strange'),
  page('a page that is not there', 404, '<html>URL No Longer Exists</html>', 'token_endpoint_strange'),
  page('a fault of the server', 503, '<html>Service Unavailable</html>', 'token_endpoint_failing'),
  page('too many requests', 429, '<html>Slow down</html>', 'token_endpoint_busy'),
  page('a server that says when', 503, '<html>Later</html>', 'token_endpoint_busy', { 'retry-after': '120' }),
  page('invalid JSON', 200, '{"access_token":', 'token_endpoint_strange'),
  page('JSON without a token', 200, '{"hello":"dependencies"}', 'token_missing'),
  {
    ...page('a redirect', 302, '', 'token_endpoint_redirects', { location: 'https://new.my.salesforce.com/x' }),
    says: '--instance-url https://new.my.salesforce.com',
  },
  { what: 'a dropped connection', code: 'connection_dropped', respond: { drop: 'before' } },
  {
    what: 'silence',
    code: 'token_endpoint_timeout',
    respond: { hang: true },
    says: '1 seconds',
    args: ['--timeout', '1'],
  },
];

/** Runs a few at a time: each is a process. */
async function pooled<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!, index);
  };
  await Promise.all([worker(), worker(), worker()]);
  return results;
}

describe('sf jwt grant explains every answer of the token endpoint', () => {
  let workplace: Workplace;
  let clientId: string;
  let answers: Array<Answer<never>>;

  before(async () => {
    ({ workplace, clientId } = await openWithApp());
    const { org } = workplace;
    ROWS.forEach(({ respond }, row) =>
      org.faults.add({ match: { path: new RegExp(`^/services/row${row}/`) }, ...respond }),
    );
    const files = await workplace.files();
    answers = await pooled(ROWS, ({ args = [] }, row) =>
      workplace.json<never>(['grant', ...flagsAt(`${org.url}/services/row${row}`), ...args]),
    );
    expect(await workplace.files(), 'every file as before').to.deep.equal(files);
  });
  after(() => workplace.close());

  const flagsAt = (url: string): string[] => [...loginFlags(workplace, clientId).slice(0, -1), url];
  const failure = async (url: string, args: string[] = []): Promise<Answer<never>> =>
    workplace.json<never>(['grant', ...flagsAt(url), ...args]);

  // Below a path of Salesforce's own: any other would be that of an Experience Cloud site.
  ROWS.forEach(({ what, code, says = '', respond }, row) => {
    it(`${what} → ${code}`, () => {
      const { status, data, message = '', actions = [], ...rest } = answers[row]!;
      expect(data?.code).to.equal(code);
      expect(status).to.equal(1);
      expect(actions, 'actions').not.to.deep.equal([]);
      const all = [message, ...actions].join('\n');
      if (typeof says === 'string') expect(all).to.contain(says);
      else expect(all).to.match(says);
      expect(all, 'open placeholders').not.to.match(/\{\w+(:shell)?\}|undefined/);
      expect(all + JSON.stringify(rest['stack' as keyof typeof rest] ?? ''), 'secrets').not.to.contain('PRIVATE KEY');
      const body = respond.respond?.body ?? '';
      if (body.startsWith('{"error')) {
        const { error, error_description = '' } = JSON.parse(body) as Record<string, string>;
        expect(data).to.include({ error, error_description, username: CI_USER, clientId });
        expect(message).to.contain([error, error_description].filter(Boolean).join(': '));
      }
      const { org } = workplace;
      expect(org.requestsTo(new RegExp(`^/services/row${row}/services/oauth2/token$`)), 'one request').to.have.length(
        1,
      );
    });
  });

  it('sent nothing else', () => {
    expect(workplace.org.requests).to.have.length(ROWS.length);
  });

  describe('and every way to get none', () => {
    const listening = async (server: Server | ReturnType<typeof createServer>): Promise<number> => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    };

    it('nothing listens', async () => {
      const server = createServer();
      const port = await listening(server);
      server.close();
      const { data, message } = await failure(`http://127.0.0.1:${port}`);
      expect(data?.code).to.equal('connection_refused');
      expect(message).to.contain(`http://127.0.0.1:${port}`).and.to.contain('ECONNREFUSED');
    });

    it('a proxy that is not there, unless NO_PROXY names the host', async () => {
      const env = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'elsewhere.example.com' };
      const args = ['grant', ...loginFlags(workplace, clientId)];
      const { data, actions = [] } = await workplace.json(args, { env });
      expect(data?.code).to.equal('proxy_failing');
      expect(actions.join()).to.contain('HTTP_PROXY').and.to.contain('NO_PROXY');
      expect((await workplace.json(args, { env: { ...env, NO_PROXY: 'localhost' } })).status).to.equal(0);
    });

    it('no such host', async () => {
      expect((await failure('https://no-such-org.invalid')).data?.code).to.equal('host_unknown');
    });

    it('a certificate that nobody vouches for', async () => {
      const { key, certificate } = await pairOf();
      const server = createTlsServer({ key, cert: certificate }, (_, response) => response.end('{}'));
      const port = await listening(server);
      const { data, actions = [] } = await failure(`https://127.0.0.1:${port}`);
      server.close();
      expect(data?.code).to.equal('tls_failed');
      expect(actions.join()).to.contain('NODE_EXTRA_CA_CERTS');
    });

    it('another protocol', async () => {
      const { data } = await failure(workplace.org.url.replace('http:', 'https:'));
      expect(data?.code).to.equal('tls_failed');
    });

    it('an answer that is cut off', async () => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"access_token":"00D'));
      });
      const port = await listening(server);
      const { data, message } = await failure(`http://127.0.0.1:${port}`);
      server.close();
      expect(data?.code).to.equal('connection_dropped');
      expect(message).not.to.contain('00D');
    });
  });
});
