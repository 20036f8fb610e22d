import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ComponentSet, MetadataConverter, type SourceComponent } from '@salesforce/source-deploy-retrieve';
import { expect } from 'chai';
import { deploy, problems } from '../emulator/testkit/packages.js';
import { CONNECT, connected, refused, stateOf } from '../support/connect.js';
import { CI_USER, Workplace } from '../support/workplace.js';

const EXTERNAL_CLIENT_APP = {
  ExternalClientApplication: 'CiServer',
  ExtlClntAppGlobalOauthSettings: 'CiServer_glbloauth',
  ExtlClntAppOauthConfigurablePolicies: 'CiServer_oauth_defaultPolicy',
  ExtlClntAppOauthSettings: 'CiServer_oauth',
  PermissionSet: 'CiServer',
};
const TYPES: Array<[type: string, flags: string[], components: Record<string, string>]> = [
  ['external-client-app', [], EXTERNAL_CLIENT_APP],
  ['connected-app', ['--app-type', 'connected-app'], { ConnectedApp: 'CiServer', PermissionSet: 'CiServer' }],
];

for (const [type, flags, components] of TYPES) {
  describe(`The metadata that sf jwt connect --output-dir writes of an app of the type ${type}`, () => {
    const named = ['--name', 'CiServer', '--username', CI_USER, ...flags];
    let workplace: Workplace;
    let clientId: string | null;

    before(async () => {
      workplace = await Workplace.open({ switches: { connectedAppCreation: 'allowed' } });
      await connected(workplace, [...named, '--output-dir', 'planned', '--dry-run']);
      ({ clientId } = await connected(workplace, [...named, '--output-dir', 'source']));
    });
    after(() => workplace.close());

    it("is what Salesforce's own library reads, component by component", async () => {
      const set = ComponentSet.fromSource(workplace.path('source'));
      const found = set.getSourceComponents().toArray();
      expect(Object.fromEntries(found.map((one) => [one.type.name, one.fullName]))).to.deep.equal(components);
      expect(found).to.have.lengthOf(Object.keys(components).length);
      for (const component of found) expect(await rootOf(component)).to.equal(component.type.name);
      expect(await filesIn(workplace.path('source'))).to.have.lengthOf(found.length);
    });

    it('makes the same app in another org, which then lacks the assignment alone', async () => {
      const set = ComponentSet.fromSource(workplace.path('source'));
      set.sourceApiVersion = '67.0';
      const { zipBuffer } = await new MetadataConverter().convert(set, 'metadata', { type: 'zip' });
      if (zipBuffer === undefined) throw new Error('Nothing was converted');
      const other = await Workplace.open({ switches: { connectedAppCreation: 'allowed' } });
      try {
        const outcome = await deploy(other.org, zipBuffer);
        expect(outcome.status, problems(outcome).join()).to.equal('Succeeded');
        const result = await connected(other, named);
        expect(result.changes).to.deep.equal([`Assign ${CI_USER} to the permission set CiServer`]);
        expect(result.users[0]).to.include({ verified: true });
        expect(result.clientId).not.to.equal(clientId);
      } finally {
        await other.close();
      }
    });

    it('is the same in a dry run, and holds no client id, no secret and no org id', async () => {
      expect(await contentOf('source')).to.equal(await contentOf('planned'));
      await expectNothingOfTheOrg('source');
    });

    it('holds none for an app that stands either', async () => {
      const { status } = await connected(workplace, [...named, '--output-dir', 'standing']);
      expect(status).to.equal('unchanged');
      await expectNothingOfTheOrg('standing');
    });

    async function expectNothingOfTheOrg(folder: string): Promise<void> {
      const content = await contentOf(folder);
      expect(content).to.contain('-----BEGIN CERTIFICATE-----');
      expect(content).not.to.match(/consumerKey|consumerSecret|oauthLink|orgScopedExternalApp/);
      const { org, secrets } = workplace;
      for (const word of [clientId, org.data.consumers[0]?.secret, org.orgId.slice(0, 15), org.url]) {
        expect(content).not.to.contain(word);
      }
      for (const secret of secrets) expect(content).not.to.contain(secret.split('\n')[1] ?? secret);
    }

    async function contentOf(folder: string): Promise<string> {
      const files = (await filesIn(workplace.path(folder))).sort();
      return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
    }
  });
}

describe('sf jwt connect --output-dir', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  it('refuses a folder that cannot be written to, before the org is changed', async () => {
    await writeFile(workplace.path('file'), '');
    const before = stateOf(workplace.org);
    await refused(workplace, 'write_failed', ['--output-dir', 'file']);
    expect(stateOf(workplace.org)).to.deep.equal(before);
  });

  it('prints the line that deploys it', async () => {
    const { stdout } = await workplace.jwt([...CONNECT, '--dry-run', '--output-dir', 'my source']);
    expect(stdout).to.contain("sf project deploy start --source-dir 'my source'");
  });
});

async function rootOf({ xml = '' }: SourceComponent): Promise<string> {
  return /<(\w+) xmlns="http:\/\/soap\.sforce\.com\/2006\/04\/metadata">/.exec(await readFile(xml, 'utf8'))?.[1] ?? '';
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
