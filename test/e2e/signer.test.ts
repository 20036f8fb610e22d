import { createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import jsonwebtoken from 'jsonwebtoken';
import type { JwtGrantResult } from '../../src/commands/jwt/grant.js';
import type { JwtDoctorResult } from '../../src/commands/jwt/doctor.js';
import type { JwtListResult } from '../../src/commands/jwt/list.js';
import type { JwtRotateResult } from '../../src/commands/jwt/rotate.js';
import type { JwtRevokeResult } from '../../src/commands/jwt/revoke.js';
import type { JwtKeygenResult } from '../../src/commands/jwt/keygen.js';
import { connected } from '../support/connect.js';
import { entryOf, granted, openWithApp, stateFile } from '../support/grant.js';
import { keeperAt, type Keeper } from '../support/keeper.js';
import { run } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

const RECORD = join('.sf', 'jwt-signers', `${CI_USER}.json`);

describe('--signer', () => {
  let workplace: Workplace;
  let clientId: string;
  let keeper: Keeper;
  let signer: string;
  let describing: string[];

  before(async () => {
    ({ workplace, clientId } = await openWithApp());
    keeper = await keeperAt(workplace);
    await keeper.keep('server');
    await rm(workplace.path('server.key'));
    signer = keeper.uri('server');
    describing = ['--username', CI_USER, '--client-id', clientId, '--instance-url', workplace.org.url];
  });
  after(async () => {
    await workplace.close();
    await rm(keeper.folder, { recursive: true });
  });

  const refused = async (code: string, args: string[], env: Record<string, string> = {}): Promise<Answer<never>> => {
    const before = await workplace.files();
    const answer = await workplace.json<never>(args, { env });
    expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
    expect(answer.actions).not.to.deep.equal([]);
    expect(await workplace.files()).to.deep.equal(before);
    return answer;
  };

  it('connect: proves the login by it', async () => {
    const { users } = await connected(workplace, ['--name', 'Signed', '--signer', signer, '--username', CI_USER]);
    expect(users).to.containSubset([{ username: CI_USER, verified: true }]);
    const { stdout } = await workplace.jwt(
      [
        ...['connect', '--target-org', 'my-admin-org', '--certificate-file', 'server.crt', '--name', 'Signed'],
        ...['--username', CI_USER],
      ],
      { env: { SF_JWT_SIGNER: signer } },
    );
    expect(stdout).to.contain(`--signer '${signer}'`);
  });

  it('grant: stores the session and the URI, and says when it ends', async () => {
    const start = Date.now();
    const result = await granted(workplace, [...describing, '--signer', signer, '--alias', 'ci', '-c', 'server.crt']);
    expect(result).to.include({ keyStorage: 'none', signer, username: CI_USER });
    expect(Date.parse(result.sessionEndsBy!)).to.be.within(start + 86_400_000, Date.now() + 86_400_000);
    expect(await entryOf(workplace.home)).not.to.have.property('privateKey');
    const record = await stateFile(workplace.home, RECORD);
    expect(record).to.include({ uri: signer, clientId, orgId: workplace.org.orgId });
    expect(Object.keys(record!)).to.have.members(['uri', 'publicKey', 'clientId', 'orgId', 'loggedInAt']);
  });

  it('grant --target-org: makes a new login of what is stored, whatever the environment says', async () => {
    const { accessToken: before } = await entryOf(workplace.home);
    const env = { SF_JWT_KEY: 'nonsense', SF_JWT_SIGNER: 'exec:/nowhere' };
    const { stdout, status, stderr } = await workplace.jwt(['grant', '--target-org', 'ci'], { env });
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain(signer).and.to.contain('sf jwt grant --target-org ci');
    expect((await entryOf(workplace.home))['accessToken']).not.to.equal(before);
    const again = await workplace.json<JwtGrantResult>(['grant', '--target-org', CI_USER]);
    expect(again.result).to.include({ signer, keyStorage: 'none' });
  });

  it('token and sign: with the stored login alone', async () => {
    const { home, cwd } = workplace;
    const env = { SF_JWT_KEY: 'nonsense' };
    const token = await run(['jwt', 'token', '--username', 'ci'], { home, cwd, env });
    expect(workplace.org.data.sessions.has(token.stdout.trim()), token.stderr).to.equal(true);
    const { stdout } = await run(['jwt', 'sign', '--username', CI_USER], { home, cwd, env });
    const key = createPublicKey((await pairOf('server')).certificate);
    const verified = jsonwebtoken.verify(stdout.trim(), key, { algorithms: ['RS256'] });
    expect(verified).to.include({ iss: clientId, sub: CI_USER });
  });

  it('keygen: makes the certificate and the request, and no key', async () => {
    await keeper.keep('other');
    const other = keeper.uri('other');
    const answer = await workplace.json<JwtKeygenResult>(['keygen', '--name', 'made', '--signer', other, '--csr']);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expectSchema('jwt-keygen', answer.result);
    expect(answer.result).to.include({ signer: other, encrypted: false, keySize: 2048, subject: 'CN=made' });
    expect(answer.result).not.to.have.property('privateKeyFile');
    const { publicKey } = new X509Certificate(await readFile(answer.result.certificateFile));
    expect(publicKey.equals(createPublicKey((await pairOf('other')).key))).to.equal(true);
    const written = (await readdir(workplace.cwd)).filter((name) => name.startsWith('made'));
    expect(written.sort()).to.deep.equal(['made.crt', 'made.csr']);
    const env = { SF_JWT_SIGNER: other, SF_JWT_KEY: 'of no concern' };
    const { stdout, status } = await workplace.jwt(['keygen', '--name', 'made', '--overwrite'], { env });
    expect(status).to.equal(0);
    expect(stdout)
      .to.contain(other)
      .and.to.match(/jwt connect .* --signer /);
  });

  it('fleet grant: by the column of an orgs file, and fleet doctor of what is stored', async () => {
    const header = 'username,client-id,instance-url,signer';
    await workplace.save('orgs.csv', `${header}\n${CI_USER},${clientId},${workplace.org.url},${signer}\n`);
    const { status, result } = await workplace.json<{ granted: unknown[] }>(['fleet', 'grant', '-x', 'orgs.csv']);
    expect(status, JSON.stringify(result)).to.equal(0);
    expect(await stateFile(workplace.home, RECORD)).to.include({ uri: signer });
    const resumed = await workplace.json<{ skipped: unknown[] }>(['fleet', 'grant', '-x', 'orgs.csv', '--resume']);
    expect(resumed.result.skipped).to.have.lengthOf(1);
    await workplace.save('stored.csv', `username\n${CI_USER}\n`);
    const doctor = await workplace.jwt(['fleet', 'doctor', '-x', 'stored.csv']);
    expect(doctor.status, doctor.stdout).to.equal(0);
  });

  it('doctor: tells what the signer does, and what keeps it from that', async () => {
    const doctor = ['doctor', '--username', 'ci', '-c', 'server.crt'];
    const well = await workplace.json<JwtDoctorResult>(doctor);
    const codes = well.result.findings.map(({ code }) => code);
    expect(codes, JSON.stringify(well)).to.include.members(['signer_usable', 'key_of_certificate', 'login_works']);
    expect(well.result.findings.find(({ code }) => code === 'signer_usable')?.message).to.contain(signer);
    await keeper.keep('other');
    const cases: Array<[uri: string, finding: string]> = [
      [keeper.uri('nothing'), 'signer_failed'],
      [keeper.uri('other'), 'key_not_of_certificate'],
    ];
    for (const [uri, finding] of cases) {
      const { result, status } = await workplace.json<JwtDoctorResult>([...doctor, '--signer', uri]);
      expect([status, result.findings.map(({ code }) => code).includes(finding)], finding).to.deep.equal([1, true]);
    }
    await writeFile(join(keeper.folder, 'server.locked'), '');
    const locked = await workplace.json<JwtDoctorResult>(doctor);
    await rm(join(keeper.folder, 'server.locked'));
    expect(locked.result.findings[0]).to.deep.include({ code: 'signer_failed', severity: 'error' });
    expect(locked.result.findings[0]?.message).to.contain('the card is locked');
  });

  it('list: shows the signer and the end of its session, and tries it', async () => {
    const asked = join(keeper.folder, 'asked');
    await rm(asked);
    const { result } = await workplace.json<JwtListResult>(['list']);
    expectSchema('jwt-list', result);
    const login = result.logins.find(({ username }) => username === CI_USER);
    const { loggedInAt } = (await stateFile(workplace.home, RECORD)) as { loggedInAt: string };
    const sessionEndsBy = new Date(Date.parse(loggedInAt) + 86_400_000).toISOString();
    expect(login).to.deep.include({ signer: { uri: signer, sessionEndsBy } });
    // The certificate was kept by grant, and the key is known by what is stored.
    expect(login?.certificate).to.include({ matchesKey: true });
    const { stdout } = await workplace.jwt(['list', '--verbose']);
    expect(stdout).to.contain('jwt grant --target-org ci').and.to.contain(sessionEndsBy.slice(0, 10));
    expect(existsSync(asked), 'whether the keeper was asked').to.equal(false);
    const tried = await workplace.json<JwtListResult>(['list', '--check']);
    expect(tried.result.logins.map((each) => each.login)).to.deep.equal(['works']);
    expect(await readFile(asked, 'utf8')).to.equal('server public-key\nserver sign\n');
  });

  describe('is refused', () => {
    it('by keygen with what is of a key that it would make, or where one lies', async () => {
      const keygen = ['keygen', '--name', 'refused', '--signer', signer];
      await refused('signer_flag_unsuited', [...keygen, '--encrypt']);
      await refused('signer_flag_unsuited', [...keygen, '--key-size', '3072']);
      await refused('signer_cannot_create', [...keygen, '--create', '--key-size', '3072']);
      await refused('signer_failed', ['keygen', '--name', 'refused', '--signer', keeper.uri('nothing')]);
      await workplace.save('refused.key', 'somebody’s');
      await refused('file_exists', keygen);
    });

    it('beside a key, by flag or environment', async () => {
      const grant = ['grant', ...describing];
      const both = await refused('signer_and_key', [...grant, '--signer', signer, '--jwt-key-file', 'server.key']);
      expect([both.status, both.message]).to.deep.equal([
        2,
        '--signer and --jwt-key-file each name a key, and only one can sign.',
      ]);
      await refused('signer_and_key', [...grant, '--signer', signer], { SF_JWT_KEY: 'x' });
      await refused('signer_and_key', [...grant, '--jwt-key-file', 'server.key'], { SF_JWT_SIGNER: signer });
      await refused('signer_and_key', grant, { SF_JWT_SIGNER: signer, SF_JWT_KEY: 'x' });
    });

    it('where the jobs of a CI would have to get to it', async () => {
      const setup = ['setup', '--target-org', 'my-admin-org', '--username', CI_USER, '--no-prompt'];
      const github = ['--for', 'github', '--repository', 'acme/app'];
      await refused('snippet_signer_local', [...setup, ...github, '--signer', signer]);
    });

    it('to be stored as a key', async () => {
      for (const storage of ['path', 'copy'])
        await refused('key_storage_signer', ['grant', ...describing, '--signer', signer, '--key-storage', storage]);
    });

    it('without a key, with one that does not sign, and as no URI', async () => {
      const grant = (uri: string): string[] => ['grant', ...describing, '--signer', uri];
      const { message } = await refused('signer_failed', grant(keeper.uri('nothing')));
      expect(message).to.contain('no key nothing here');
      await writeFile(join(keeper.folder, 'server.locked'), '');
      expect((await refused('signer_failed', grant(signer))).message).to.contain('the card is locked');
      await rm(join(keeper.folder, 'server.locked'));
      await refused('signer_scheme_unknown', grant('kms:what'));
      await refused('signer_program_missing', grant('exec:no-such-program'));
    });

    it('for a certificate of another key', async () => {
      await keeper.keep('other');
      const other = keeper.uri('other');
      await refused('key_certificate_mismatch', ['grant', ...describing, '--signer', other, '-c', 'server.crt']);
      await refused('key_certificate_mismatch', ['sign', ...describing, '--signer', other, '-c', 'server.crt']);
    });
  });

  it('rotate: gives a login by a signer a key file, proven by both keys', async () => {
    await keeper.keep('kept');
    const { certificate } = await pairOf('kept');
    const app = { name: 'Kept', certificate, adminApproved: true, permissionSets: ['Ci'] };
    const kept = workplace.org.setup.createExternalClientApp(app);
    const flags = ['--username', CI_USER, '--client-id', kept, '--instance-url', workplace.org.url];
    const granted = await workplace.json(['grant', ...flags, '--signer', keeper.uri('kept'), '--alias', 'ci']);
    expect(granted.status).to.equal(0);
    const { result, status } = await workplace.json<JwtRotateResult>([
      ...['rotate', '--target-org', 'my-admin-org', '--name', 'Kept', '--username', CI_USER],
    ]);
    expect([status, result.status, result.previous.privateKeyFile]).to.deep.equal([0, 'rotated', null]);
    expect(result.logins).to.containSubset([{ username: CI_USER }]);
    expect(await entryOf(workplace.home)).to.include({ privateKey: result.issued?.privateKeyFile });
    expect(await stateFile(workplace.home, RECORD)).to.equal(undefined);
    const again = await workplace.json<JwtGrantResult>(['grant', '--target-org', 'ci', '--signer', keeper.uri('kept')]);
    expect(again.data?.code, 'the key before').to.equal('signature_mismatch');
    const back = ['grant', ...describing, '--signer', signer, '--alias', 'ci', '-c', 'server.crt'];
    expect((await workplace.json(back)).status).to.equal(0);
  });

  it('snippet: has no secret to print of it', async () => {
    const { home, cwd } = workplace;
    const printed = await run(['jwt', 'snippet', '--secret-value', '--target-org', 'ci'], { home, cwd });
    expect([printed.status, printed.stdout]).to.deep.equal([1, '']);
    expect(printed.stderr).to.contain('A key that a signer keeps can');
  });

  it('revoke: leaves nothing of it here', async () => {
    const { result } = await workplace.json<JwtRevokeResult>(['revoke', '--target-org', 'ci', '--no-prompt']);
    expect(result.logins).to.containSubset([{ username: CI_USER, removed: true, token: 'revoked', signer }]);
    expect(await stateFile(workplace.home, RECORD)).to.equal(undefined);
    const { data } = await workplace.json<never>(['grant', '--target-org', 'ci']);
    expect(data?.code).to.equal('named_org_not_found');
  });
});
