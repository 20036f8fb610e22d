import { expect } from 'chai';

import { type Org, Registry, startOrg } from './index.js';
import { makeKey, type TestKey } from './testkit/keys.js';
import {
  type AppParts,
  connectedAppComponents,
  deploy,
  ecaComponents,
  type Elements,
  filesOf,
  metadataXml,
  type Outcome,
  problems,
  zip,
} from './testkit/packages.js';
import { ECA_SCOPES } from './metadata/rules-eca.js';

const KEY = 'deployTestKey1';
const parent = ['externalClientApplication', 'CiApp'] as const;

describe('local org: deployments', () => {
  let key: TestKey;
  let org: Org;

  before(async () => {
    key = await makeKey();
  });

  beforeEach(async () => {
    org = await startOrg({ kind: 'developer', switches: { deployMs: 0 } });
  });

  afterEach(async () => {
    await org.stop();
  });

  const app = (parts: AppParts = {}, consumerKey: string | undefined = KEY): ReturnType<typeof ecaComponents> =>
    ecaComponents('CiApp', key.certificate, consumerKey, parts);
  const fieldsOf = (type: string, name: string): Record<string, unknown> =>
    org.data.component(type, name)?.fields ?? {};
  const policyFields = (): Record<string, unknown> =>
    fieldsOf('ExtlClntAppOauthConfigurablePolicies', 'CiApp_oauth_defaultPolicy');
  const flags = (outcome: Outcome): unknown[] =>
    outcome.details.componentSuccesses.map(({ fullName, created, changed }) => [fullName, created, changed]);

  it('creates an app in one transaction and fills in what the server owns', async () => {
    const outcome = await deploy(org, app());
    expect(outcome).to.include({
      status: 'Succeeded',
      numberComponentsTotal: 5,
      numberComponentsDeployed: 5,
      numberFiles: '6',
    });
    expect(outcome.zipSize).to.match(/^\d+$/);
    expect(outcome.details.componentSuccesses.at(-1)).to.include({
      fullName: 'package.xml',
      componentType: '',
      created: false,
    });
    expect(fieldsOf('ExternalClientApplication', 'CiApp')['orgScopedExternalApp']).to.equal(
      `${org.orgId.slice(0, 15)}:CiApp`,
    );
    expect(org.apps[0]).to.include({ name: 'CiApp', consumerKey: KEY, adminApproved: true, bypassesIpRanges: true });
    expect(org.data.accesses).to.have.lengthOf(1);
  });

  it('says honestly what a second deployment changed', async () => {
    await deploy(org, app());
    const again = await deploy(org, app());
    expect(again.details.componentSuccesses.filter(({ componentType }) => componentType !== '')).to.satisfy(
      (messages: Array<{ created: boolean; changed: boolean }>) =>
        messages.every(({ created, changed }) => !created && !changed),
    );
    const scopes: Elements = [['commaSeparatedOauthScopes', 'Api, RefreshToken'], parent, ['label', 'CiApp OAuth']];
    const third = await deploy(org, app({ oauth: scopes }));
    expect(flags(third)).to.deep.include(['CiApp_oauth', false, true]).and.to.deep.include(['CiApp', false, false]);
  });

  it('makes both default policies by itself, with the recorded names and content', async () => {
    const components = app();
    delete components['ExtlClntAppOauthConfigurablePolicies:CiApp_oauth_defaultPolicy'];
    await deploy(org, components);
    expect(policyFields()).to.deep.equal({
      externalClientApplication: 'CiApp',
      ipRelaxationPolicyType: 'Enforce',
      isClientCredentialsFlowEnabled: 'false',
      isGuestCodeCredFlowEnabled: 'false',
      isTokenExchangeFlowEnabled: 'false',
      label: 'CiApp_oauth_defaultPolicy',
      permittedUsersPolicyType: 'AllSelfAuthorized',
      refreshTokenPolicyType: 'SpecificLifetime',
      refreshTokenValidityPeriod: '365',
      refreshTokenValidityUnit: 'Days',
      requiredSessionLevel: 'STANDARD',
    });
    expect(fieldsOf('ExtlClntAppConfigurablePolicies', 'CiApp_defaultPolicy')).to.include({ isEnabled: 'true' });
  });

  const refusals: Array<[what: string, parts: () => AppParts, problem: string]> = [
    [
      'elements out of order lose the parent',
      () => ({ oauth: [['label', 'x'], ['commaSeparatedOauthScopes', 'Api'], parent] }),
      'Enter the name of the parent external client app',
    ],
    [
      'an unknown parent',
      () => ({
        oauth: [
          ['commaSeparatedOauthScopes', 'Api'],
          ['externalClientApplication', 'Nobody'],
          ['label', 'x'],
        ],
      }),
      'INVALID_CROSS_REFERENCE_KEY: invalid cross reference id',
    ],
    [
      'a wrong enum value',
      () => ({ policy: [parent, ['label', 'x'], ['permittedUsersPolicyType', 'AdminApproved']] }),
      "'AdminApproved' is not a valid value for the enum 'PermittedUsersPolicyType'",
    ],
    [
      'a wrong scope',
      () => ({ oauth: [['commaSeparatedOauthScopes', 'Api, refresh_token'], parent, ['label', 'x']] }),
      `There's a problem with your scope(s): refresh_token. Use one of: ${ECA_SCOPES}`,
    ],
    [
      'an unknown element',
      () => ({ oauth: [['commaSeparatedOauthScopes', 'Api'], parent, ['label', 'x'], ['scopes', 'Api']] }),
      'Error parsing file: Element {http://soap.sforce.com/2006/04/metadata}scopes invalid at this location in type ExtlClntAppOauthSettings',
    ],
    [
      'a wrong boolean',
      () => ({
        header: [
          ['isProtected', 'no'],
          ['label', 'x'],
        ],
      }),
      "Error parsing file: 'no' is not a valid value for the type xsd:boolean",
    ],
    ['a header without label', () => ({ header: [['contactEmail', 'a@b.co']] }), 'Required field is missing: label'],
    [
      'a foreign orgScopedExternalApp',
      () => ({
        header: [
          ['label', 'x'],
          ['orgScopedExternalApp', '00D000000000001:CiApp'],
        ],
      }),
      "The orgScopedExternalApp value 00D000000000001:CiApp isn't valid for this org.",
    ],
    [
      'an oauthLink of one’s own',
      () => ({ oauth: [['commaSeparatedOauthScopes', 'Api'], parent, ['label', 'x'], ['oauthLink', 'a:b']] }),
      "The OAuth link a:b isn't valid.",
    ],
    [
      'an unknown permission set',
      () => ({ policy: [['commaSeparatedPermissionSet', 'Nobody'], parent, ['label', 'x']] }),
      'In field: commaSeparatedPermissionSet - no PermissionSet named Nobody found',
    ],
    [
      'an unknown profile',
      () => ({ policy: [['commaSeparatedProfile', 'Nobody'], parent, ['label', 'x']] }),
      'In field: commaSeparatedProfile - no Profile named Nobody found',
    ],
    [
      'a certificate that is none',
      () => ({ global: [['certificate', 'rubbish'], parent, ['label', 'x']] }),
      'The certificate is invalid. Enter a valid PEM-encoded X.509 certificate.',
    ],
    [
      'rotation without ignoreWarnings',
      () => ({ global: [parent, ['label', 'x'], ['shouldRotateConsumerKey', 'true']] }),
      'Rotating the consumer key or secret breaks clients that use it.',
    ],
    [
      'a mistyped number',
      () => ({ policy: [parent, ['label', 'x'], ['refreshTokenValidityPeriod', 'many']] }),
      "Error parsing file: 'many' is not a valid value for the type xsd:int",
    ],
    [
      'text that is not XML',
      () => ({ header: [['label', 'a & b']] }),
      'Error parsing file: The entity "&" was referenced, but not declared.',
    ],
  ];
  for (const [what, parts, problem] of refusals) {
    it(`refuses ${what}, and applies nothing`, async () => {
      const outcome = await deploy(org, app(parts()));
      expect(outcome).to.include({ status: 'Failed', success: false });
      expect(problems(outcome)).to.include(problem);
      expect(org.apps).to.deep.equal([]);
      expect(org.data.componentsOf('PermissionSet')).to.deep.equal([]);
      expect(org.data.consumers).to.deep.equal([]);
    });
  }

  it('points at the line of a refused element', async () => {
    const outcome = await deploy(org, app({ policy: [parent, ['permittedUsersPolicyType', 'AdminApproved']] }));
    expect(outcome.details.componentFailures[0]).to.include({ lineNumber: 4, problemType: 'Error' });
  });

  it('refuses global settings without OAuth settings', async () => {
    const components = app();
    delete components['ExtlClntAppOauthSettings:CiApp_oauth'];
    const outcome = await deploy(org, components);
    expect(problems(outcome)).to.deep.equal([
      "The external client app configured in your global OAuth Settings doesn't have a valid OAuth settings configuration.",
    ]);
  });

  it('refuses a second policy of the same app, naming the first', async () => {
    await deploy(org, app());
    const second = {
      'ExtlClntAppOauthConfigurablePolicies:CiApp_policy': metadataXml('ExtlClntAppOauthConfigurablePolicies', [
        parent,
        ['label', 'x'],
      ]),
    } as const;
    expect(problems(await deploy(org, second))).to.deep.equal([
      'duplicate value found: ExternalClientApplicationId duplicates value on CiApp_oauth_defaultPolicy',
    ]);
  });

  it('keeps what succeeded when rollbackOnError is off', async () => {
    const outcome = await deploy(org, app({ policy: [parent, ['permittedUsersPolicyType', 'AdminApproved']] }), {
      rollbackOnError: false,
    });
    expect(outcome.status).to.equal('SucceededPartial');
    expect(org.apps[0]).to.include({ name: 'CiApp', adminApproved: false });
  });

  it('only checks with checkOnly', async () => {
    expect(await deploy(org, app(), { checkOnly: true })).to.include({ status: 'Succeeded', checkOnly: true });
    expect(org.apps).to.deep.equal([]);
  });

  it('resets elements that a later deployment omits, the certificate too, except the key; switches keep them', async () => {
    await deploy(org, app());
    const bare: AppParts = { global: [parent, ['label', 'x']], policy: [parent, ['label', 'x']] };
    await deploy(org, app(bare));
    expect(org.apps[0]).to.include({ consumerKey: KEY, adminApproved: false });
    expect(org.apps[0]?.certificate).to.equal(undefined);
    await deploy(org, app());
    org.switches.omittedFields = 'kept';
    org.switches.omittedCertificate = 'kept';
    await deploy(org, app(bare));
    expect(org.apps[0]).to.include({ adminApproved: true, certificate: key.certificate.trim() });
  });

  describe('consumer keys', () => {
    const keyOf = (): string | undefined => org.apps[0]?.consumerKey;

    it('are made by the server when none is sent', async () => {
      await deploy(org, app({}, ''));
      expect(keyOf()).to.match(/^3MVG9[\w.]{80}$/);
    });

    it('stay as they are when another one is sent later', async () => {
      await deploy(org, app());
      expect(await deploy(org, app({}, 'anotherKey123'))).to.include({ status: 'Succeeded' });
      expect(keyOf()).to.equal(KEY);
    });

    it('are ignored or refused, if the org is one of those', async () => {
      org.switches.ecaKeySettable = 'rejected';
      expect(problems(await deploy(org, app()))).to.deep.equal(['You cannot provide a Consumer Key']);
      org.switches.ecaKeySettable = 'ignored';
      expect(await deploy(org, app())).to.include({ status: 'Succeeded' });
      expect(keyOf()).to.match(/^3MVG9/);
    });

    it('are unique across orgs, and rotate with ignoreWarnings', async () => {
      const registry = new Registry();
      const [first, second] = [
        await startOrg({ kind: 'production', registry, switches: { deployMs: 0 } }),
        await startOrg({ kind: 'sandbox', registry, switches: { deployMs: 0 } }),
      ];
      await deploy(first, app());
      expect(problems(await deploy(second, app()))).to.deep.equal(['The consumer key is already taken.']);
      const rotate: AppParts = { global: [parent, ['label', 'x'], ['shouldRotateConsumerKey', 'true']] };
      expect(await deploy(first, app(rotate), { ignoreWarnings: true })).to.include({ status: 'Succeeded' });
      expect(first.apps[0]?.consumerKey).to.match(/^3MVG9/);
      await first.stop();
      await second.stop();
    });
  });

  describe('Connected Apps', () => {
    it('cannot be created, but updated, while creation is blocked', async () => {
      const blocked = await deploy(org, connectedAppComponents('Classic', key.certificate));
      expect(problems(blocked)).to.deep.equal([
        "You can't create a connected app. To enable connected app creation, contact Salesforce Customer Support.",
      ]);
      org.setup.createConnectedApp({ name: 'Classic' });
      expect(await deploy(org, connectedAppComponents('Classic', key.certificate))).to.include({ status: 'Succeeded' });
      expect(org.apps[0]?.certificate).to.equal(key.certificate.trim());
    });

    const rules: Array<[what: string, oauth: Elements, top: Elements, problem: string]> = [
      [
        'a permission set without admin approval',
        [],
        [['permissionSetName', 'Ci']],
        'You can specify permissionSetName only when isAdminApproved is true.',
      ],
      [
        'an unknown permission set',
        [['isAdminApproved', 'true']],
        [['permissionSetName', 'No']],
        'In field: permissionSetName - no PermissionSet named No found',
      ],
      [
        'a short consumer key',
        [['consumerKey', 'short']],
        [],
        'Consumer Key: must be alphanumeric and have between 8 and 256 characters.',
      ],
    ];
    for (const [what, oauth, top, problem] of rules) {
      it(`refuse ${what}`, async () => {
        org.switches.connectedAppCreation = 'allowed';
        org.setup.createPermissionSet('Ci');
        expect(
          problems(await deploy(org, connectedAppComponents('Classic', key.certificate, oauth, top))),
        ).to.deep.equal([problem]);
      });
    }

    it('take their key at creation only', async () => {
      org.switches.connectedAppCreation = 'allowed';
      const withKey = connectedAppComponents('Classic', key.certificate, [['consumerKey', 'classicKey_1']]);
      expect(await deploy(org, withKey)).to.include({ status: 'Succeeded' });
      expect(problems(await deploy(org, withKey))).to.deep.equal(['You cannot provide a Consumer Key']);
      await deploy(org, connectedAppComponents('Classic', key.certificate));
      expect(org.apps[0]?.consumerKey).to.equal('classicKey_1');
    });

    it('need a callback URL and a contact', async () => {
      org.switches.connectedAppCreation = 'allowed';
      const xml = metadataXml('ConnectedApp', [
        ['label', 'x'],
        ['oauthConfig', '<scopes>Api</scopes>'],
      ]);
      expect(problems(await deploy(org, { 'ConnectedApp:X': xml }))).to.deep.equal([
        'Required field is missing: callbackUrl',
      ]);
      const bare = metadataXml('ConnectedApp', [['label', 'x']]);
      expect(problems(await deploy(org, { 'ConnectedApp:X': bare }))).to.deep.equal([
        'Required field is missing: contactEmail',
      ]);
    });
  });

  describe('packages', () => {
    const badZips: Array<[what: string, change: (files: Record<string, string>) => void, problem: string]> = [
      ['no package.xml', (files) => delete files['package.xml'], 'No package.xml found'],
      [
        'a file that package.xml does not list',
        (files) => (files['permissionsets/Other.permissionset'] = '<PermissionSet/>'),
        'Not in package.xml',
      ],
      [
        'a listed component without file',
        (files) => delete files['permissionsets/CiApp.permissionset'],
        "An object 'CiApp' of type PermissionSet was named in package.xml, but was not found in zipped directory",
      ],
      [
        'a wrong suffix',
        (files) => (files['externalClientApps/CiApp.ecaGlobal'] = '<x/>'),
        'Unknown file type or directory: no metadata type stores its files here',
      ],
      [
        'an unknown type',
        (files) =>
          (files['package.xml'] = (files['package.xml'] ?? '').replace(
            '<version>',
            '<types><members>x</members><name>Nope</name></types><version>',
          )),
        "Entity type: 'Nope' is unknown",
      ],
      [
        'an API version before the type',
        (files) => (files['package.xml'] = (files['package.xml'] ?? '').replace('62.0', '58.0')),
        "Entity type: 'ExternalClientApplication' is not available in this api version",
      ],
    ];
    for (const [what, change, problem] of badZips) {
      it(`fail with ${what}`, async () => {
        const files = filesOf(app());
        change(files);
        const outcome = await deploy(org, await zip(files));
        expect(outcome.status).to.equal('Failed');
        expect(problems(outcome)).to.include(problem);
        expect(org.apps).to.deep.equal([]);
      });
    }

    it('may use source-format file names', async () => {
      const entries = Object.entries(filesOf(app()));
      const renamed = entries.map(([name, text]) => [name === 'package.xml' ? name : `${name}-meta.xml`, text]);
      expect(await deploy(org, await zip(Object.fromEntries(renamed) as Record<string, string>))).to.include({
        status: 'Succeeded',
      });
    });

    it('fail as a whole when they are no zip', async () => {
      const outcome = await deploy(org, Buffer.from('rubbish'));
      expect(outcome).to.include({ status: 'Failed', errorMessage: 'The deployment zip file is invalid.' });
    });

    it('delete with destructiveChanges.xml; satellites go with their app', async () => {
      await deploy(org, app());
      const empty = filesOf({});
      const destructive = {
        ...empty,
        'destructiveChanges.xml': filesOf({ 'ExternalClientApplication:CiApp': '' })['package.xml'] ?? '',
      };
      expect(await deploy(org, await zip(destructive))).to.include({ status: 'Succeeded' });
      expect(org.apps).to.deep.equal([]);
      expect(org.data.componentsOf('ExtlClntAppOauthSettings')).to.deep.equal([]);
      expect(org.data.accesses).to.deep.equal([]);
    });
  });

  it('has the server’s own policy claim its name before the package is through, or after', async () => {
    const components = app();
    delete components['ExtlClntAppOauthConfigurablePolicies:CiApp_oauth_defaultPolicy'];
    components['ExtlClntAppOauthConfigurablePolicies:CiApp_mine'] = metadataXml(
      'ExtlClntAppOauthConfigurablePolicies',
      [parent, ['label', 'x']],
    );
    org.switches.defaultPolicyTiming = 'with-settings';
    expect(problems(await deploy(org, components))).to.have.lengthOf(1);
    org.switches.defaultPolicyTiming = 'after-package';
    expect(await deploy(org, components)).to.include({ status: 'Succeeded' });
    expect(org.data.componentsOf('ExtlClntAppOauthConfigurablePolicies').map(({ fullName }) => fullName)).to.deep.equal(
      ['CiApp_mine'],
    );
  });

  it('takes certificates as PEM or bare base64, and refuses EC and expired ones where the switch says so', async () => {
    const ec = await makeKey({ type: 'ec' });
    org.switches.ecCertificate = 'refused';
    const outcome = await deploy(org, ecaComponents('Ec', ec.certificate, undefined));
    expect(problems(outcome)[0]).to.include('The key is not an RSA key.');
    const stale = await makeKey({ notBefore: new Date(0), notAfter: new Date(86_400_000) });
    expect(await deploy(org, ecaComponents('Old', stale.certificate, undefined))).to.include({ status: 'Succeeded' });
    org.switches.expiredCertificate = 'refused';
    expect(problems(await deploy(org, ecaComponents('Older', stale.certificate, undefined)))[0]).to.include(
      'It has expired.',
    );
    const body = key.certificate.replaceAll(/-----.*-----/g, '').trim();
    expect(await deploy(org, ecaComponents('Bare', body, undefined))).to.include({ status: 'Succeeded' });
  });

  it('creates no access row when the org is one of those', async () => {
    org.switches.accessRowCreated = false;
    await deploy(org, app());
    expect(org.data.accesses).to.deep.equal([]);
  });

  it('needs a user who may use the Metadata API', async () => {
    const plain = org.addUser({ username: 'plain@acme.example.com' });
    const error = await deploy(org, app(), {}, { token: plain.accessToken }).catch((reason: unknown) => String(reason));
    expect(error).to.include('403').and.to.include('INSUFFICIENT_ACCESS');
    const permissions = ['ModifyMetadata', 'CustomizeApplication', 'ExternalClientAppDeveloper'];
    const builder = org.addUser({ username: 'builder@acme.example.com', permissions });
    for (const missing of permissions.slice(1)) {
      org.setup.takePermissions('builder@acme.example.com', missing);
      const outcome = await deploy(org, app(), {}, { token: builder.accessToken });
      expect(outcome).to.include({ status: 'Failed' });
      expect(problems(outcome)).to.include('insufficient access rights on object id');
      org.user('builder@acme.example.com')?.permissions.add(missing);
    }
    expect(await deploy(org, app(), {}, { token: builder.accessToken })).to.include({ status: 'Succeeded' });
  });

  it('come one after the other, and are listed for the Tooling API alone', async () => {
    const release = org.holdDeployments();
    const both = Promise.all([deploy(org, app()), deploy(org, app(), { checkOnly: true })]);
    const query = async (api: string): Promise<Response> =>
      fetch(
        `${org.url}/services/data/v62.0/${api}?q=${encodeURIComponent(
          'SELECT Status, CheckOnly, CreatedBy.Username FROM DeployRequest ORDER BY CreatedDate DESC',
        )}`,
        { headers: { authorization: `Bearer ${org.admin.accessToken}` } },
      );
    const seen = new Set<string>();
    while (org.data.deployments.length < 2 || org.data.deployments.some(({ done }) => !done)) {
      const { records } = (await (await query('tooling/query')).json()) as {
        records: Array<{ Status: string; CreatedBy: { Username: string } }>;
      };
      seen.add(records.map(({ Status }) => Status).join(', '));
      if (records.length === 2 && records.some(({ Status }) => Status === 'InProgress')) release();
      expect(records.every(({ CreatedBy }) => CreatedBy.Username === org.admin.username)).to.equal(true);
      await new Promise((done) => setTimeout(done, 20));
    }
    await both;
    expect([...seen])
      .to.include('Pending, InProgress')
      .and.not.to.include('InProgress, InProgress');
    expect((await query('query')).status).to.equal(400);
    org.switches.deploymentsQueryable = false;
    expect(await (await query('tooling/query')).text()).to.include("sObject type 'DeployRequest' is not supported");
  });

  it('tell users of their permissions, and show access rows only to those who may view the setup', async () => {
    const plain = org.addUser({ username: 'plain@acme.example.com' });
    const query = async (soql: string, token: string): Promise<string> => {
      const url = `${org.url}/services/data/v62.0/query?q=${encodeURIComponent(soql)}`;
      return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text();
    };
    const soql = 'SELECT PermissionsViewSetup FROM UserPermissionAccess';
    expect(await query(soql, plain.accessToken)).to.include('"PermissionsViewSetup":false');
    expect(await query(soql, org.admin.accessToken)).to.include('"PermissionsViewSetup":true');
    for (const object of ['SetupEntityAccess', 'PermissionSet', 'PermissionSetAssignment']) {
      const refusal = `sObject type '${object}' is not supported. If`;
      expect(await query(`SELECT Id FROM ${object}`, plain.accessToken)).to.include(refusal);
      expect(await query(`SELECT Id FROM ${object}`, org.admin.accessToken)).to.include('"done":true');
    }
  });

  describe('in production', () => {
    let production: Org;

    beforeEach(async () => {
      production = await startOrg({ kind: 'production', switches: { deployMs: 0 } });
    });

    afterEach(async () => {
      await production.stop();
    });

    it('need rollbackOnError', async () => {
      const error = await deploy(production, app(), { rollbackOnError: false }).catch((reason: unknown) =>
        String(reason),
      );
      expect(error).to.include('400').and.to.include('rollbackOnError must be true');
    });

    it('fail when the org’s tests fail', async () => {
      production.switches.productionTests = 'fail';
      const outcome = await deploy(production, app());
      expect(outcome).to.include({ status: 'Failed', numberComponentErrors: 0, numberTestErrors: 1 });
      expect(outcome.details.runTestResult.failures).to.have.lengthOf(1);
      expect(production.apps).to.deep.equal([]);
      expect(await deploy(production, app(), { testLevel: 'NoTestRun' })).to.include({ status: 'Succeeded' });
    });

    it('may refuse NoTestRun', async () => {
      production.switches.productionTests = 'required';
      const error = await deploy(production, app(), { testLevel: 'NoTestRun' }).catch((reason: unknown) =>
        String(reason),
      );
      expect(error).to.include('testLevel of NoTestRun cannot be used in production organizations');
      expect(await deploy(production, app())).to.include({ status: 'Succeeded' });
    });
  });
});
