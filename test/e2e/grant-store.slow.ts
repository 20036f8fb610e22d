import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { entryOf, granted, loginFlags, openWithApp, stateFile, storeOlderEntry } from '../support/grant.js';
import { findSfCli, makeSfHome, sf, type SfHome } from '../support/sf-cli.js';
import { CI_USER, type Workplace } from '../support/workplace.js';

const QUERY = ['data', 'query', '--query', 'SELECT Id FROM Account', '--target-org', CI_USER, '--json'];

describe('What sf jwt grant stores', () => {
  let workplace: Workplace;
  let flags: string[];
  let home: SfHome;

  before(async () => {
    await findSfCli();
    const { workplace: place, clientId } = await openWithApp({ kind: 'scratch' });
    workplace = place;
    flags = loginFlags(workplace, clientId);
  });
  after(() => workplace.close());
  beforeEach(async () => {
    home = await makeSfHome();
  });
  afterEach(async () => {
    const egress = home.egress();
    await home.remove();
    expect(egress).to.deep.equal([]);
  });

  const grant = (...more: string[]): ReturnType<typeof granted> =>
    granted(workplace, [...flags, ...more], { home: home.path });

  /** The entry without what differs between any two logins. */
  async function comparableEntry(place: string): Promise<Record<string, unknown>> {
    const { accessToken, instanceApiVersionLastRetrieved, ...entry } = await entryOf(place);
    expect(accessToken).to.match(/^[0-9a-f]{40,}:[0-9a-f]{32}$/);
    expect(new Date(String(instanceApiVersionLastRetrieved)).getTime()).to.be.closeTo(Date.now(), 60_000);
    return entry;
  }

  it('is what sf org login jwt leaves, field by field', async () => {
    const names = ['--alias', 'ci', '--set-default', '--set-default-dev-hub'];
    const theirs = await makeSfHome();
    try {
      const login = await sf(['org', 'login', 'jwt', ...flags, ...names, '--json'], {
        home: theirs,
        cwd: workplace.cwd,
      });
      expect(login.status, login.stdout).to.equal(0);
      const result = await grant(...names);
      expect(await comparableEntry(home.path)).to.deep.equal(await comparableEntry(theirs.path));
      for (const file of ['.sfdx/alias.json', '.sf/config.json']) {
        expect(await stateFile(home.path, file)).to.deep.equal(await stateFile(theirs.path, file));
      }
      const { keyStorage, alias, instanceApiVersionLastRetrieved: _, ...shown } = result;
      const { instanceApiVersionLastRetrieved: __, ...shownBySf } = login.json.result;
      expect({ keyStorage, alias }).to.deep.equal({ keyStorage: 'path', alias: 'ci' });
      expect(shown).to.deep.equal(shownBySf);
    } finally {
      await theirs.remove();
    }
  });

  it('sets the defaults of a project that sf has never been used in, as a fresh clone is', async () => {
    const projects = [join(home.path, 'ours'), join(home.path, 'theirs')];
    for (const project of projects) {
      await mkdir(project);
      await writeFile(
        join(project, 'sfdx-project.json'),
        '{ "packageDirectories": [{ "path": "force-app", "default": true }] }',
      );
    }
    const [ours = '', theirs = ''] = projects;
    const key = join(workplace.cwd, 'server.key');
    const named = [...flags.map((word) => (word === 'server.key' ? key : word)), '--alias', 'ci', '--set-default'];
    await granted(workplace, named, { home: home.path, cwd: ours });
    const login = await sf(['org', 'login', 'jwt', ...named, '--json'], { home, cwd: theirs });
    expect(login.status, login.stdout).to.equal(0);
    for (const file of ['.sf/config.json', '.sfdx/sfdx-config.json']) {
      expect(await stateFile(ours, file), file).to.deep.equal(await stateFile(theirs, file));
    }
    expect(await stateFile(ours, '.sf/config.json')).to.deep.equal({ 'target-org': 'ci' });
  });

  it('lets sf refresh the login by itself when the access token has ended', async () => {
    await grant();
    workplace.org.expireSessions();
    const logins = workplace.org.requestsTo(/\/oauth2\/token$/).length;
    const query = await sf(QUERY, { home });
    expect(query.status, query.stdout).to.equal(0);
    expect(query.json.result['totalSize']).to.equal(3);
    expect(workplace.org.requestsTo(/\/oauth2\/token$/).length).to.be.greaterThan(logins);
  });

  describe('in place of an older entry', () => {
    const SECRETS = { refreshToken: 'old-refresh-token', clientSecret: 'old-secret', password: 'old-password' };

    it('of another kind of login and another org, has nothing left of it', async () => {
      await grant();
      const fresh = await comparableEntry(home.path);
      await home.remove();
      home = await makeSfHome();
      await storeOlderEntry(home.path, {
        ...SECRETS,
        username: CI_USER,
        accessToken: '00D000000000002!old',
        instanceUrl: 'http://localhost:1',
        orgId: '00D000000000002AAA',
        clientId: 'PlatformCLI',
        devHubUsername: 'hub@acme.example.com',
        expirationDate: '2020-01-01',
        created: '1577836800000',
        createdOrgInstance: 'CS1',
        snapshot: 'old',
        tracksSource: true,
        isDevHub: true,
        isScratch: false,
      });
      expect(await entryOf(home.path)).to.include.keys(Object.keys(SECRETS));
      await grant();
      expect(await comparableEntry(home.path)).to.deep.equal(fresh);
    });

    it('of the same org, keeps what it knows about the org, and refreshes with the key', async () => {
      const { url, orgId } = workplace.org;
      const known = { devHubUsername: 'hub@acme.example.com', expirationDate: '2099-01-01', tracksSource: true };
      const org = { username: CI_USER, accessToken: '00D000000000002!old', instanceUrl: url, orgId };
      await storeOlderEntry(home.path, { ...org, ...known, ...SECRETS, clientId: 'PlatformCLI' });
      await grant();
      const entry = await entryOf(home.path);
      expect(entry).to.deep.include(known);
      expect(entry).not.to.have.any.keys(Object.keys(SECRETS));
      workplace.org.expireSessions();
      const query = await sf(QUERY, { home });
      expect(query.status, query.stdout).to.equal(0);
    });

    it('that had a key, without one, keeps no path that would log in again', async () => {
      await grant();
      expect(await grant('--key-storage', 'none')).not.to.have.property('privateKey');
      expect(await entryOf(home.path)).not.to.have.property('privateKey');
    });
  });
});
