import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { granted, loginFlags, openWithApp, refusedGrant } from '../support/grant.js';
import { CI_USER, Workplace } from '../support/workplace.js';

const NAMES = ['--alias', 'other', '--set-default', '--set-default-dev-hub'];

describe('sf jwt grant, when it fails', () => {
  let workplace: Workplace;
  let flags: string[];

  before(async () => {
    const { workplace: place, clientId } = await openWithApp();
    workplace = place;
    flags = loginFlags(workplace, clientId);
    await granted(workplace, [...flags, '--alias', 'ci', '--set-default']);
    await workplace.savePair('other', 'other');
    workplace.org.addUser({ username: 'second@acme.example.com' });
  });
  after(() => workplace.close());
  beforeEach(() => void workplace.org.requests.splice(0));
  afterEach(() => workplace.org.faults.clear());

  const replaced = (flag: string, value: string): string[] =>
    flags.map((word, index) => (flags[index - 1] === flag ? value : word)).concat(NAMES);

  it('for a key that the app does not know, keeps every file as it is and shows the words of the org', async () => {
    const { data, message } = await refusedGrant(
      workplace,
      'signature_mismatch',
      replaced('--jwt-key-file', 'other.key'),
    );
    expect(data).to.include({ error: 'invalid_client', error_description: 'invalid client credentials' });
    expect(message).to.contain('invalid_client: invalid client credentials');
    expect(workplace.org.requests).to.have.lengthOf(1);
  });

  it('for a user who is not pre-authorized', async () => {
    const args = replaced('--username', 'second@acme.example.com');
    const { data, actions } = await refusedGrant(workplace, 'user_not_admin_approved', args);
    expect(data).to.include({ error_description: 'user is not admin approved to access this app' });
    expect(actions?.[0]).to.contain('--username second@acme.example.com');
    expect(workplace.org.requests).to.have.lengthOf(1);
  });

  it('for a client id that nobody knows', async () => {
    await refusedGrant(workplace, 'client_id_unknown', replaced('--client-id', '3MVG9unknown'));
  });

  const breaks: Array<[what: string, reason: RegExp, path: RegExp, fault: object]> = [
    ['the batch breaks off', /UND_ERR_SOCKET|other side closed/, /composite\/batch$/, { drop: 'before' }],
    ['the versions are not JSON', /JSON/, /\/services\/data$/, { respond: { status: 200, body: '<html>' } }],
    ['the org is in maintenance', /^HTTP 503 /, /composite\/batch$/, { respond: { status: 503, body: '<html>Down' } }],
  ];
  for (const [what, reason, path, fault] of breaks) {
    it(`after the token came, because ${what}`, async () => {
      workplace.org.faults.add({ match: { path }, ...fault });
      const { data } = await refusedGrant(workplace, 'org_unreadable', [...flags, ...NAMES]);
      expect(data?.['reason']).to.match(reason);
    });
  }

  it('because the user may not use the API, says that in the words of the org', async () => {
    workplace.org.faults.add({
      match: { path: /composite\/batch$/ },
      respond: {
        status: 403,
        headers: { 'content-type': 'application/json' },
        body: '[{"errorCode":"API_DISABLED_FOR_ORG","message":"API is not enabled for this Organization or Partner"}]',
      },
    });
    const { data } = await refusedGrant(workplace, 'org_unreadable', [...flags, ...NAMES]);
    expect(data?.['reason']).to.contain('API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner');
  });

  it('because the org takes no more requests today, says so', async () => {
    workplace.org.faults.add({
      match: { path: /composite\/batch$/ },
      respond: {
        status: 403,
        headers: { 'content-type': 'application/json' },
        body: '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]',
      },
    });
    const { data, message, actions } = await refusedGrant(workplace, 'org_request_limit', [...flags, ...NAMES]);
    expect(data).to.include({ words: 'REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.', username: CI_USER });
    expect(message).to.contain('TotalRequests Limit exceeded.');
    expect(actions?.join()).to.contain('24 hours');
  });

  it('because nobody answers, says which host', async () => {
    const { data } = await refusedGrant(
      workplace,
      'token_endpoint_unreachable',
      replaced('--instance-url', 'http://localhost:1'),
    );
    expect(data).to.include({ loginUrl: 'http://localhost:1', error: '', error_description: '' });
  });

  it('because the token endpoint is down', async () => {
    workplace.org.faults.add({
      match: { path: /\/oauth2\/token$/ },
      respond: { status: 503, body: '<html><body>We are down for maintenance.</body></html>' },
    });
    const { message } = await refusedGrant(workplace, 'token_endpoint_failing', [...flags, ...NAMES]);
    expect(message).to.contain('HTTP 503').and.to.contain('We are down for maintenance.');
  });

  it('refuses usernames that sf could not find again, before anything is sent', async () => {
    for (const username of ['ci', '../ci@acme.example.com', 'a/b@acme.example.com']) {
      const { data } = await refusedGrant(workplace, 'username_illegal', replaced('--username', username));
      expect(data?.['username']).to.equal(username);
    }
    expect(workplace.org.requests).to.deep.equal([]);
  });
});

describe('sf jwt grant, at the URL', () => {
  let workplace: Workplace;
  let clientId: string;
  let elsewhere: Workplace;
  before(async () => {
    ({ workplace, clientId } = await openWithApp());
    elsewhere = await Workplace.open();
  });
  after(async () => {
    await workplace.close();
    await elsewhere.close();
  });
  beforeEach(() => void workplace.org.requests.splice(0));

  const flags = (...more: string[]): string[] => [
    ...['--username', CI_USER, '--client-id', clientId, '--jwt-key-file', workplace.path('server.key')],
    ...more,
  ];

  it('of a Lightning page, refuses it with the My Domain URL to paste', async () => {
    const url = 'https://acme--dev.sandbox.lightning.force.com/lightning/setup';
    const { data, actions } = await refusedGrant(workplace, 'lightning_url', flags('--instance-url', url));
    expect(data?.['myDomain']).to.equal('https://acme--dev.sandbox.my.salesforce.com');
    expect(actions?.join()).to.contain('--instance-url https://acme--dev.sandbox.my.salesforce.com');
  });

  it('of Setup, without its scheme, refuses it likewise', async () => {
    const url = 'acme.my.salesforce-setup.com/lightning/setup';
    const { data, actions } = await refusedGrant(workplace, 'url_of_setup', flags('--instance-url', url));
    expect(data?.['myDomain']).to.equal('https://acme.my.salesforce.com');
    expect(actions?.[0]).to.match(/--instance-url https:\/\/acme\.my\.salesforce\.com$/);
  });

  it('of a page of the org, without its scheme, logs in at the org', async () => {
    const { url } = workplace.org;
    const page = `${url.replace('http://', '')}/lightning/page/home?x=1`;
    expect(await granted(workplace, flags('--instance-url', page))).to.include({ loginUrl: `${url}/` });
  });

  it('that is none is refused as a wrong flag, or with the place where it stands', async () => {
    const wrong = await workplace.json(['grant', ...flags('--instance-url', 'not a url')]);
    expect(wrong).to.deep.include({ status: 2, data: { code: 'login_url_malformed', source: '--instance-url' } });
    const env = { SF_ORG_INSTANCE_URL: 'not a url' };
    const { data, message } = await workplace.json(['grant', ...flags()], { env });
    expect(data).to.deep.equal({ code: 'login_url_malformed', source: 'SF_ORG_INSTANCE_URL' });
    expect(message).to.contain('SF_ORG_INSTANCE_URL');
  });

  it('that the project names, asks that host and no other', async () => {
    const project = join(workplace.home, 'project');
    await mkdir(join(project, 'force-app'), { recursive: true });
    const content = { packageDirectories: [{ path: 'force-app', default: true }], sfdcLoginUrl: workplace.org.url };
    await writeFile(join(project, 'sfdx-project.json'), JSON.stringify(content));
    const env = { SF_ORG_INSTANCE_URL: elsewhere.org.url };
    const result = await granted(workplace, flags(), { cwd: project, env });
    expect(result).to.include({ orgId: workplace.org.orgId, loginUrl: `${workplace.org.url}/` });
    expect(elsewhere.org.requests).to.deep.equal([]);
  });

  it('that org-instance-url names, asks that host and no other', async () => {
    const env = { SF_ORG_INSTANCE_URL: workplace.org.url };
    expect(await granted(workplace, flags(), { env })).to.include({ orgId: workplace.org.orgId });
    expect(workplace.org.requestsTo(/\/oauth2\/token$/)).to.have.lengthOf(1);
  });

  it('that is given, whatever the configuration says', async () => {
    const env = { SF_ORG_INSTANCE_URL: elsewhere.org.url };
    await granted(workplace, flags('--instance-url', `${workplace.org.url}/`), { env });
    expect(elsewhere.org.requests).to.deep.equal([]);
  });
});
