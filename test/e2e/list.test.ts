import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtListResult } from '../../src/commands/jwt/list.js';
import { issueCredential, positiveSerialNumber } from '../../src/keys/credential/issue.js';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { hasTerminal } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { copyEntry, editEntry, entryPath } from '../support/stored.js';
import { CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

const OTHER = 'other@acme.example.com';
const THIRD = 'third@acme.example.com';
const DAY = 86_400_000;

describe('sf jwt list', () => {
  let workplace: Workplace;
  let clientId: string;
  let flags: string[];

  beforeEach(async () => {
    ({ workplace, clientId } = await openWithApp());
    flags = loginFlags(workplace, clientId);
  });
  afterEach(() => workplace.close());

  /** Runs list: its result is as the schema says, and it changes nothing. */
  async function list(...args: string[]): Promise<Answer<JwtListResult>> {
    const before = await workplace.files();
    const answer = await workplace.json<JwtListResult>(['list', ...args]);
    expectSchema('jwt-list', answer.result);
    expect(await workplace.files()).to.deep.equal(before);
    return answer;
  }

  async function only(...args: string[]): Promise<JwtListResult['logins'][number]> {
    const { result } = await list(...args);
    expect(result.logins).to.have.length(1);
    return result.logins[0]!;
  }

  const tokenRequests = (): number => workplace.org.requestsTo(/\/oauth2\/token$/).length;

  it('says everything that is known of a login, and asks no org', async () => {
    await granted(workplace, [...flags, '--alias', 'ci']);
    await granted(workplace, [...flags, '--alias', 'build']);
    const requests = workplace.org.requests.length;
    const { notBefore, notAfter } = await pairOf();
    const { status, result, warnings } = await list();
    expect(status).to.equal(0);
    expect(warnings ?? []).to.deep.equal([]);
    const daysLeft = Math.floor((notAfter.getTime() - Date.now()) / DAY);
    expect(result).to.deep.equal({
      ok: true,
      otherLogins: 1,
      logins: [
        {
          username: CI_USER,
          aliases: ['ci', 'build'],
          org: {
            id: workplace.org.orgId,
            name: 'Local developer org',
            instanceUrl: workplace.org.url,
            loginUrl: `${workplace.org.url}/`,
            kind: 'production',
            isDevHub: false,
          },
          clientId,
          key: {
            storage: 'path',
            path: workplace.path('server.key'),
            state: 'usable',
            readableByOthers: false,
            error: null,
          },
          certificate: {
            path: workplace.path('server.crt'),
            notBefore: notBefore.toISOString(),
            notAfter: notAfter.toISOString(),
            daysLeft,
            matchesKey: true,
            error: null,
          },
          login: null,
          expiring: false,
          error: null,
        },
      ],
    });
    expect(workplace.org.requests).to.have.length(requests);
  });

  it('says how to make the first login in an empty store', async () => {
    const { status, stdout } = await workplace.jwt(['list']);
    expect(status).to.equal(0);
    expect(stdout).to.contain('No JWT login is stored.').and.to.contain('jwt grant --username');
    expect(stdout).to.contain('Left out: 1 of another kind; "sf org list" shows them.');
    const home = workplace.path('fresh-home');
    await mkdir(home);
    const { status: fresh, result } = await workplace.json<JwtListResult>(['list', '--check'], { home });
    expect([fresh, result]).to.deep.equal([0, { ok: true, logins: [], otherLogins: 0 }]);
  });

  describe('of the key', () => {
    beforeEach(() => granted(workplace, flags));

    it('says that it is missing', async () => {
      await rename(workplace.path('server.key'), workplace.path('moved.key'));
      const { key } = await only();
      expect(key).to.include({ state: 'missing', path: workplace.path('server.key') });
      expect(key?.error?.code).to.equal('file_missing');
    });

    it('says that it is encrypted, which the CLI cannot use', async () => {
      await editEntry(workplace.home, { privateKey: workplace.path('locked.key') });
      const { privateKeyPem } = await issueCredential({
        subject: { commonName: 'locked' },
        keySize: 2048,
        days: 1,
        now: new Date(),
        serialNumber: positiveSerialNumber(Buffer.alloc(20, 7)),
        passphrase: 'open sesame',
      });
      await workplace.save('locked.key', privateKeyPem);
      const { key } = await only();
      expect(key).to.include({ state: 'encrypted' });
    });

    it('says that it is unusable, and why', async () => {
      await workplace.save('server.key', 'nothing of the kind');
      const { key, certificate } = await only();
      expect(key).to.include({ state: 'unusable' });
      expect(key?.error?.code).to.equal('key_unrecognized');
      expect(certificate?.matchesKey).to.equal(null);
      // One that grant would have copied, since only grant mends it
      const { key: pem } = await pairOf();
      await workplace.save('server.key', pem.replaceAll('\n', '\\n'));
      expect((await only()).key?.error?.code).to.equal('key_storage_unreadable');
    });

    it('says that others can read it', async function () {
      if (process.platform === 'win32') this.skip();
      await chmod(workplace.path('server.key'), 0o644);
      expect((await only()).key).to.include({ state: 'usable', readableByOthers: true });
    });

    it('says that it is a copy, or that none is stored', async () => {
      await granted(workplace, [...flags, '--key-storage', 'copy']);
      const copy = await only();
      expect(copy.key).to.include({ storage: 'copy', state: 'usable', readableByOthers: false });
      // The certificate beside the key that was copied, kept for the copy
      expect(copy.certificate).to.include({ matchesKey: true, notAfter: (await pairOf()).notAfter.toISOString() });
      expect(copy.certificate?.path).to.match(/jwt-apps/);
      await granted(workplace, [...flags, '--key-storage', 'none']);
      const none = await only('--check');
      expect(none.key).to.include({ storage: 'none', state: 'none', path: null });
      expect(none.login).to.equal('untried');
    });

    it('says that the certificate beside it is of another key', async () => {
      await workplace.save('server.crt', (await pairOf('stranger')).certificate);
      expect((await only()).certificate).to.include({ matchesKey: false, error: null });
      await workplace.save('server.crt', 'nothing of the kind');
      const { certificate } = await only();
      expect(certificate).to.include({ notAfter: null, matchesKey: null });
      expect(certificate?.error?.code).to.equal('certificate_not_pem');
    });
  });

  it('says what kind of org it is', async () => {
    await granted(workplace, flags);
    const kinds = [
      { fields: { isSandbox: true }, kind: 'sandbox' },
      { fields: { isSandbox: false, isScratch: true }, kind: 'scratch' },
      { fields: { isScratch: false, isDevHub: true }, kind: 'production' },
      { fields: { isSandbox: undefined, isDevHub: undefined }, kind: null },
    ];
    for (const { fields, kind } of kinds) {
      await editEntry(workplace.home, fields);
      const { org } = await only();
      expect(org?.kind).to.equal(kind);
      expect(org?.isDevHub).to.equal(kind === 'production' ? true : kind === null ? null : false);
    }
  });

  it('gives a damaged entry a row of its own, and quotes nothing of it', async () => {
    await granted(workplace, flags);
    await writeFile(entryPath(workplace.home, OTHER), '{"accessToken":"5ecret');
    const { status, result, warnings } = await list();
    expect(status).to.equal(0);
    expect(warnings ?? []).to.deep.equal([]);
    expect(result.logins.map(({ username, org }) => [username, org?.id ?? null])).to.deep.equal([
      [CI_USER, workplace.org.orgId],
      [OTHER, null],
    ]);
    expect(result.logins[1]?.error).to.include({ code: 'store_damaged' });
    expect(JSON.stringify(result)).not.to.contain('5ecret');
    const checked = await list('--check');
    expect(checked.status).to.equal(1);
    expect(checked.result.logins.map(({ login }) => login)).to.deep.equal(['works', 'fails']);
  });

  describe('--check', () => {
    it('tries them all: one with a wrong key, one whose org cannot be reached, and one that works', async () => {
      await granted(workplace, flags);
      await workplace.savePair('stranger', 'stranger');
      await copyEntry(workplace.home, OTHER, { privateKey: workplace.path('stranger.key') });
      await editEntry(workplace.home, { username: CI_USER });
      const closed = await listening();
      const url = `http://localhost:${String((closed.address() as AddressInfo).port)}`;
      await new Promise((resolve) => closed.close(resolve));
      await copyEntry(workplace.home, THIRD, { loginUrl: url });
      const before = tokenRequests();
      const { status, result } = await list('--check');
      expect(status).to.equal(1);
      expect(result.ok).to.equal(false);
      expect(tokenRequests() - before).to.equal(2);
      const rows = result.logins.map(({ username, login, error }) => [username, login, error?.code ?? null]);
      expect(rows).to.deep.equal([
        [CI_USER, 'works', null],
        [OTHER, 'fails', 'signature_mismatch'],
        [THIRD, 'fails', 'connection_refused'],
      ]);
      for (const row of result.logins.slice(1)) expect(row.error?.actions).not.to.deep.equal([]);
      const { status: shown, stdout } = await workplace.jwt(['list', '--check']);
      expect(shown).to.equal(1);
      expect(stdout).to.contain(`${THIRD}: There is nothing at ${url} that takes connections`);
      expect(stdout).to.contain(`jwt doctor --username ${OTHER} --client-id ${clientId}`);
    });

    it('fails for a key that the CLI cannot use, and for no URL, without a request', async () => {
      await granted(workplace, flags);
      await copyEntry(workplace.home, OTHER, { privateKey: workplace.path('gone.key') });
      await copyEntry(workplace.home, THIRD, { loginUrl: 'nowhere', instanceUrl: undefined });
      const before = tokenRequests();
      const { status, result } = await list('--check');
      expect([status, tokenRequests() - before]).to.deep.equal([1, 1]);
      expect(result.logins.map(({ error }) => error?.code)).to.deep.equal([
        undefined,
        'file_missing',
        'login_url_unusable',
      ]);
    });

    it('exits with 0 when all work, and leaves the stored token alive', async () => {
      await granted(workplace, flags);
      const live = workplace.org.data.sessions.size;
      const { status, result } = await list('--check');
      expect([status, result.ok, result.logins[0]?.login]).to.deep.equal([0, true, 'works']);
      expect(workplace.org.data.sessions.size).to.be.above(live - 1);
    });

    it('tries fifty, no more than --concurrency at once', async () => {
      await granted(workplace, flags);
      const counter = await countingServer();
      try {
        await rm(entryPath(workplace.home));
        await granted(workplace, flags);
        for (let number = 0; number < 50; number += 1) {
          await copyEntry(workplace.home, `ci${number}@acme.example.com`, { loginUrl: counter.url });
        }
        await rm(entryPath(workplace.home));
        for (const [args, limit] of [
          [[], 8],
          [['--concurrency', '20'], 20],
          [['--concurrency', '1'], 1],
        ] as const) {
          counter.reset();
          const { status, result } = await list('--check', ...args);
          expect(status).to.equal(1);
          expect(result.logins.map(({ error }) => error?.code)).to.deep.equal(Array(50).fill('user_inactive'));
          expect([counter.total(), counter.most()]).to.deep.equal([50, limit]);
        }
      } finally {
        counter.close();
      }
    });
  });

  it('shows a person a table', async function () {
    if (!hasTerminal) this.skip();
    await granted(workplace, [...flags, '--alias', 'ci']);
    const { status, stdout } = await workplace.onTerminal(['list', '--check', '--verbose']);
    expect(status).to.equal(0);
    for (const word of ['Username', CI_USER, 'production', workplace.org.orgId, 'server.key', 'works', 'days left']) {
      expect(stdout, word).to.contain(word);
    }
    expect(stdout).to.contain('jwt revoke --target-org');
    const { stdout: brief } = await workplace.onTerminal(['list']);
    const lines = brief.split('\n').filter((line) => line.includes(CI_USER));
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/│ ci +│ Local developer org +│ \d{4}-\d\d-\d\d +│ 36\d/);
  });

  it('follows SF_AUDIENCE_URL, as the CLI does when it refreshes', async () => {
    await granted(workplace, flags);
    const env = { SF_AUDIENCE_URL: 'https://elsewhere.example.com' };
    const { status, json } = await workplace.jwt(['list', '--check', '--json'], { env });
    expect(status).to.equal(1);
    expect((json as Answer<JwtListResult>).result.logins[0]?.error?.code).to.equal('audience_invalid');
  });

  it('says which file is damaged when it is that of the aliases', async () => {
    await writeFile(join(workplace.home, '.sfdx', 'alias.json'), '{"orgs":');
    const answer = await workplace.json<never>(['list']);
    expect([answer.status, answer.data?.code]).to.deep.equal([1, 'store_damaged']);
  });
});

function listening(server: Server = createServer()): Promise<Server> {
  return new Promise((resolve) => server.listen(0, 'localhost', () => resolve(server)));
}

/** A token endpoint that refuses everything after a while, and counts how many wait at once. */
async function countingServer(): Promise<{
  url: string;
  total: () => number;
  most: () => number;
  reset: () => void;
  close: () => void;
}> {
  let [total, now, most] = [0, 0, 0];
  const server = await listening(
    createServer((request, response) => {
      request.resume();
      total += 1;
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end('{"error":"inactive_user","error_description":"user is inactive"}');
      }, 100);
    }),
  );
  return {
    url: `http://localhost:${String((server.address() as AddressInfo).port)}`,
    total: () => total,
    most: () => most,
    reset: () => ([total, now, most] = [0, 0, 0]),
    close: () => server.close(),
  };
}
