import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { readPrivateKey, formatPrivateKey } from '../../src/keys/credential/private-key.js';
import { CONNECT, connected, deployRequests, refusal, refused, tokenRequests } from '../support/connect.js';
import { unusableCertificates } from '../support/unusable-certificates.js';
import { ADMIN_ALIAS, pairOf, Workplace } from '../support/workplace.js';

const PASSPHRASE = 'c0rrect-horse-battery';

describe('sf jwt connect, given what it cannot use', () => {
  let workplace: Workplace;
  before(async () => {
    workplace = await Workplace.open();
  });
  after(() => workplace.close());
  beforeEach(() => workplace.savePair('server'));
  afterEach(() => {
    expect(workplace.org.requests.map(({ path }) => path)).to.deep.equal([]);
  });

  describe('for a certificate', () => {
    let certificates: Record<string, string | Buffer>;
    before(async () => {
      certificates = await unusableCertificates((await pairOf()).certificate);
    });

    for (const code of [
      'certificate_is_private_key',
      'certificate_is_public_key',
      'certificate_expired',
      'certificate_not_yet_valid',
      'certificate_too_small',
      'certificate_not_rsa',
      'certificate_not_pem',
      'certificate_damaged',
      'certificate_too_large',
      'certificate_empty',
    ]) {
      it(`says ${code}, and asks the org nothing`, async () => {
        await workplace.save('server.crt', certificates[code] ?? '');
        const { message } = await refusal(workplace, code, []);
        expect(message).to.contain('server.crt');
      });
    }

    it('says that the file is missing or a directory', async () => {
      await rm(workplace.path('server.crt'));
      await refused(workplace, 'file_missing', []);
      const answer = await workplace.json(['connect', '-o', ADMIN_ALIAS, '-c', '.']);
      expect(answer.data).to.deep.include({ code: 'file_is_directory', path: '.' });
    });
  });

  describe('for a key', () => {
    it("says that it is another certificate's, wherever it comes from", async () => {
      const other = await workplace.savePair('other', 'other');
      const given = await refused(workplace, 'key_certificate_mismatch', ['--jwt-key-file', 'other.key']);
      expect(given.data).to.include({ keyPath: workplace.path('other.key'), certificatePath: 'server.crt' });
      const inherited = await refusal(workplace, 'key_certificate_mismatch', [], { env: { SF_JWT_KEY: other.key } });
      expect(inherited.data).to.include({ keyPath: 'SF_JWT_KEY' });
      await workplace.save('server.key', other.key);
      const beside = await refusal(workplace, 'key_certificate_mismatch', []);
      expect(beside.data).to.include({ keyPath: workplace.path('server.key') });
    });

    it('says that it is missing, or a certificate, or no key at all', async () => {
      await refusal(workplace, 'file_missing', ['--jwt-key-file', 'none.key']);
      await refusal(workplace, 'key_is_certificate', ['--jwt-key-file', 'server.crt']);
      await refusal(workplace, 'key_unrecognized', [], { env: { SF_JWT_KEY: 'not a key' } });
    });

    it('says that the one beside the certificate is encrypted and no passphrase is at hand', async () => {
      const { key } = await pairOf();
      const passphrase = Buffer.from(PASSPHRASE);
      const encrypted = formatPrivateKey(readPrivateKey(key, { source: 'key' }), passphrase);
      workplace.secrets.push(PASSPHRASE);
      await workplace.save('server.key', encrypted);
      await refused(workplace, 'key_passphrase_missing', []);
      await refusal(workplace, 'key_passphrase_wrong', [], { env: { SF_JWT_KEY_PASSPHRASE: 'wrong' } });
    });
  });

  it('refuses a name that is no API name, when the org has said that no app has it for its label', async () => {
    await refused(workplace, 'app_name_illegal', ['--name', 'My App']);
    expect(workplace.org.requests.splice(0).filter(({ path }) => !path.startsWith('/services/Soap/m/'))).to.deep.equal(
      [],
    );
  });

  it('refuses a scope that nobody knows, and an API version from before External Client Apps', async () => {
    await refusal(workplace, 'scope_unknown', ['--scope', 'everything']);
    const { data } = await refused(workplace, 'api_version_too_old', ['--api-version', '61.0']);
    expect(data).to.deep.include({ version: '61.0', oldest: '62.0' });
  });
});

describe('sf jwt connect, given too little for a login', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  it('refuses scopes with which nobody can log in, before anything is sent', async () => {
    await refused(workplace, 'scopes_insufficient', ['--scope', 'api']);
    const { data } = await refused(workplace, 'scopes_insufficient', [
      '--scope',
      'refresh_token',
      '--scope',
      'offline_access',
    ]);
    expect(data?.['scopes']).to.equal('RefreshToken');
    expect(deployRequests(workplace.org)).to.equal(0);
  });

  it('refuses an org of an older release', async () => {
    await workplace.close();
    workplace = await Workplace.open({ switches: { maxApiVersion: 61 } });
    await refused(workplace, 'api_version_too_old', []);
    expect(deployRequests(workplace.org)).to.equal(0);
  });
});

describe('sf jwt connect, given a key', () => {
  let workplace: Workplace;
  before(async () => {
    workplace = await Workplace.open();
  });
  after(() => workplace.close());
  beforeEach(() => workplace.savePair('server'));

  const verified = async (args: string[], options: Parameters<typeof connected>[2] = {}): Promise<boolean | null> =>
    (await connected(workplace, args, options)).users[0]?.verified ?? null;

  it('from --jwt-key-file, from standard input and from SF_JWT_KEY, proves the work with it', async () => {
    const { key } = await pairOf();
    await rm(workplace.path('server.key'));
    await workplace.save('elsewhere.pem', key);
    expect(await verified(['--jwt-key-file', 'elsewhere.pem'])).to.equal(true);
    expect(await verified(['--jwt-key-file', '-'], { input: key })).to.equal(true);
    expect(await verified([], { env: { SF_JWT_KEY: Buffer.from(key).toString('base64') } })).to.equal(true);
  });

  it('that is encrypted, decrypts it with the passphrase from the environment or a file', async () => {
    const passphrase = Buffer.from(PASSPHRASE);
    const { key } = await pairOf();
    workplace.secrets.push(PASSPHRASE);
    await workplace.save('server.key', formatPrivateKey(readPrivateKey(key, { source: 'key' }), passphrase));
    await workplace.save('passphrase', `${PASSPHRASE}\n`);
    expect(await verified([], { env: { SF_JWT_KEY_PASSPHRASE: PASSPHRASE } })).to.equal(true);
    expect(await verified(['--passphrase-file', 'passphrase'])).to.equal(true);
  });

  it('or none, says that nothing was proven, and where the key has to be', async () => {
    await rm(workplace.path('server.key'));
    const tokens = tokenRequests(workplace.org);
    expect(await verified([])).to.equal(null);
    const { status, stdout } = await workplace.jwt([...CONNECT, '--label', 'Other']);
    expect(status).to.equal(0);
    expect(stdout).to.contain('Updated the app JwtBearer. No private key was at hand, so no login was tried.');
    expect(stdout)
      .to.match(/│ not tried +│/)
      .and.to.contain('--jwt-key-file server.key');
    expect(tokenRequests(workplace.org)).to.equal(tokens);
  });
});
