import { createPrivateKey } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { connected, deployRequests, fieldsOf, stateOf, tokenRequests } from '../support/connect.js';
import { entryOf, granted } from '../support/grant.js';
import { hasBash } from '../support/plugin.js';
import { expectLoginWorks, openInUse, pairsIn, recordsIn, ROTATE, rotated } from '../support/rotate.js';
import { editEntry } from '../support/stored.js';
import { needs } from '../support/tools.js';
import { ADMIN, CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const OTHERS = ['copy@acme.example.com', 'stranger@acme.example.com'];
const GLOBAL = 'ExtlClntAppGlobalOauthSettings';

describe('sf jwt rotate', () => {
  let workplace: Workplace;
  let clientId: string;
  let login: string[];
  afterEach(() => workplace.close());

  describe('for an External Client App', () => {
    beforeEach(async () => {
      ({ workplace, clientId, login } = await openInUse({
        users: [CI_USER, ...OTHERS].map((username) => ({ username })),
      }));
    });

    it('gives it a new certificate under the same client id, and this machine the new key', async () => {
      const before = { settings: fieldsOf(workplace.org, GLOBAL), deployments: deployRequests(workplace.org) };
      const oldKey = readFileSync(workplace.path('server.key'), 'utf8');
      const result = await rotated(workplace);
      const { fingerprint256 } = await pairOf();
      expect(result).to.deep.include({ clientId, status: 'rotated', username: CI_USER, resumed: false, dryRun: false });
      expect(result.previous).to.deep.include({ fingerprint256, privateKeyFile: workplace.path('server.key') });
      expect(result.logins).to.deep.equal([
        { username: CI_USER, aliases: ['ci'], keyStorage: 'path', switched: true, verified: true },
      ]);
      expect(result.gapSeconds).to.be.within(0.1, 300);

      const { privateKeyFile, certificateFile } = result.issued!;
      expect(privateKeyFile).to.match(/work\/server-\d{8}\.key$/);
      expect(statSync(privateKeyFile).mode & 0o777).to.equal(0o600);
      expect(readFileSync(workplace.path('server.key'), 'utf8')).to.equal(oldKey);

      const { certificate, ...settings } = fieldsOf(workplace.org, GLOBAL);
      expect(certificate).to.equal(readFileSync(certificateFile, 'utf8').trim());
      expect({ ...settings, certificate: before.settings['certificate'] }).to.deep.equal(before.settings);
      expect(deployRequests(workplace.org) - before.deployments).to.equal(1);
      expect(workplace.org.apps).to.have.lengthOf(1);

      expect((await entryOf(workplace.home))['privateKey']).to.equal(privateKeyFile);
      await expectLoginWorks(workplace, login);
      const { data } = await workplace.json(['grant', ...login, '--jwt-key-file', 'server.key']);
      expect(data?.code).to.equal('signature_mismatch');
      expect(recordsIn(workplace)).to.deep.equal([]);
    });

    it('deploys the certificate alone', async () => {
      await rotated(workplace);
      const [request] = workplace.org.requestsTo(/\/metadata\/deployRequest$/, 'POST').slice(-1);
      const files = [...(request?.body ?? '').matchAll(/\w+\/\w+\.ecaGlblOauth|\w+\/\w+\.\w+/g)].map(([name]) => name);
      expect([...new Set(files)]).to.deep.equal(['extlClntAppGlobalOauthSets/JwtBearer_glbloauth.ecaGlblOauth']);
    });

    it('tells a person before, what the gap was after, and what is left to do elsewhere', async () => {
      const { status, stdout, stderr } = await workplace.jwt(ROTATE);
      expect(status, stderr).to.equal(0);
      expect(stderr.replace(/\s+/g, ' ')).to.contain('logins with the old key fail, on every machine');
      expect(stdout).to.match(/No key could log in for \d+\.\d seconds at most/);
      expect(stdout).to.match(/^ {2}GitHub {2}gh secret set SF_JWT_KEY < \S+server-\d{8}\.key$/m);
      expect(stdout).to.contain((await pairOf()).fingerprint256);
      expect(stdout).to.match(new RegExp(`${CI_USER} \\(ci\\).*new file.*works`));
    });

    it('a second time on the same day, and from the key that the first one made', async () => {
      const first = await rotated(workplace);
      const second = await rotated(workplace);
      expect(second.previous.fingerprint256).to.equal(first.issued?.fingerprint256);
      expect(pairsIn(workplace)).to.have.lengthOf(3);
      expect(second.issued?.privateKeyFile).to.match(/server-\d{8}-2\.key$/);
      await expectLoginWorks(workplace, login);
    });

    it('as keygen would make the pair: its flags, where and how', async () => {
      mkdirSync(workplace.path('keys'));
      const flags = ['--output-dir', 'keys', '--key-size', '3072', '--days', '20', '--common-name', 'ci.acme.example'];
      const { issued } = await rotated(workplace, flags);
      expect(issued?.privateKeyFile).to.match(/work\/keys\/server-\d{8}\.key$/);
      const days = (Date.parse(issued!.notAfter) - Date.now()) / 86_400_000;
      expect(days).to.be.within(19.9, 20);
      const { X509Certificate } = await import('node:crypto');
      const certificate = new X509Certificate(readFileSync(issued!.certificateFile));
      expect(certificate.subject).to.equal('CN=ci.acme.example');
      expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).to.equal(3072);
    });

    it('from a key whose file has a name that no new file can have, or no common name', async () => {
      for (const [name, expected] of [
        ['prod:server', /work\/JwtBearer-\d{8}\.key$/],
        ['k'.repeat(70), /work\/k{70}-\d{8}\.key$/],
      ] as const) {
        renameSync((await entryOf(workplace.home))['privateKey'] as string, workplace.path(`${name}.key`));
        await editEntry(workplace.home, { privateKey: workplace.path(`${name}.key`) });
        const { issued } = await rotated(workplace);
        expect(issued?.privateKeyFile).to.match(expected);
        await expectLoginWorks(workplace, login);
      }
    });

    it('waits while the new certificate makes its way through the org', async () => {
      workplace.org.switches.propagationMs = 5_000;
      const before = tokenRequests(workplace.org);
      const { gapSeconds } = await rotated(workplace);
      expect(gapSeconds).to.be.above(4.5);
      expect(tokenRequests(workplace.org) - before).to.be.within(3, 9);
    });

    it('asks again when the new key’s first login gets no answer', async () => {
      let tokens = 0;
      const token = /oauth2\/token$/;
      // The first login is that of the old key.
      workplace.org.faults.add({ match: ({ path }) => token.test(path) && ++tokens === 2, drop: 'before' });
      expect((await rotated(workplace)).status).to.equal('rotated');
      await expectLoginWorks(workplace, login);
    });

    it('switches every login of the app in this org: files, copies, and no other', async () => {
      const { url } = workplace.org;
      const others = OTHERS;
      await connected(
        workplace,
        others.flatMap((username) => ['--username', username]),
      );
      const flags = (username: string): string[] => [
        '--username',
        username,
        '--client-id',
        clientId,
        '--instance-url',
        url,
        '--jwt-key-file',
      ];
      await granted(workplace, [...flags(others[0]!), 'server.key', '--key-storage', 'copy']);
      await granted(workplace, [...flags(others[1]!), 'server.key']);
      // somebody else's key, which never was the app's
      const { key } = await pairOf('stranger');
      await workplace.save('stranger.key', key);
      const entry = join(workplace.home, '.sfdx', `${others[1]}.json`);
      const stored = JSON.parse(readFileSync(entry, 'utf8')) as object;
      await workplace.save(
        `../.sfdx/${others[1]}.json`,
        JSON.stringify({ ...stored, privateKey: workplace.path('stranger.key') }),
      );

      const { logins, issued } = await rotated(workplace);
      expect(logins.map(({ username, keyStorage, verified }) => [username, keyStorage, verified])).to.have.deep.members(
        [
          [CI_USER, 'path', true],
          [others[0], 'copy', true],
        ],
      );
      const copy = (await entryOf(workplace.home, others[0]))['privateKey'] as string;
      expect(copy).to.contain('jwt-keys');
      expect(readFileSync(copy, 'utf8')).to.equal(readFileSync(issued!.privateKeyFile, 'utf8'));
      expect((await entryOf(workplace.home, others[1]))['privateKey']).to.equal(workplace.path('stranger.key'));
    });

    it('ends with 68 when a login on this machine fails, and gives it the new key all the same', async () => {
      await connected(workplace, ['--username', ADMIN]);
      workplace.org.setup.changeUser(CI_USER, { active: false });
      const args = ['--username', ADMIN, '--jwt-key-file', 'server.key'];
      const answer = await workplace.json<{ logins: unknown[]; issued: { privateKeyFile: string } }>([
        ...ROTATE.slice(0, 3),
        ...args,
      ]);
      expect(answer.status, JSON.stringify(answer)).to.equal(68);
      expect(answer.result.logins).to.deep.equal([
        {
          username: CI_USER,
          aliases: ['ci'],
          keyStorage: 'path',
          switched: true,
          verified: false,
          error: 'invalid_grant: inactive user',
        },
      ]);
      expect(answer.warnings?.join()).to.match(
        /sf jwt doctor --username \S+ --client-id \S+ --jwt-key-file \S+ --instance-url http\S+$/,
      );
      expect((await entryOf(workplace.home))['privateKey']).to.equal(answer.result.issued.privateKeyFile);
    });

    it('takes the key from the environment; the new pair is then named after the app', async () => {
      const { key } = await pairOf();
      const { previous, issued } = await rotated(workplace, [], { env: { SF_JWT_KEY: key } });
      expect(previous.privateKeyFile).to.equal(null);
      expect(issued?.privateKeyFile).to.match(/work\/JwtBearer-\d{8}\.key$/);
    });
  });

  it('makes an encrypted key where the login has a copy, which sf can read', async () => {
    ({ workplace, login } = await openInUse({}, ['--key-storage', 'copy']));
    const env = { SF_JWT_KEY_PASSPHRASE: 'correct horse' };
    const { issued, logins } = await rotated(workplace, ['--encrypt'], { env });
    expect(readFileSync(issued!.privateKeyFile, 'utf8')).to.contain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(logins[0]).to.deep.include({ keyStorage: 'copy', switched: true, verified: true });
    await expectLoginWorks(workplace, login);
  });

  it('reads the passphrase of both the old key and the new one from one pipe', async function () {
    needs(this, hasBash, 'bash');
    ({ workplace, login } = await openInUse({}, ['--key-storage', 'copy']));
    const secret = 'correct horse';
    const key = createPrivateKey((await pairOf()).key);
    const pem = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: secret }).toString();
    await workplace.save('encrypted.key', pem);
    const pipe = { flag: '--passphrase-file', text: secret };
    const { issued, logins } = await rotated(workplace, ['--jwt-key-file', 'encrypted.key', '--encrypt'], { pipe });
    expect(readFileSync(issued!.privateKeyFile, 'utf8')).to.contain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(logins[0]).to.deep.include({ keyStorage: 'copy', switched: true, verified: true });
    await expectLoginWorks(workplace, login);
  });

  it('for a Connected App, which keeps everything else', async () => {
    ({ workplace } = await openInUse());
    const { setup } = workplace.org;
    setup.createPermissionSet('Old');
    const { certificate } = await pairOf();
    const consumer = setup.createConnectedApp({
      name: 'OldApp',
      certificate,
      adminApproved: true,
      permissionSets: ['Old'],
    });
    setup.assignPermissionSet(CI_USER, 'Old');
    const before = fieldsOf(workplace.org, 'ConnectedApp');
    const result = await rotated(workplace, ['--name', 'oldapp', '--jwt-key-file', 'server.key']);
    expect(result).to.deep.include({ name: 'OldApp', appType: 'connected-app', clientId: consumer });
    const { oauthConfig, ...others } = fieldsOf(workplace.org, 'ConnectedApp');
    const { oauthConfig: oldConfig, ...oldOthers } = before;
    expect(others).to.deep.equal(oldOthers);
    const deployed = readFileSync(result.issued!.certificateFile, 'utf8').trim();
    expect(oauthConfig).to.deep.include({ ...(oldConfig as object), certificate: deployed });
  });

  describe('in an org that shows less', () => {
    it('no certificate: takes the one beside the key', async () => {
      ({ workplace, login } = await openInUse({ switches: { certificateReadback: 'omitted' } }));
      await rotated(workplace);
      await expectLoginWorks(workplace, login);
    });

    it('the bare base64 of the certificate', async () => {
      ({ workplace, login } = await openInUse({ switches: { certificateReadback: 'base64' } }));
      await rotated(workplace);
      await expectLoginWorks(workplace, login);
    });

    it('no client id: takes --client-id', async () => {
      ({ workplace, login, clientId } = await openInUse());
      workplace.org.switches.consumerKeyReadable = false;
      expect((await rotated(workplace, ['--client-id', clientId])).clientId).to.equal(clientId);
      await expectLoginWorks(workplace, login);
    });
  });

  describe('--if-expires-within', () => {
    beforeEach(async () => {
      ({ workplace } = await openInUse());
    });

    it('does nothing while there is time left', async () => {
      const before = {
        org: stateOf(workplace.org),
        files: await workplace.files(),
        tokens: tokenRequests(workplace.org),
      };
      const { status, issued, previous } = await rotated(workplace, ['--if-expires-within', '364']);
      expect(status).to.equal('unchanged');
      expect(issued).to.equal(null);
      expect(previous.fingerprint256).to.equal((await pairOf()).fingerprint256);
      expect(tokenRequests(workplace.org)).to.equal(before.tokens);
      expect(stateOf(workplace.org)).to.deep.equal(before.org);
      const files = await workplace.files();
      expect(files).to.deep.equal(before.files);
      const { status: exitCode, stdout } = await workplace.jwt([...ROTATE, '--if-expires-within', '0']);
      expect(exitCode).to.equal(0);
      expect(stdout).to.contain('Nothing to do');
    });

    it('rotates once the end is near', async () => {
      expect((await rotated(workplace, ['--if-expires-within', '365'])).status).to.equal('rotated');
    });
  });

  it('--dry-run shows what would be done, lets the org check it, and changes nothing', async () => {
    ({ workplace } = await openInUse());
    const before = { org: stateOf(workplace.org), files: await workplace.files() };
    const { status, stdout, stderr } = await workplace.jwt([...ROTATE, '--dry-run']);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(/New pair: \S+server-\d{8}\.key/);
    expect(stdout).to.contain(`Login that changes over: ${CI_USER} (ci)`);
    expect(stdout).to.contain('Nothing was changed');
    const { deployId, dryRun } = await rotated(workplace, ['--dry-run']);
    expect(dryRun).to.equal(true);
    expect(deployId).to.match(/^0Af/);
    expect({ org: stateOf(workplace.org), files: await workplace.files() }).to.deep.equal(before);
  });
});
