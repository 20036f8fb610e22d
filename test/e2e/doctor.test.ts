import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { codesOf, doctor, doctorWords, expectOnlyReading, healthyApp, storeLogin } from '../support/doctor.js';
import { ADMIN_ALIAS, CI_USER, pairOf, Workplace } from '../support/workplace.js';

describe('jwt doctor', () => {
  let workplace: Workplace;

  beforeEach(async () => {
    workplace = await Workplace.open();
  });

  afterEach(() => workplace.close());

  describe('when the login works', () => {
    for (const type of ['ExternalClientApp', 'ConnectedApp'] as const) {
      it(`says so, with an ${type} and an admin's view`, async () => {
        const clientId = healthyApp(workplace, {}, type);
        const before = await workplace.files();
        const asked = workplace.org.requests.length;
        const found = await doctor(workplace, clientId, {
          args: ['--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt'],
        });
        expect(found.result.ok, JSON.stringify(found.result, null, 1)).to.equal(true);
        expect(codesOf(found)).to.have.members([
          'key_in_temporary_folder',
          'login_works',
          'key_usable',
          'certificate_usable',
          'key_of_certificate',
          'app_found',
          'app_certificate_matches',
          'clock_right',
          'user_preauthorized',
        ]);
        expect(await workplace.files()).to.deep.equal(before);
        expectOnlyReading(workplace, asked);
      });
    }

    it('prints a line for each finding, the fix below it, and a verdict at the end', async () => {
      const clientId = healthyApp(workplace);
      await chmod(workplace.path('server.key'), 0o644);
      const { stdout, status } = await workplace.jwt(doctorWords(workplace, clientId));
      expect(status).to.equal(0);
      const lines = stdout.trimEnd().split('\n');
      expect(lines[0]).to.match(/^! warning {2}The private key at .+ can be read by other users/);
      expect(lines[1]).to.equal(`           chmod 600 ${workplace.path('server.key')}`);
      expect(lines.find((line) => line.startsWith('✓ ok'))).to.contain('can log in at');
      expect(lines.at(-1)).to.equal(`The login of ${CI_USER} works, with warnings.`);
    });

    it('warns of a stored key that is gone, of an encrypted key, of JWT access tokens', async () => {
      const clientId = healthyApp(workplace);
      await storeLogin(workplace, join(workplace.cwd, 'deleted.key'));
      const { createPrivateKey } = await import('node:crypto');
      const encrypted = createPrivateKey(await readFile(workplace.path('server.key'), 'utf8'))
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
        .toString();
      await workplace.save('encrypted.key', encrypted);
      const global = workplace.org.apps[0]?.components.find(({ type }) => type === 'ExtlClntAppGlobalOauthSettings');
      Object.assign(global?.fields ?? {}, { isNamedUserJwtEnabled: 'true' });
      const found = await doctor(workplace, clientId, {
        args: ['--jwt-key-file', 'encrypted.key', '--target-org', ADMIN_ALIAS],
        env: { SF_JWT_KEY_PASSPHRASE: 'open sesame' },
      });
      expect(found.result.ok).to.equal(true);
      expect(codesOf(found)).to.include.members(['stored_key_missing', 'key_encrypted', 'app_issues_jwt_tokens']);
    });

    it('takes the key from standard input and from the environment', async () => {
      const clientId = healthyApp(workplace);
      const key = await readFile(workplace.path('server.key'), 'utf8');
      const [stdin, variable] = await Promise.all([
        doctor(workplace, clientId, { args: ['--jwt-key-file', '-'], input: key }),
        doctor(workplace, clientId, { args: ['no--jwt-key-file'], env: { SF_JWT_KEY: key } }),
      ]);
      expect([stdin.result.ok, variable.result.ok]).to.deep.equal([true, true]);
    });
  });

  it('ends with a verdict, and says who could see more', async () => {
    const { stdout, status } = await workplace.jwt(doctorWords(workplace, '3MVG9someOtherClientId'));
    expect(status).to.equal(1);
    const [first = '', ...lines] = stdout.trimEnd().split('\n');
    expect(first)
      .to.match(/^✗ error {4}/)
      .and.to.contain('client identifier invalid');
    expect(lines.at(-2)).to.contain('--target-org');
    expect(lines.at(-1)).to.contain(`The login of ${CI_USER} doesn't work.`);
  });

  it('says that a login in a browser took the place of a JWT login', async () => {
    const clientId = healthyApp(workplace);
    await storeLogin(workplace, workplace.path('server.key'));
    const entry = join(workplace.home, '.sfdx', `${CI_USER}.json`);
    const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
    const web = { ...fields, refreshToken: '5Aep', privateKey: undefined, clientId: 'PlatformCLI' };
    await writeFile(entry, JSON.stringify(web));
    const found = await doctor(workplace, clientId, {});
    expect(codesOf(found)).to.include.members(['jwt_login_replaced', 'login_works']);
    const { fix } = found.result.findings.find(({ code }) => code === 'jwt_login_replaced') ?? {};
    expect(fix).to.contain('sf jwt grant');
  });

  it('finds that no file is at a word, and repeats it nowhere', async () => {
    const clientId = healthyApp(workplace);
    for (const flag of ['--jwt-key-file', '--certificate-file']) {
      const words = doctorWords(workplace, clientId, { args: [flag, 'correcthorse'] });
      const { json, stdout, stderr, status } = await workplace.jwt([...words, '--json']);
      // A certificate plays no part in a login.
      expect(status).to.equal(flag === '--jwt-key-file' ? 1 : 0);
      const { findings } = (json as { result: { findings: Array<{ code: string; message: string }> } }).result;
      expect(findings.find(({ code }) => code === 'file_missing')?.message).to.contain(flag);
      expect(stdout + stderr).not.to.contain('correcthorse');
      const shown = await workplace.jwt(words);
      expect(shown.stdout + shown.stderr).not.to.contain('correcthorse');
    }
    const secret = await workplace.json(
      doctorWords(workplace, clientId, { args: ['--jwt-key-file', (await pairOf()).key] }),
    );
    expect(secret.data?.code).to.equal('value_is_private_key');
  });

  it('refuses a target org that is not stored, as every command does', async () => {
    const answer = await workplace.json(
      doctorWords(workplace, '3MVG9x', { args: ['--target-org', 'nobody@example.com'] }),
    );
    expect(answer.name).to.equal('NamedOrgNotFoundError');
    expect(answer.data).to.include({ code: 'named_org_not_found', org: 'nobody@example.com' });
    expect(answer.actions?.[0]).to.contain('sf org list');
    expect(answer.status).to.equal(1);
  });
});
