import { expect } from 'chai';

import { type Org, startOrg } from './index.js';
import { claimsFor, grant, makeKey, signAssertion, type TestKey } from './testkit/keys.js';
import { deploy, ecaComponents, metadataXml, problems, zip, packageXml, type Outcome } from './testkit/packages.js';
import { certificateReadback } from './metadata/certificate.js';
import { visibleFields } from './metadata/render.js';

const GLOBAL = 'ExtlClntAppGlobalOauthSettings';
const POLICY = 'ExtlClntAppOauthConfigurablePolicies';
const USER = 'ci@acme.example.com';

/** What was learnt of real orgs in 2026: each default, and the other way. */
describe('local org: what differs between real ones', () => {
  let key: TestKey;
  let org: Org;
  before(async () => {
    key = await makeKey();
  });
  beforeEach(async () => {
    org = await startOrg({ kind: 'production', users: [{ username: USER }], switches: { deployMs: 0 } });
  });
  afterEach(() => org.stop());

  const app = (certificate = key.certificate): ReturnType<typeof ecaComponents> =>
    ecaComponents('CiApp', certificate, 'ciKey1234567');
  const withGlobal = (element: string): ReturnType<typeof ecaComponents> => {
    const file = `${GLOBAL}:CiApp_glbloauth` as const;
    const components = app();
    return { ...components, [file]: components[file]!.replace('<label>', `${element}\n    <label>`) };
  };
  const shown = (type: string): Record<string, unknown> => {
    const [component] = org.data.componentsOf(type);
    if (component === undefined) throw new Error(`No ${type}`);
    return visibleFields(org.data, component, '67.0');
  };
  const token = async (): Promise<Record<string, string>> => {
    const clientId = org.apps[0]?.consumerKey ?? '';
    return (await grant(org.url, signAssertion(key, claimsFor(clientId, USER, org.url)))).body;
  };

  it('forces isPkceRequired, or keeps what was deployed', async () => {
    const components = withGlobal('<isPkceRequired>false</isPkceRequired>');
    await deploy(org, components);
    expect(shown(GLOBAL)).to.include({ isPkceRequired: 'true' });
    org.switches.pkceRequired = 'as-deployed';
    await deploy(org, components);
    expect(shown(GLOBAL)).to.include({ isPkceRequired: 'false' });
  });

  it('gives isDPopEnabled back and takes it, or knows nothing of it', async () => {
    await deploy(org, app());
    expect(shown(GLOBAL)).to.include({ isDPopEnabled: 'false' });
    const components = withGlobal('<isDPopEnabled>true</isDPopEnabled>');
    expect(await deploy(org, components)).to.include({ status: 'Succeeded' });
    expect(shown(GLOBAL)).to.include({ isDPopEnabled: 'true' });
    org.switches.dPopField = 'unknown';
    await deploy(org, app());
    expect(shown(GLOBAL)).not.to.have.property('isDPopEnabled');
  });

  it('takes a certificate in three forms, gives it back as it came, or in another form', async () => {
    const pem = key.certificate.trim();
    const bare = certificateReadback(pem, 'base64') ?? '';
    for (const form of [pem, bare, Buffer.from(`${pem}\n`).toString('base64')]) {
      expect(await deploy(org, app(form))).to.include({ status: 'Succeeded' });
      expect(shown(GLOBAL)['certificate']).to.equal(form);
      org.switches.certificateReadback = 'base64';
      expect(shown(GLOBAL)['certificate']).to.equal(bare);
      org.switches.certificateReadback = 'as-sent';
    }
    expect(problems(await deploy(org, app(Buffer.from('no certificate').toString('base64'))))).to.have.lengthOf(1);
  });

  it('adds members to the token response by scope and flag, always, or never', async () => {
    const profiles = ['Standard User'];
    const wanted = { name: 'CiApp', certificate: key.certificate, adminApproved: true, profiles };
    org.setup.createExternalClientApp(wanted);
    expect(await token()).not.to.have.any.keys('token_format', 'api_instance_url');
    org.switches.tokenResponseExtras = 'always';
    expect(await token()).to.include({ token_format: 'opaque', api_instance_url: 'https://api.salesforce.com' });
    org.switches.tokenResponseExtras = 'by-app';
    org.setup.changeScopes('CiApp', ['Api', 'RefreshToken', 'SFApiPlatform']);
    expect(await token())
      .to.include({ api_instance_url: 'https://api.salesforce.com' })
      .and.not.to.have.property('token_format');
    org.switches.tokenResponseExtras = 'never';
    expect(await token()).not.to.have.any.keys('token_format', 'api_instance_url');
  });

  it('refuses a contact address that is none, or takes it', async () => {
    const components = app();
    const header = 'ExternalClientApplication:CiApp' as const;
    components[header] = components[header]!.replace(/<contactEmail>[^<]*/, '<contactEmail>nobody');
    expect(problems(await deploy(org, components)).join()).to.contain('invalid email address');
    org.switches.contactEmail = 'taken';
    expect(await deploy(org, components)).to.include({ status: 'Succeeded' });
  });

  it('refuses new components of a namespace', async () => {
    const parent = ['externalClientApplication', 'CiApp'] as const;
    const policy = metadataXml(POLICY, [parent, ['label', 'x']]);
    const outcome = await deploy(org, { ...app(), [`${POLICY}:acme__CiApp_oauthPlcy`]: policy });
    expect(problems(outcome).join()).to.contain('Cannot create a new component with the namespace: acme');
  });

  it('calls its profiles by names of its language', async () => {
    const dutch = await startOrg({ kind: 'developer', language: 'nl_NL', switches: { deployMs: 0 } });
    const policy = (profile: string): Promise<Outcome> =>
      deploy(dutch, {
        ...app(),
        [`${POLICY}:CiApp_oauth_defaultPolicy`]: metadataXml(POLICY, [
          ['commaSeparatedProfile', profile],
          ['externalClientApplication', 'CiApp'],
          ['label', 'x'],
        ]),
      });
    expect(problems(await policy('System Administrator')).join()).to.contain('no Profile named');
    expect(await policy('Systeembeheerder')).to.include({ status: 'Succeeded' });
    await dutch.stop();
  });

  it('deletes an app with its five components in one deployment, and ends its sessions', async () => {
    await deploy(org, app());
    org.setup.assignPermissionSet(USER, 'CiApp');
    const { access_token: accessToken = '' } = await token();
    const alive = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${accessToken}` };
      return (await fetch(`${org.url}/services/data/v62.0/limits`, { headers })).status;
    };
    expect(await alive()).to.equal(200);
    const members = Object.fromEntries(org.apps[0]!.components.map(({ type, fullName }) => [type, [fullName]]));
    expect(Object.keys(members)).to.have.lengthOf(5);
    const outcome = await deploy(
      org,
      await zip({ 'package.xml': packageXml({}), 'destructiveChanges.xml': packageXml(members) }),
    );
    expect(outcome).to.include({ status: 'Succeeded', numberComponentsDeployed: 5 });
    expect(org.apps).to.deep.equal([]);
    expect(await alive()).to.equal(401);
  });

  it('refuses every login of an app that is not enabled', async () => {
    await deploy(org, app());
    org.setup.assignPermissionSet(USER, 'CiApp');
    expect(await token()).to.have.property('access_token');
    org.setup.setEnabled('CiApp', false);
    expect(await token()).not.to.have.property('access_token');
  });

  it('has no Organization in the Tooling API', async () => {
    const soql = encodeURIComponent('SELECT Id FROM Organization');
    const headers = { authorization: `Bearer ${org.admin.accessToken}` };
    const ask = (api: string): Promise<Response> =>
      fetch(`${org.url}/services/data/v62.0/${api}?q=${soql}`, { headers });
    expect((await ask('query')).status).to.equal(200);
    expect(await (await ask('tooling/query')).text()).to.contain('is not supported');
  });
});
