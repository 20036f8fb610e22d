import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { decodeProtectedHeader, importX509, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { expectAllRan, hasShell, openRecipe, type Recipe } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { pairOf, Workplace } from '../support/workplace.js';

const CLIENT_ID = '11111111-2222-3333-4444-555555555555';
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LONGEST = 10 * 60;

/**
 * The token endpoint of one tenant with one app registration, as Microsoft documents certificate credentials.
 *
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials
 */
class Tenant {
  public readonly assertions: string[] = [];
  public url = '';
  private readonly server: Server;

  public constructor(private readonly certificate: string) {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const isEndpoint = request.method === 'POST' && request.url === '/exampleTenantId/oauth2/v2.0/token';
        const form = new URLSearchParams(Buffer.concat(parts).toString());
        const complaint = isEndpoint ? this.complaintAbout(form) : Promise.resolve(`no ${request.url}`);
        void complaint.then((description) => {
          const error = { error: 'invalid_client', error_description: description };
          const token = { token_type: 'Bearer', expires_in: 3599, access_token: 'token-of-the-tenant' };
          response.writeHead(description === undefined ? 200 : 401, { 'content-type': 'application/json' });
          response.end(JSON.stringify(description === undefined ? token : error));
        });
      });
    });
  }

  public async listen(): Promise<void> {
    await new Promise<void>((resolve) => void this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public close(): void {
    this.server.close();
  }

  private async complaintAbout(form: URLSearchParams): Promise<string | undefined> {
    const assertion = form.get('client_assertion') ?? '';
    if (form.get('grant_type') !== 'client_credentials') return 'grant_type';
    if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') return 'type';
    if (!form.get('scope')?.endsWith('/.default')) return 'scope';
    try {
      const header = decodeProtectedHeader(assertion);
      const thumbprint = (hash: string): string =>
        createHash(hash).update(new X509Certificate(this.certificate).raw).digest('base64url');
      const found = header['x5t#S256'] === thumbprint('sha256') || header.x5t === thumbprint('sha1');
      if (!found) return 'AADSTS700027: The certificate with this thumbprint is not registered';
      const { payload } = await jwtVerify(assertion, await importX509(this.certificate, 'RS256'), {
        algorithms: ['RS256'],
        typ: 'JWT',
        audience: `${this.url}/exampleTenantId/oauth2/v2.0/token`,
        issuer: form.get('client_id') ?? '',
        subject: form.get('client_id') ?? '',
        requiredClaims: ['exp', 'iat', 'jti', 'nbf'],
      });
      if (form.get('client_id') !== CLIENT_ID || !GUID.test(String(payload.jti))) return '"jti" or client_id';
      if (Number(payload.exp) - Number(payload.nbf) > LONGEST) return '"exp" is too far away';
    } catch (error) {
      return String(error);
    }
    this.assertions.push(assertion);
    return undefined;
  }
}

describe('the recipe for Microsoft Entra ID', () => {
  let workplace: Workplace;
  let recipe: Recipe;
  let tenant: Tenant;

  before(async function () {
    workplace = await Workplace.open();
    tenant = new Tenant((await pairOf()).certificate);
    await tenant.listen();
    recipe = openRecipe('azure', workplace);
    recipe.values.set('https://login.microsoftonline.com', tenant.url);
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(async () => {
    tenant.close();
    await workplace.close();
  });

  it('gets a token for the assertion', async () => {
    await recipe.run('Get a token');
    const answer = JSON.parse(readFileSync(workplace.path('entra.json'), 'utf8')) as { access_token: string };
    expect(answer.access_token).to.equal('token-of-the-tenant');
    expect(tenant.assertions).to.have.length(1);
  });

  it('sends what jsonwebtoken verifies too', async () => {
    const { certificate } = await pairOf();
    const options = { algorithms: ['RS256' as const], issuer: CLIENT_ID, subject: CLIENT_ID };
    expect(() => jsonwebtoken.verify(tenant.assertions[0] ?? '', certificate, options)).not.to.throw();
  });

  const CHANGES: Array<[what: string, from: string, to: string, complaint?: RegExp]> = [
    ['takes the older thumbprint', '--thumbprint sha256', '--thumbprint sha1'],
    [
      'refuses an assertion without thumbprint',
      '--certificate-file server.crt --thumbprint sha256',
      '',
      /AADSTS700027/,
    ],
    ['refuses an assertion without ID', '--jti ', '', /"jti" claim/],
    ['refuses an assertion without start', '--claim nbf=now', '', /"nbf" claim/],
    ['refuses an assertion that is valid too long', '--expires-in 300', '--expires-in 3600', /"exp"/],
    ['refuses an assertion for another audience', '/exampleTenantId/oauth2/v2.0/token \\', '/other \\', /"aud" claim/],
  ];
  for (const [what, from, to, complaint] of CHANGES) {
    it(`${what}, as Entra does`, async () => {
      const [block] = recipe.section('Get a token');
      expect(block?.text).to.contain(from);
      const { status } = await recipe.runBlock({ ...block!, text: block!.text.replace(from, to) });
      expect(status === 0).to.equal(complaint === undefined);
      const answer = JSON.parse(readFileSync(workplace.path('entra.json'), 'utf8')) as { error_description?: string };
      if (complaint === undefined) expect(answer.error_description).to.equal(undefined);
      else expect(answer.error_description).to.match(complaint);
    });
  }

  it('has no command that no test runs', () => expectAllRan('azure'));
});
