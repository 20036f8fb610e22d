import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtListResult } from '../../src/commands/jwt/list.js';
import { issueCredential, positiveSerialNumber } from '../../src/keys/credential/issue.js';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { expectSchema } from '../support/schema.js';
import { copyEntry, editEntry, entryPath } from '../support/stored.js';
import { ADMIN_ALIAS, CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

const OTHER = 'other@acme.example.com';

describe('sf jwt list --expires-within', () => {
  let workplace: Workplace;
  let flags: string[];

  beforeEach(async () => {
    const at = await openWithApp();
    ({ workplace } = at);
    flags = loginFlags(workplace, at.clientId);
  });
  afterEach(() => workplace.close());

  async function list(...args: string[]): Promise<Answer<JwtListResult>> {
    const answer = await workplace.json<JwtListResult>(['list', ...args]);
    expectSchema('jwt-list', answer.result);
    return answer;
  }

  /** A pair whose certificate was issued this moment. */
  async function store(days: number, secondsAgo = 0): Promise<void> {
    const { privateKeyPem, certificate } = await issueCredential({
      subject: { commonName: 'server' },
      keySize: 2048,
      days,
      now: new Date(Date.now() - secondsAgo * 1000),
      serialNumber: positiveSerialNumber(Buffer.alloc(20, days)),
    });
    await workplace.save('server.key', privateKeyPem);
    await workplace.save('server.crt', certificate.pem);
    await editEntry(workplace.home, {});
  }

  beforeEach(() => granted(workplace, flags));

  it('counts a certificate that ends in the last moment of the days', async () => {
    await store(30);
    const within = await list('--expires-within', '30');
    expect([within.status, within.result.ok, within.result.logins[0]?.expiring]).to.deep.equal([1, false, true]);
    const after = await list('--expires-within', '29');
    expect([after.status, after.result.ok, after.result.logins[0]?.expiring]).to.deep.equal([0, true, false]);
    expect((await list()).status).to.equal(0);
  });

  it('counts one that has ended, with 0 days too', async () => {
    await store(1, 2 * 86_400);
    const { status, result } = await list('--expires-within', '0');
    expect([status, result.logins[0]?.certificate?.daysLeft]).to.deep.equal([1, -2]);
    const { stdout, status: shown } = await workplace.jwt(['list', '--expires-within', '0']);
    expect(shown).to.equal(1);
    expect(stdout).to.contain('ended').and.to.contain('jwt rotate');
  });

  it('names the way out as a shell takes it', async () => {
    await store(1);
    await rename(entryPath(workplace.home), entryPath(workplace.home, "o'brien@acme.example.com"));
    const { stdout } = await workplace.jwt(['list', '--expires-within', '30']);
    expect(stdout).to.contain("--username 'o'\\''brien@acme.example.com'");
  });

  it('counts none of another key, and warns where the end is unknown', async () => {
    await workplace.save('server.crt', (await pairOf('stranger')).certificate);
    const stranger = await list('--expires-within', '10000');
    expect([stranger.status, stranger.result.ok]).to.deep.equal([1, false]);
    expect(stranger.warnings?.join()).to.contain(CI_USER);
    await rm(workplace.path('server.crt'));
    const none = await list('--expires-within', '10000');
    expect([none.status, none.result.logins[0]?.certificate]).to.deep.equal([1, null]);
    expect(none.warnings?.join()).to.contain(CI_USER);
    const allowed = await list('--expires-within', '10000', '--allow-unknown');
    expect([allowed.status, allowed.result.ok]).to.deep.equal([0, true]);
    expect(allowed.warnings?.join()).to.contain(CI_USER);
    expect((await list()).status).to.equal(0);
    expect((await workplace.jwt(['list', '--allow-unknown'])).status).to.equal(2);
  });

  it('knows the end of a copied key: of the certificate that connect deployed, and of one that grant is given', async () => {
    const { key, certificate } = await pairOf('second');
    const env = { SF_JWT_KEY: key };
    await workplace.save('second.crt', certificate);
    // As a CI logs in: the key from the environment, and no certificate anywhere near.
    const app = { name: 'Second', certificate, adminApproved: true, permissionSets: ['Ci'] };
    const second = workplace.org.setup.createExternalClientApp(app);
    const login = [...['--username', CI_USER, '--client-id', second], ...['--instance-url', workplace.org.url]];
    await granted(workplace, login, { env });
    expect((await list('--expires-within', '30')).status).to.equal(1);

    await granted(workplace, [...login, '--certificate-file', 'second.crt'], { env });
    const given = await list('--expires-within', '30');
    expect([given.status, given.result.logins[0]?.certificate?.daysLeft]).to.deep.equal([0, 364]);
    const wrong = ['grant', ...login, '--certificate-file', 'server.crt'];
    expect((await workplace.json<never>(wrong, { env })).data?.code).to.equal('key_certificate_mismatch');

    await rm(join(workplace.home, '.sf', 'jwt-apps'), { recursive: true });
    const connect = ['connect', '--target-org', ADMIN_ALIAS, '--name', 'Second', '--certificate-file', 'second.crt'];
    const connected = await workplace.json(connect);
    expect(connected.status, JSON.stringify(connected)).to.equal(0);
    expect((await list('--expires-within', '30')).status).to.equal(0);

    // What ends gets its next step, with the names that are known of the app and its admin.
    const { status, stdout } = await workplace.jwt(['list', '--expires-within', '10000']);
    expect(status).to.equal(1);
    expect(stdout).to.contain(`jwt rotate --target-org ${ADMIN_ALIAS} --name Second --username ${CI_USER}`);
    await workplace.save('second.key', key);
    const converted = await workplace.jwt(['convert', '--from', 'second.key', '--to', 'x.pem']);
    expect(converted.stdout, converted.stderr)
      .to.contain(`jwt connect --target-org ${ADMIN_ALIAS} --certificate-file`)
      .and.to.contain(`jwt grant --username ${CI_USER} --client-id ${second} --jwt-key-file`)
      .and.to.contain(`--instance-url ${workplace.org.url}`);
  });

  it('answers a script: 0 for nothing due, 1 for something due, 2 for what can’t be told', async () => {
    const ask = async (due: string, ...more: string[]): Promise<unknown[]> => {
      const { status, result, warnings } = await list('--expires-within', due, ...more);
      return [status, result.ok, result.logins[0]?.expiring, warnings?.length ?? 0];
    };
    await store(30);
    expect(await ask('30d')).to.deep.equal([1, false, true, 0]);
    expect(await ask('29d')).to.deep.equal([0, true, false, 0]);
    await store(100, 65 * 86_400);
    expect(await ask('66%')).to.deep.equal([0, true, false, 0]);
    await store(100, 66 * 86_400);
    expect(await ask('66%')).to.deep.equal([1, false, true, 0]);
    await store(1, 2 * 86_400);
    for (const due of ['0d', '100%']) expect(await ask(due)).to.deep.equal([1, false, true, 0]);
    await rm(workplace.path('server.crt'));
    for (const due of ['30d', '66%', '30D']) expect(await ask(due)).to.deep.equal([2, false, false, 1]);
    expect(await ask('30')).to.deep.equal([1, false, false, 1]);
    expect(await ask('30d', '--allow-unknown')).to.deep.equal([0, true, false, 1]);
    // A login that fails is more than a question without an answer.
    workplace.org.setup.removeAssignment(CI_USER, 'Ci');
    expect(await ask('30d', '--check')).to.deep.equal([1, false, false, 1]);
  });

  it('says 1 where one is due, though of another it can’t be told', async () => {
    await store(1);
    await copyEntry(workplace.home, OTHER, { privateKey: workplace.path('gone.key') });
    const { status, result } = await list('--expires-within', '30d');
    expect([status, result.logins.map(({ expiring }) => expiring).sort()]).to.deep.equal([1, [false, true]]);
  });

  it('ends with 2 for a script, whatever keeps it from telling', async () => {
    await writeFile(join(workplace.home, '.sfdx', 'alias.json'), '{"orgs":');
    for (const [due, status] of [
      ['30d', 2],
      ['66%', 2],
      ['30', 1],
    ] as const) {
      const answer = await workplace.json<never>(['list', '--expires-within', due]);
      expect([answer.status, answer.data?.code], due).to.deep.equal([status, 'store_damaged']);
      expect((await workplace.jwt(['list', '--expires-within', due])).status, due).to.equal(status);
    }
  });

  it('takes nothing else for a time', async () => {
    for (const due of ['101%', '-1d', '1.5d', '30h', 'd', '%', '', 'soon', '1000000']) {
      const { status, stderr } = await workplace.jwt(['list', `--expires-within=${due}`]);
      expect([status, /30d.*66%/.test(stderr.replace(/\s+/g, ' '))], `${due}: ${stderr}`).to.deep.equal([2, true]);
    }
  });

  it('takes no negative number', async () => {
    expect((await workplace.jwt(['list', '--expires-within', '-1'])).status).to.equal(2);
    expect((await workplace.jwt(['list', '--check', '--concurrency', '0'])).status).to.equal(2);
  });
});
