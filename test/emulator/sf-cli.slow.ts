import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { findSfCli, makeSfHome, sf, type SfHome } from '../support/sf-cli.js';
import { type Org, startOrg } from './index.js';
import { makeKey, type TestKey } from './testkit/keys.js';
import { deploy, ecaComponents, filesOf } from './testkit/packages.js';

describe('local org: the real sf CLI as a client', () => {
  let org: Org;
  let home: SfHome;
  let key: TestKey;

  before(async () => {
    await findSfCli();
    key = await makeKey();
  });

  beforeEach(async () => {
    home = await makeSfHome();
    org = await startOrg({ kind: 'scratch', users: [{ username: 'ci@acme.example.com' }] });
  });

  afterEach(async () => {
    const egress = home.egress();
    await home.remove();
    await org.stop();
    expect(egress).to.deep.equal([]);
  });

  async function loginAdmin(): Promise<void> {
    const args = [
      'org',
      'login',
      'access-token',
      '--instance-url',
      org.url,
      '--alias',
      'admin',
      '--no-prompt',
      '--json',
    ];
    const result = await sf(args, { home, env: { SF_ACCESS_TOKEN: org.admin.accessToken } });
    expect(result.status, result.stderr + result.stdout).to.equal(0);
    expect(result.json.result).to.include({ orgId: org.orgId, username: org.admin.username });
  }

  async function writePackage(): Promise<string> {
    const root = join(home.path, 'package');
    const files = filesOf(ecaComponents('CiApp', key.certificate, 'cliKey1234567'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    return root;
  }

  it('logs in with an access token, shows the org and queries it', async () => {
    await loginAdmin();
    const shown = await sf(['org', 'display', '--target-org', 'admin', '--json'], { home });
    expect(shown.status, shown.stdout).to.equal(0);
    expect(shown.json.result).to.include({ id: org.orgId, instanceUrl: `${org.url}/`, username: org.admin.username });
    const soql = "SELECT Name FROM Account WHERE Name LIKE 'O\\'%'";
    const query = await sf(['data', 'query', '--query', soql, '--target-org', 'admin', '--json'], { home });
    expect(query.json.result['totalSize']).to.equal(1);
    expect((query.json.result['records'] as Array<{ Name: string }>)[0]?.Name).to.equal("O'Brien & Sons");
    const refused = await sf(
      ['data', 'query', '--query', 'SELECT Nope FROM Account', '--target-org', 'admin', '--json'],
      { home },
    );
    expect(refused.json).to.include({ status: 1, name: 'INVALID_FIELD' });
  });

  for (const [way, rest] of [
    ['SOAP', 'false'],
    ['REST', 'true'],
  ] as const) {
    it(`deploys a metadata directory over ${way}`, async () => {
      await loginAdmin();
      const directory = await writePackage();
      const args = ['project', 'deploy', 'start', '--metadata-dir', directory, '--target-org', 'admin', '--json'];
      const env = { SF_ORG_METADATA_REST_DEPLOY: rest };
      const result = await sf(args, { home, env });
      expect(result.status, result.stdout + result.stderr).to.equal(0);
      expect(result.json.result).to.include({ status: 'Succeeded', numberComponentsDeployed: 5 });
      expect(org.apps.map(({ name, consumerKey }) => [name, consumerKey])).to.deep.equal([['CiApp', 'cliKey1234567']]);
      expect(org.requestsTo(/deployRequest/, 'POST')).to.have.lengthOf(rest === 'true' ? 1 : 0);
    });
  }

  it('logs in with a JWT and lists the org', async () => {
    await deploy(org, ecaComponents('CiApp', key.certificate, 'cliKey1234567'));
    org.setup.assignPermissionSet('ci@acme.example.com', 'CiApp');
    const keyFile = join(home.path, 'server.key');
    await writeFile(keyFile, key.privatePem, { mode: 0o600 });
    const login = await sf(
      [
        'org',
        'login',
        'jwt',
        '-o',
        'ci@acme.example.com',
        '-f',
        keyFile,
        '-i',
        'cliKey1234567',
        '-r',
        org.url,
        '--json',
      ],
      { home },
    );
    expect(login.status, login.stdout + login.stderr).to.equal(0);
    expect(login.json.result).to.include({ orgId: org.orgId, username: 'ci@acme.example.com', instanceUrl: org.url });
    expect(org.requestsTo(/oauth2\/token/)).to.have.lengthOf(1);
    const list = await sf(['org', 'list', '--json'], { home });
    const orgs = Object.values(list.json.result).flat() as Array<{ username?: string; connectedStatus?: string }>;
    expect(orgs.map(({ username }) => username)).to.include('ci@acme.example.com');
    const display = await sf(['org', 'display', '-o', 'ci@acme.example.com', '--json'], { home });
    expect(display.json.result).to.include({ id: org.orgId, connectedStatus: 'Connected' });
    org.expireSessions();
    const query = await sf(['data', 'query', '-q', 'SELECT Id FROM Account', '-o', 'ci@acme.example.com', '--json'], {
      home,
    });
    expect(query.json.result['totalSize'], query.stdout).to.equal(3);
    expect(org.requestsTo(/oauth2\/token/).length).to.be.greaterThan(1);
  });
});

describe('local org: the egress guard of its tests', () => {
  it('refuses and reports hosts outside this machine, and lets loopback through', async () => {
    const org = await startOrg({ kind: 'developer' });
    const home = await makeSfHome();
    const script = `
      const outcome = (url) => fetch(url).then(({ status }) => status, ({ cause }) => cause.code);
      Promise.all([outcome('${org.url}/services/data'), outcome('https://login.salesforce.com'), outcome('https://192.0.2.1')])
        .then((outcomes) => console.log(JSON.stringify(outcomes)));`;
    const env = { ...process.env, ...home.env };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env });
    const egress = home.egress().join('\n');
    await home.remove();
    await org.stop();
    expect(JSON.parse(stdout)).to.deep.equal([200, 'ENOTFOUND', 'ENOTFOUND']);
    expect(egress).to.include('login.salesforce.com').and.to.include('192.0.2.1');
  });
});
