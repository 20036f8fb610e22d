import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { OrgOptions } from '../emulator/index.js';
import { entryOf, granted, loginFlags, openWithApp, refusedGrant, stateFile } from '../support/grant.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

describe('sf jwt grant', () => {
  let workplace: Workplace;
  let clientId: string;
  let flags: string[];

  async function open(options: Partial<OrgOptions> = {}): Promise<void> {
    ({ workplace, clientId } = await openWithApp(options));
    flags = loginFlags(workplace, clientId);
  }
  const claims = (): Record<string, unknown> => {
    const [request] = workplace.org.requestsTo(/\/oauth2\/token$/);
    const assertion = new URLSearchParams(request?.body).get('assertion') ?? '';
    return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  };

  describe('that succeeds', () => {
    before(() => open());
    after(() => workplace.close());

    it('returns the entry as sf shows it, without a secret, in three requests', async () => {
      const { instanceApiVersionLastRetrieved, ...result } = await granted(workplace, [...flags, '--alias', 'ci']);
      const { org } = workplace;
      expect(instanceApiVersionLastRetrieved).to.be.a('string');
      expect(result).to.deep.equal({
        username: CI_USER,
        accessToken: "[REDACTED] Use 'sf org auth show-access-token' to view",
        orgId: org.orgId,
        instanceUrl: org.url,
        loginUrl: `${org.url}/`,
        clientId,
        privateKey: workplace.path('server.key'),
        isDevHub: false,
        isSandbox: false,
        isScratch: false,
        name: 'Local developer org',
        instanceName: 'SWE64',
        namespacePrefix: null,
        orgEdition: 'Developer Edition',
        trailExpirationDate: null,
        instanceApiVersion: '67.0',
        alias: 'ci',
        keyStorage: 'path',
      });
      expect(org.requests.map(({ method, path }) => `${method} ${path}`)).to.have.members([
        'POST /services/oauth2/token',
        'GET /services/data',
        'POST /services/data/v51.0/composite/batch',
      ]);
    });

    it('sends one assertion that is good for three minutes, and no other parameter', () => {
      const [request] = workplace.org.requestsTo(/\/oauth2\/token$/);
      expect([...new URLSearchParams(request?.body).keys()]).to.have.members(['grant_type', 'assertion']);
      const { exp, ...rest } = claims();
      expect(rest).to.deep.equal({ iss: clientId, sub: CI_USER, aud: 'https://login.salesforce.com' });
      expect(Number(exp)).to.be.within(Math.floor(Date.now() / 1000) + 60, Math.floor(Date.now() / 1000) + 180);
    });

    it('stores the key by its path, and no plain token', async () => {
      const entry = await entryOf(workplace.home);
      expect(entry['privateKey']).to.equal(workplace.path('server.key'));
      expect(JSON.stringify(await workplace.files())).not.to.contain([...workplace.org.data.sessions.keys()].at(-1));
      expect(await stateFile(workplace.home, '.sfdx/alias.json')).to.deep.include({
        orgs: { 'my-admin-org': 'admin@acme.example.com', 'ci': CI_USER },
      });
      expect(await stateFile(workplace.home, '.sf/config.json')).to.equal(undefined);
    });

    it('tells a person who logged in, where the key is, and what to try', async () => {
      const { status, stdout } = await workplace.jwt(['grant', ...flags, '--alias', "ci's org", '--set-default']);
      expect(status).to.equal(0);
      expect(stdout.split('\n').slice(0, 3)).to.deep.equal([
        `Successfully authorized ${CI_USER} with org ID ${workplace.org.orgId}`,
        `The login is refreshed with the private key at ${workplace.path('server.key')}; keep it there.`,
        `Next: sf org display --target-org 'ci'\\''s org'`,
      ]);
    });
  });

  describe('learns what org it is', () => {
    afterEach(() => workplace.close());
    const kinds: Array<[string, Partial<OrgOptions>, Record<string, unknown>]> = [
      ['production', { kind: 'production' }, { isDevHub: false, isSandbox: false, isScratch: false }],
      ['a Dev Hub', { kind: 'production', devHub: true }, { isDevHub: true, isSandbox: false, isScratch: false }],
      ['a sandbox', { kind: 'sandbox' }, { isDevHub: false, isSandbox: true, isScratch: false }],
      [
        'a scratch org',
        { kind: 'scratch', namespace: 'acme' },
        { isSandbox: false, isScratch: true, namespacePrefix: 'acme' },
      ],
    ];
    for (const [what, options, fields] of kinds) {
      it(what, async () => {
        await open(options);
        expect(await granted(workplace, flags)).to.deep.include(fields);
        expect(await entryOf(workplace.home)).to.deep.include(fields);
      });
    }
  });

  describe('sends the audience', () => {
    before(() => open());
    after(() => workplace.close());
    beforeEach(() => void workplace.org.requests.splice(0));

    it('that --audience names, before the one in SF_AUDIENCE_URL', async () => {
      const env = { SF_AUDIENCE_URL: 'https://test.salesforce.com' };
      await granted(workplace, [...flags, '--audience', workplace.org.url], { env });
      expect(claims()['aud']).to.equal(workplace.org.url);
    });

    it('that SF_AUDIENCE_URL names', async () => {
      await granted(workplace, flags, { env: { SF_AUDIENCE_URL: 'https://test.salesforce.com' } });
      expect(claims()['aud']).to.equal('https://test.salesforce.com');
    });
  });

  describe('sets the defaults that it is asked for', () => {
    before(() => open({ kind: 'production', devHub: true }));
    after(() => workplace.close());

    it('the org and the Dev Hub, under their alias', async () => {
      await granted(workplace, [...flags, '--alias', 'hub', '--set-default', '--set-default-dev-hub']);
      const config = await stateFile(workplace.home, '.sf/config.json');
      expect(config).to.deep.equal({ 'target-org': 'hub', 'target-dev-hub': 'hub' });
    });
  });

  describe('keeps the key', () => {
    beforeEach(() => open());
    afterEach(() => workplace.close());

    it('as a copy that only its owner can read, where there is no file', async () => {
      const { key } = await pairOf();
      const withoutFile = flags.filter((word) => !['--jwt-key-file', 'server.key'].includes(word));
      const result = await granted(workplace, withoutFile, { env: { SF_JWT_KEY: key.replaceAll('\n', '\\n') } });
      expect(result.keyStorage).to.equal('copy');
      const copy = join(workplace.home, '.sf', 'jwt-keys', `${workplace.org.orgId}.${CI_USER}.key`);
      expect(result.privateKey).to.equal(copy);
      expect((await stat(copy)).mode & 0o777).to.equal(0o600);
      expect(await readFile(copy, 'utf8')).to.equal(key);
      expect((await granted(workplace, [...withoutFile, '--jwt-key-file', '-'], { input: key })).privateKey).to.equal(
        copy,
      );
    });

    it('nowhere, if it is told so', async () => {
      const result = await granted(workplace, [...flags, '--key-storage', 'none']);
      expect(result).to.include({ keyStorage: 'none' }).and.not.to.have.property('privateKey');
      expect(await entryOf(workplace.home)).not.to.have.property('privateKey');
    });

    it('at no path where there is none', async () => {
      const { key } = await pairOf();
      await rm(workplace.path('server.key'));
      const withoutFile = flags.filter((word) => !['--jwt-key-file', 'server.key'].includes(word));
      const env = { SF_JWT_KEY: key };
      await refusedGrant(workplace, 'key_storage_without_file', [...withoutFile, '--key-storage', 'path'], { env });
      await refusedGrant(workplace, 'key_missing', withoutFile);
      expect(workplace.org.requests).to.deep.equal([]);
    });
  });
});
