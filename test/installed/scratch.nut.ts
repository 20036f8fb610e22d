import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { startOrg, type Org } from '../emulator/index.js';
import { startNpmRegistry, type NpmRegistry } from '../support/npm-registry.js';
import { installPlugin, packPlugin } from '../support/packed-plugin.js';
import { makeSfHome, runScript, sf, type SfHome, type SfResult } from '../support/sf-cli.js';

const RECIPE = join(import.meta.dirname, '..', '..', 'docs', 'recipes', 'scratch-orgs.md');
const CI_USER = 'ci@acme.example.com';
const SIGN_UP_VARIABLES = {
  SF_SCRATCH_SIGNUP_CONNECTED_APP: 'PlatformCLI',
  SF_SCRATCH_SIGNUP_CALLBACK_URL: 'http://localhost:1717/OauthRedirect',
};

const CLASS_META = `<?xml version="1.0" encoding="UTF-8"?>
<ApexClass xmlns="http://soap.sforce.com/2006/04/metadata">
    <apiVersion>67.0</apiVersion>
    <status>Active</status>
</ApexClass>
`;

/** A small project, as `sf project generate` lays one out. */
const PROJECT: Record<string, string> = {
  'sfdx-project.json': JSON.stringify({
    packageDirectories: [{ path: 'force-app', default: true }],
    sourceApiVersion: '67.0',
  }),
  'config/project-scratch-def.json': JSON.stringify({
    orgName: 'Acme',
    edition: 'Developer',
    features: ['EnableSetPasswordInApi'],
    settings: { lightningExperienceSettings: { enableS1DesktopEnabled: true } },
  }),
  'force-app/main/default/classes/Greeting.cls':
    "public class Greeting {\n  public static String hello() {\n    return 'hi';\n  }\n}\n",
  'force-app/main/default/classes/Greeting.cls-meta.xml': CLASS_META,
  'force-app/main/default/classes/GreetingTest.cls':
    "@IsTest\nprivate class GreetingTest {\n  @IsTest\n  static void greets() {\n    Assert.areEqual('hi', Greeting.hello());\n  }\n}\n",
  'force-app/main/default/classes/GreetingTest.cls-meta.xml': CLASS_META,
};

/** The block of code under a marker of the recipe. */
async function recipe(marker: string): Promise<string> {
  const page = await readFile(RECIPE, 'utf8');
  const block = new RegExp(`<!-- ${marker} -->\\n+\`\`\`\\w+\\n([^]*?)\`\`\``).exec(page)?.[1];
  if (block === undefined) throw new Error(`The recipe has no block ${marker}`);
  return block;
}

const sfLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('sf '));

/** From a Dev Hub that the packed plugin logged in to, the real CLI makes, uses and deletes scratch orgs. */
describe('scratch orgs of a Dev Hub that jwt grant logged in to', function () {
  this.timeout(600_000);

  let home: SfHome;
  let project: string;
  let hub: Org;
  let env: Record<string, string>;

  const run = async (line: string, words: string[] = []): Promise<SfResult> =>
    sf([...line.split(' '), ...words], { home, cwd: project, env });

  const succeed = async (line: string, words: string[] = []): Promise<SfResult> => {
    const result = await run(line, words);
    expect(result.status, `${line}\n${result.stdout}\n${result.stderr}`).to.equal(0);
    return result;
  };

  before(async () => {
    home = await makeSfHome();
    project = join(home.path, 'project');
    for (const [name, text] of Object.entries(PROJECT)) {
      await mkdir(dirname(join(project, name)), { recursive: true });
      await writeFile(join(project, name), text);
    }
    env = {};
    await installPlugin(home);
    await succeed('jwt keygen');
  });

  after(async () => {
    const egress = home.egress();
    await home.remove();
    expect(egress, 'hosts outside this machine').to.deep.equal([]);
  });

  beforeEach(async () => {
    hub = await startOrg({ kind: 'production', devHub: true, users: [{ username: CI_USER }] });
    env = {};
  });

  // A request that the local org doesn't know is an error here.
  afterEach(async () => hub.stop());

  /** An app in the Dev Hub, pre-authorized for the CI user. */
  async function addApp(kind: 'ConnectedApp' | 'ExternalClientApp'): Promise<string> {
    const certificate = await readFile(join(project, 'server.crt'), 'utf8');
    hub.setup.createPermissionSet('Ci');
    const clientId = hub.setup[`create${kind}`]({
      name: 'Ci',
      certificate,
      adminApproved: true,
      permissionSets: ['Ci'],
    });
    hub.setup.assignPermissionSet(CI_USER, 'Ci');
    return clientId;
  }

  const grant = async (clientId: string): Promise<SfResult> =>
    succeed(`jwt grant -o ${CI_USER} -i ${clientId} -f server.key -r ${hub.url} -a devhub -d`);

  const create = async (): Promise<SfResult> =>
    run('org create scratch -f config/project-scratch-def.json -v devhub -a my-scratch --wait 5 --json');

  type Listed = { alias?: string; username: string; devHubUsername?: string; status?: string };
  const list = async (): Promise<{ scratchOrgs: Listed[]; devHubs: Listed[] }> =>
    (await succeed('org list --json')).json.result as never;

  /** The one scratch org of the Dev Hub. */
  function scratchOrg(): Org {
    expect(hub.scratchOrgs).to.have.lengthOf(1);
    return hub.scratchOrgs[0]!;
  }

  const grantTypes = (org: Org): Array<string | null> =>
    org.requestsTo(/oauth2\/token/, 'POST').map(({ body }) => new URLSearchParams(body).get('grant_type'));

  const statusesInHub = (): unknown[] => hub.data.scratchOrgInfos.map(({ Status }) => Status);

  /** Everything that the new org is for. */
  async function expectUsable(clientId: string): Promise<void> {
    const org = scratchOrg();
    const display = await succeed('org display -o my-scratch --json');
    expect(display.json.result).to.include({
      ...{ id: org.orgId, instanceUrl: org.url, username: org.admin.username, alias: 'my-scratch', clientId },
      ...{ status: 'Active', devHubId: CI_USER, createdBy: CI_USER, edition: 'Developer', orgName: 'Acme' },
    });
    const { scratchOrgs, devHubs } = await list();
    expect(scratchOrgs.map(({ alias, devHubUsername, status }) => ({ alias, devHubUsername, status }))).to.deep.equal([
      { alias: 'my-scratch', devHubUsername: CI_USER, status: 'Active' },
    ]);
    expect(devHubs.map(({ alias }) => alias)).to.deep.equal(['devhub']);

    const deploy = await succeed('project deploy start -o my-scratch --json');
    expect(deploy.json.result).to.include({ status: 'Succeeded', numberComponentsDeployed: 2 });
    const classes = org.data.componentsOf('ApexClass');
    expect(classes.map(({ fullName }) => fullName).sort()).to.deep.equal(['Greeting', 'GreetingTest']);
    const preview = await succeed('project deploy preview -o my-scratch --json');
    expect(preview.json.result['toDeploy'], 'what is still to deploy').to.deep.equal([]);

    org.expireSessions();
    const test = await succeed('apex run test -o my-scratch --test-level RunLocalTests --wait 5 --json');
    expect(test.json.result['summary']).to.include({ outcome: 'Passed', testsRan: 1 });
  }

  async function expectDeletable(): Promise<void> {
    const org = scratchOrg();
    const deletion = await succeed('org delete scratch -o my-scratch --no-prompt --json');
    expect(deletion.json.result).to.deep.equal({ username: org.admin.username, orgId: org.orgId });
    expect(statusesInHub()).to.deep.equal(['Deleted']);
    expect((await list()).scratchOrgs).to.deep.equal([]);
  }

  it('with a Connected App: the CLI logs in to the new org with the Dev Hub’s key', async () => {
    const clientId = await addApp('ConnectedApp');
    await grant(clientId);
    const created = await create();
    expect(created.status, created.stdout).to.equal(0);
    expect(created.json.result).to.have.nested.property('scratchOrgInfo.ConnectedAppConsumerKey', clientId);
    await expectUsable(clientId);
    expect(new Set(grantTypes(scratchOrg()))).to.deep.equal(new Set(['urn:ietf:params:oauth:grant-type:jwt-bearer']));
    expect(grantTypes(scratchOrg()).length, 'logins, the second one after the session ended').to.be.greaterThan(1);
    await expectDeletable();
  });

  it('with an External Client App and the two variables: the CLI’s own app signs the org up', async () => {
    await grant(await addApp('ExternalClientApp'));
    env = SIGN_UP_VARIABLES;
    const created = await create();
    expect(created.status, created.stdout).to.equal(0);
    expect(created.json.result).to.have.nested.property('scratchOrgInfo.ConnectedAppConsumerKey', 'PlatformCLI');
    env = {};
    await expectUsable('PlatformCLI');
    const [first, ...others] = grantTypes(scratchOrg());
    expect(first).to.equal('authorization_code');
    expect(new Set(others), 'after the session ended').to.deep.equal(new Set(['refresh_token']));
    await expectDeletable();
  });

  it('with an External Client App alone: C-1016, after grant had named the variables', async () => {
    const granted = await grant(await addApp('ExternalClientApp'));
    for (const [name, value] of Object.entries(SIGN_UP_VARIABLES))
      expect(granted.stderr).to.contain(`${name}=${value}`);
    expect(granted.stderr).to.contain('C-1016');
    const created = await create();
    expect(created.status).to.equal(1);
    expect(created.json).to.include({ name: 'RemoteOrgSignupFailed' });
    expect(created.json.message).to.contain('configure and approve the Connected App');
    expect(JSON.stringify(created.json['actions'])).to.contain('C-1016');
    expect(hub.scratchOrgs).to.deep.equal([]);
    const log = await succeed('data query -o devhub --json -q', ['SELECT Status, ErrorCode FROM ScratchOrgInfo']);
    expect(log.json.result).to.have.nested.property('records[0].ErrorCode', 'C-1016');
    expect((await list()).scratchOrgs).to.deep.equal([]);
  });

  describe('the recipe', () => {
    let registry: NpmRegistry;
    before(async () => (registry = await startNpmRegistry((await packPlugin()).tarball)));
    after(() => registry.stop());

    /** The script as it stands there, with this Dev Hub's values and a registry that has the plugin. */
    const runRecipe = async (): Promise<Omit<SfResult, 'json'>> => {
      const script = (await recipe('scratch-org-script'))
        .replaceAll('ci@example.com', CI_USER)
        .replaceAll('3MVG9exampleClientId', await addApp('ExternalClientApp'))
        .replaceAll('https://example.my.salesforce.com', hub.url);
      await writeFile(join(project, 'scratch.sh'), script);
      const variables = {
        SF_JWT_KEY: await readFile(join(project, 'server.key'), 'utf8'),
        SF_NPM_REGISTRY: registry.url,
        npm_config_update_notifier: 'false',
      };
      return runScript('bash scratch.sh', { home, cwd: project, env: variables });
    };

    it('makes an org, deploys, tests and deletes', async () => {
      const { status, stdout, stderr } = await runRecipe();
      expect(status, stdout + stderr).to.equal(0);
      expect(stdout).to.match(/GreetingTest\.greets\s+Pass/);
      expect(scratchOrg().data.componentsOf('ApexClass')).to.have.lengthOf(2);
      expect(statusesInHub()).to.deep.equal(['Deleted']);
      expect(stderr).not.to.contain('C-1016');
    });

    it('deletes the org of a run whose tests fail, and fails', async () => {
      hub.switches.apexTests = 'fail';
      const { status, stdout } = await runRecipe();
      expect(status).to.equal(100);
      expect(stdout).to.match(/GreetingTest\.greets\s+Fail/);
      expect(statusesInHub()).to.deep.equal(['Deleted']);
    });

    it('says the same to GitHub Actions as to the shell', async () => {
      type Step = { run?: string; if?: string; env?: Record<string, string> };
      const workflow = parse(await recipe('scratch-org-workflow')) as {
        jobs: { scratch: { env: Record<string, string>; steps: Step[] } };
      };
      const { env: jobEnv, steps } = workflow.jobs.scratch;
      const lines = steps.flatMap((step) => sfLines(step.run ?? ''));
      const script = (await recipe('scratch-org-script')).replaceAll(' || status=1', '');
      expect([...lines].sort()).to.deep.equal(sfLines(script).sort());
      expect(lines.map((line) => line.split(' ').slice(1, 3).join(' '))).to.deep.equal([
        ...['jwt grant', 'org create', 'project deploy', 'apex run', 'org delete', 'jwt revoke'],
      ]);
      expect(steps.slice(-2).map((step) => step.if)).to.deep.equal(['always()', 'always()']);
      expect(jobEnv).to.deep.equal(SIGN_UP_VARIABLES);
      expect(steps.filter((step) => step.env?.['SF_JWT_KEY'] !== undefined)).to.have.lengthOf(1);
    });
  });
});
