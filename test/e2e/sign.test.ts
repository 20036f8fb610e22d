import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader, importX509, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import type { JwtSignResult } from '../../src/commands/jwt/sign.js';
import { selfSignedCertificate } from '../../src/keys/credential/issue.js';
import { signerOf } from '../../src/keys/signer/signer.js';
import { environment, hasTerminal, RUN_JS, runOnTerminal } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { openDesk, replaced, type Desk } from '../support/tokens.js';
import { hasOpenssl, needs, tool } from '../support/tools.js';
import { CI_USER, pairOf, type Pair } from '../support/workplace.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PASSPHRASE = 'correct horse';

describe('sf jwt sign', () => {
  let desk: Desk;
  let flags: string[];
  let pair: Pair;

  before(async () => {
    desk = await openDesk();
    // An assertion for the local org itself is accepted there, and told from one with the usual audience.
    flags = [...desk.flags, '--audience', desk.workplace.org.url];
    pair = await pairOf();
  });
  after(() => desk.workplace.close());
  beforeEach(() => void desk.workplace.org.requests.splice(0));

  const sign = async (...args: string[]): Promise<JwtSignResult> => {
    const answer = await desk.json<JwtSignResult>(['sign', ...flags, ...args]);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expectSchema('jwt-sign', answer.result);
    return answer.result;
  };
  const grantWith = async (assertion: string): Promise<Record<string, string>> => {
    const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
    const response = await fetch(`${desk.workplace.org.url}/services/oauth2/token`, { method: 'POST', body });
    return (await response.json()) as Record<string, string>;
  };

  it('prints the assertion and a line break, asks nobody, and leaves no file', async () => {
    const files = await desk.workplace.files();
    const { status, stdout, stderr } = await desk.jwt(['sign', ...flags]);
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(desk.workplace.org.requests).to.deep.equal([]);
    expect(await desk.workplace.files()).to.deep.equal(files);
  });

  it('signs what jsonwebtoken and jose verify, good for three minutes', async () => {
    const start = Math.floor(Date.now() / 1000);
    const { assertion, header, claims, expiresAt } = await sign();
    expect(header).to.deep.equal({ alg: 'RS256', typ: 'JWT' });
    expect(claims).to.have.all.keys('iss', 'sub', 'aud', 'exp');
    expect(claims).to.include({ iss: desk.clientId, sub: CI_USER, aud: desk.workplace.org.url });
    expect(claims.exp).to.be.within(start + 180, Math.floor(Date.now() / 1000) + 180);
    expect(new Date(expiresAt).getTime()).to.equal(claims.exp * 1000);
    const expected = { issuer: desk.clientId, subject: CI_USER, audience: desk.workplace.org.url };
    expect(jsonwebtoken.verify(assertion, pair.certificate, { ...expected, algorithms: ['RS256'] })).to.deep.equal(
      claims,
    );
    const { payload, protectedHeader } = await jwtVerify(
      assertion,
      await importX509(pair.certificate, 'RS256'),
      expected,
    );
    expect([payload, protectedHeader]).to.deep.equal([claims, header]);
  });

  it('goes through a pipe into curl, and logs in', async () => {
    const { org, home, cwd } = desk.workplace;
    const grantType = 'grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer';
    const script = `"$0" "$@" | tr -d "\\n" | curl --silent --show-error --data-urlencode ${grantType} \
      --data-urlencode assertion@- ${org.url}/services/oauth2/token`;
    const argv = ['-c', script, process.execPath, RUN_JS, 'jwt', 'sign', ...flags];
    const { stdout } = await promisify(execFile)('sh', argv, { cwd, env: environment({ home }) });
    const { access_token: token = '' } = JSON.parse(stdout) as Record<string, string>;
    expect(org.data.liveSession(token)?.userId).to.equal(org.user(CI_USER)?.id);
    const [request] = org.requestsTo(/oauth2\/token$/);
    expect(new URLSearchParams(request?.body).get('assertion')).to.match(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('makes an assertion good for one login with --jti, of a random ID or a given one', async () => {
    const [bare, random, given] = await Promise.all([
      sign('--jti', '--expires-in', '60'),
      sign('--jti', 'random'),
      sign('--jti', 'build-4711'),
    ]);
    expect(bare.claims['jti']).to.match(UUID).and.not.to.equal(random.claims['jti']);
    expect(random.claims['jti']).to.match(UUID);
    expect(given.claims['jti']).to.equal('build-4711');
    expect(await grantWith(bare.assertion)).to.have.property('access_token');
    expect(await grantWith(bare.assertion)).to.include({ error_description: 'jti already in use' });
    const { stdout } = await desk.jwt(['sign', ...flags, '--jti']);
    expect(decodeJwt(stdout.trim()).jti, 'with no word behind it').to.match(UUID);
    expect((await sign('--claim', 'jti=own')).claims['jti']).to.equal('own');
  });

  it('ends when --expires-in says', async () => {
    const { claims } = await sign('--expires-in', '600');
    expect(claims.exp - Math.floor(Date.now() / 1000)).to.be.within(480, 600);
  });

  it('adds claims with their types, which other libraries read alike', async () => {
    const texts = ['n=5', 'on=true', 's="5"', 'text=a b', 'list=["a",{"b":null}]', 'urn:x:y=ü€😀'];
    const { assertion, claims } = await sign(...texts.flatMap((text) => ['--claim', text]));
    expect(claims).to.deep.include({
      ...{ n: 5, on: true, s: '5', text: 'a b', list: ['a', { b: null }] },
      'urn:x:y': 'ü€😀',
    });
    expect(jsonwebtoken.verify(assertion, pair.certificate)).to.deep.equal(claims);
    expect(await grantWith(assertion)).to.have.property('access_token');
  });

  it('takes any text of a claim through the command line', async () => {
    const claim = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    const texts = fc.sample(claim, { numRuns: 40, seed: 7 }).filter((text) => !text.includes('\0'));
    const args = texts.flatMap((text, index) => ['--claim', `c${index}=${JSON.stringify(text)}`]);
    const { assertion } = await sign(...args);
    const { payload } = await jwtVerify(assertion, await importX509(pair.certificate, 'RS256'));
    expect(texts.map((_, index) => payload[`c${index}`])).to.deep.equal(texts);
  });

  describe('names the certificate in the header', () => {
    const fingerprint = (hash: 'sha1' | 'sha256'): string => {
      const printed = tool('openssl', ['x509', '-noout', '-fingerprint', `-${hash}`], pair.certificate);
      return Buffer.from(printed.replace(/^.*=/, '').replaceAll(':', '').trim(), 'hex').toString('base64url');
    };

    it('by the thumbprint that OpenSSL gives, SHA-256 unless it is told otherwise', async function () {
      needs(this, hasOpenssl, 'openssl');
      const [usual, sha1, sha256] = await Promise.all([
        sign('--certificate-file', 'server.crt'),
        sign('-c', 'server.crt', '--thumbprint', 'sha1'),
        sign('-c', 'server.crt', '--thumbprint', 'sha256'),
      ]);
      expect(usual.header).to.deep.equal({ 'alg': 'RS256', 'typ': 'JWT', 'x5t#S256': fingerprint('sha256') });
      expect(sha256.header).to.deep.equal(usual.header);
      expect(decodeProtectedHeader(sha1.assertion)).to.deep.equal({
        alg: 'RS256',
        typ: 'JWT',
        x5t: fingerprint('sha1'),
      });
      const shown = jsonwebtoken.verify(sha1.assertion, pair.certificate, { complete: true });
      expect(shown.header).to.deep.equal(sha1.header);
      expect(await grantWith(sha1.assertion)).to.have.property('access_token');
    });

    it('with all that Microsoft Entra ID asks of a client assertion', async () => {
      const id = '11111111-2222-3333-4444-555555555555';
      const audience = 'https://login.microsoftonline.com/exampleTenantId/oauth2/v2.0/token';
      const { result } = await desk.json<JwtSignResult>([
        ...['sign', '--client-id', id, '--username', id, '--jwt-key-file', 'server.key', '--audience', audience],
        ...['-c', 'server.crt', '--thumbprint', 'sha1', '--jti', '--claim', 'nbf=now', '--claim', 'iat=now'],
      ]);
      const { payload, protectedHeader } = await jwtVerify(
        result.assertion,
        await importX509(pair.certificate, 'RS256'),
        {
          ...{ issuer: id, subject: id, audience, typ: 'JWT', maxTokenAge: '5 minutes' },
          requiredClaims: ['aud', 'exp', 'iss', 'jti', 'nbf', 'sub', 'iat'],
        },
      );
      expect(payload.nbf).to.equal(payload.iat);
      const { fingerprint: sha1 } = new X509Certificate(pair.certificate);
      expect(
        Buffer.from(protectedHeader.x5t ?? '', 'base64url')
          .toString('hex')
          .toUpperCase(),
      ).to.equal(sha1.replaceAll(':', ''));
    });

    it('and refuses one of another key', async () => {
      await desk.workplace.savePair('other', 'other');
      const { status, data } = await desk.json(['sign', ...flags, '-c', 'other.crt']);
      expect([status, data?.code]).to.deep.equal([1, 'key_certificate_mismatch']);
    });

    it('and says on standard error that one has ended', async () => {
      const signer = signerOf(createPrivateKey(pair.key));
      const options = { subject: { commonName: 'old' }, signer, serialNumber: Uint8Array.of(1), days: 1 };
      const notBefore = new Date('2020-01-01T00:00:00Z');
      await desk.workplace.save('old.crt', await selfSignedCertificate({ ...options, notBefore }));
      const { status, stdout, stderr } = await desk.jwt(['sign', ...flags, '-c', 'old.crt']);
      expect(status).to.equal(0);
      expect(stdout).to.match(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      expect(stderr).to.contain('old.crt ended on 2020-01-0');
    });
  });

  describe('makes it out to', () => {
    const audience = async (args: string[], env: Record<string, string> = {}): Promise<string> => {
      const login = replaced(desk.flags, '--instance-url');
      const { result } = await desk.json<JwtSignResult>(['sign', ...login, ...args], { env });
      return result.claims.aud;
    };
    const ROWS: Array<[what: string, args: string[], env: Record<string, string>, audience: string]> = [
      ['production, if nothing says otherwise', [], {}, 'https://login.salesforce.com'],
      [
        'the login host of sandboxes',
        ['-r', 'https://a--b.sandbox.my.salesforce.com'],
        {},
        'https://test.salesforce.com',
      ],
      ['a site', ['-r', 'https://acme.my.site.com/customers/'], {}, 'https://acme.my.site.com/customers'],
      [
        'what the configuration names',
        [],
        { SF_ORG_INSTANCE_URL: 'https://test.salesforce.com' },
        'https://test.salesforce.com',
      ],
      ['SF_AUDIENCE_URL', ['-r', 'https://acme.my.salesforce.com'], { SF_AUDIENCE_URL: 'https://a.b' }, 'https://a.b'],
      ['--audience above all', ['--audience', 'urn:x'], { SF_AUDIENCE_URL: 'https://a.b' }, 'urn:x'],
      ['no empty --audience', ['--audience', ''], {}, 'https://login.salesforce.com'],
    ];
    for (const [what, args, env, expected] of ROWS) {
      it(what, async () => {
        expect(await audience(args, env)).to.equal(expected);
      });
    }
  });

  describe('reads the key', () => {
    const encrypted = (): string =>
      createPrivateKey(pair.key)
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
        .toString();
    const expectAssertion = (stdout: string): void => {
      expect(jsonwebtoken.verify(stdout.trim(), pair.certificate)).to.have.property('sub', CI_USER);
    };

    it('from standard input', async () => {
      const { stdout } = await desk.jwt(['sign', ...replaced(flags, '--jwt-key-file', '-')], { input: pair.key });
      expectAssertion(stdout);
    });

    it('from SF_JWT_KEY, without its line breaks', async () => {
      const env = { SF_JWT_KEY: pair.key.replaceAll('\n', '\\n') };
      expectAssertion((await desk.jwt(['sign', ...replaced(flags, '--jwt-key-file')], { env })).stdout);
    });

    it('from an encrypted file, with the passphrase from the environment or a file, and asks nobody in a pipe', async () => {
      await desk.workplace.save('locked.key', encrypted());
      const args = ['sign', ...replaced(flags, '--jwt-key-file', 'locked.key')];
      expectAssertion((await desk.jwt(args, { env: { SF_JWT_KEY_PASSPHRASE: PASSPHRASE } })).stdout);
      await desk.workplace.save('passphrase.txt', `${PASSPHRASE}\n`);
      expectAssertion((await desk.jwt([...args, '--passphrase-file', 'passphrase.txt'])).stdout);
      const { status, stdout } = await desk.jwt(args);
      expect([status, stdout]).to.deep.equal([1, '']);
      expect((await desk.json(args)).data?.code).to.equal('key_passphrase_missing');
      const wrong = await desk.json(args, { env: { SF_JWT_KEY_PASSPHRASE: 'wrong' } });
      expect(wrong.data?.code).to.equal('key_passphrase_wrong');
    });

    it('but not one whose passphrase would take very long', async function () {
      needs(this, hasOpenssl, 'openssl');
      const many = ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-iter', '6000000', '-passout', `pass:${PASSPHRASE}`];
      await desk.workplace.save('costly.key', tool('openssl', many, pair.key));
      const args = ['sign', ...replaced(flags, '--jwt-key-file', 'costly.key')];
      const refused = await desk.json(args, { env: { SF_JWT_KEY_PASSPHRASE: PASSPHRASE } });
      expect([refused.status, refused.data?.code]).to.deep.equal([1, 'keystore_too_costly']);
    });

    it('and asks a person for its passphrase', async function () {
      needs(this, hasTerminal, 'python3 with pty');
      const { home, cwd } = desk.workplace;
      await desk.workplace.save('locked.key', encrypted());
      const args = ['jwt', 'sign', ...replaced(flags, '--jwt-key-file', 'locked.key')];
      const dialogue = [{ expect: 'Passphrase', type: `${PASSPHRASE}\r` }];
      const { status, stdout } = await runOnTerminal(args, dialogue, { home, cwd });
      expect([status, stdout.includes(PASSPHRASE)]).to.deep.equal([0, false]);
      expectAssertion(/eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(stdout)?.[0] ?? '');
    });
  });

  describe('refuses', () => {
    const REFUSED: Array<[args: string[], code: string]> = [
      [['--claim', 'aud=https://evil.example.com'], 'claim_set_by_flag'],
      [['--claim', 'n=1', '--claim', 'n=2'], 'claim_repeated'],
      [['--jti', '--claim', 'jti=x'], 'claim_set_by_flag'],
      [['--claim', 'n=12345678901234567890'], 'claim_number_inexact'],
      [['-c', 'nowhere.crt'], 'file_missing'],
      [['-c', 'server.key'], 'certificate_is_private_key'],
    ];
    for (const [args, code] of REFUSED) {
      it(`${args.join(' ')} with ${code}`, async () => {
        const { status, data, actions } = await desk.json(['sign', ...flags, ...args]);
        expect([status, data?.code]).to.deep.equal([1, code]);
        expect(actions).to.have.length.above(0);
      });
    }

    it('in one line on standard error, and prints no assertion', async () => {
      const { status, stdout, stderr } = await desk.jwt(['sign', ...flags, '--claim', 'exp=5']);
      expect([status, stdout]).to.deep.equal([1, '']);
      expect(stderr)
        .to.match(/^Error \(ClaimSetByFlagError\): .*"exp".*--expires-in/)
        .and.not.to.match(/\n\s+at /);
    });

    it('a Lightning URL, with the My Domain URL instead', async () => {
      const url = 'https://acme.lightning.force.com/lightning/page/home';
      const { data } = await desk.json(['sign', ...replaced(desk.flags, '--instance-url', url)]);
      expect(data).to.include({ code: 'lightning_url', myDomain: 'https://acme.my.salesforce.com' });
    });

    for (const args of [
      ['--thumbprint', 'sha1'],
      ['-c', 'server.crt', '--thumbprint', 'md5'],
      ['--expires-in', '0'],
      ['--expires-in', '1800000000000'],
    ]) {
      it(`${args.join(' ')} with exit code 2`, async () => {
        expect((await desk.jwt(['sign', ...flags, ...args])).status).to.equal(2);
      });
    }
  });
});
