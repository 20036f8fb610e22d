import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { CIS, type Ci } from '../../src/flows/snippet/request.js';
import { selfSignedCertificate } from '../../src/keys/credential/issue.js';
import { signerOf } from '../../src/keys/signer/signer.js';
import { CiMachine } from '../support/ci-machine.js';
import { startSecretStores, WRITER_TOKEN, type SecretStores } from '../support/ci-secrets.js';
import { stateOf } from '../support/connect.js';
import { pipelineText } from '../support/pipelines.js';
import { certificateInUse } from '../support/rotate.js';
import { hasCurl, needs } from '../support/tools.js';
import { ADMIN, pairOf, Workplace } from '../support/workplace.js';

/** Those that keep the key as it is; the others have it in base64, on one line. */
const IN_PEM: Ci[] = ['github-actions', 'shell'];

/** Those whose own tool is a program on the machine, and not their API. */
const BY_TOOL: Ci[] = ['github-actions', 'azure-pipelines', 'shell'];

describe('the nightly rotation of jwt snippet', () => {
  let workplace: Workplace;
  let clientId: string;
  let stores: SecretStores;
  let oldKey: string;

  before(async function () {
    stores = await startSecretStores();
    needs(this, hasCurl, 'curl');
  });
  after(async () => stores.stop());

  /** An org whose app has a certificate that ends in ten days, and whose admin may log in by it. */
  beforeEach(async () => {
    workplace = await Workplace.open();
    const { setup } = workplace.org;
    ({ key: oldKey } = await pairOf());
    const certificate = await selfSignedCertificate({
      subject: { commonName: 'server' },
      signer: signerOf(createPrivateKey(oldKey)),
      serialNumber: Uint8Array.of(1),
      notBefore: new Date(Date.now() - 60_000),
      days: 10,
    });
    setup.createPermissionSet('Ci');
    clientId = setup.createExternalClientApp({ name: 'Ci', certificate, adminApproved: true, permissionSets: ['Ci'] });
    setup.assignPermissionSet(ADMIN, 'Ci');
    stores.written.splice(0);
  });
  afterEach(() => workplace.close());

  const asSecret = (ci: Ci, key: string): string => (IN_PEM.includes(ci) ? key : Buffer.from(key).toString('base64'));

  async function machineFor(ci: Ci, variables: Record<string, string> = {}): Promise<CiMachine> {
    const home = join(workplace.home, `home-of-${ci}`);
    await mkdir(home, { recursive: true });
    const machine = await CiMachine.at(home, {
      SF_JWT_KEY: asSecret(ci, oldKey),
      SF_JWT_SECRETS_TOKEN: WRITER_TOKEN,
      GH_TOKEN: WRITER_TOKEN,
      GITHUB_REPOSITORY: 'acme/app',
      API: stores.url,
      CI_API_V4_URL: `${stores.url}/api/v4`,
      CI_PROJECT_ID: '7',
      BITBUCKET_REPO_FULL_NAME: 'acme/app',
      CIRCLE_ORGANIZATION_ID: 'org-1',
      JENKINS_URL: `${stores.url}/jenkins/`,
      SYSTEM_DEFINITIONID: '12',
      SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/',
      SYSTEM_TEAMPROJECT: 'app',
      SF_JWT_STORE_KEY: 'cat >>"$STORED"; echo >>"$STORED"',
      ...variables,
    });
    await writeFile(join(machine.folder, 'stored.txt'), '');
    return machine;
  }

  const pipelineOf = (ci: Ci): Promise<string> =>
    pipelineText(ci, { login: { username: ADMIN, clientId, instanceUrl: workplace.org.url }, jobs: ['rotate'] });

  /** What the CI was given to keep, in order: keys, whatever they're wrapped in. */
  async function keptIn(machine: CiMachine, ci: Ci): Promise<string[]> {
    if (!BY_TOOL.includes(ci)) return stores.written.map((value) => Buffer.from(value, 'base64').toString());
    const kept = await machine.kept();
    if (IN_PEM.includes(ci)) return kept.match(/-----BEGIN[^]*?-----END.*-----\n/g) ?? [];
    return kept
      .trim()
      .split('\n')
      .map((value) => Buffer.from(value, 'base64').toString());
  }

  const isInUse = (key: string): boolean =>
    certificateInUse(workplace).publicKey.equals(createPublicKey(createPrivateKey(key)));

  for (const ci of CIS) {
    it(`for ${ci} renews the key, and puts the new one into its own secret`, async () => {
      const machine = await machineFor(ci);
      const { status, output } = await machine.runPipeline(ci, await pipelineOf(ci), 1, 'rotate');
      expect(status, output).to.equal(0);
      const kept = await keptIn(machine, ci);
      expect(kept, output).to.have.lengthOf(2);
      expect(kept[0]!.trim()).to.equal(oldKey.trim());
      expect(isInUse(kept[1]!)).to.equal(true);
      for (const key of kept)
        for (const line of key.trim().split('\n').slice(1, -1)) expect(output).not.to.contain(line);
      expect(output).not.to.contain(WRITER_TOKEN);
      expect(await machine.leftovers()).to.deep.equal([]);
      const home = join(machine.folder, '..');
      expect(existsSync(join(home, '.sfdx', `${ADMIN}.json`)), 'the login').to.equal(false);
      const copies = join(home, '.sf', 'jwt-keys');
      expect(existsSync(copies) ? readdirSync(copies) : [], 'copies of keys').to.deep.equal([]);
    });
  }

  it('does nothing more where the certificate has time left', async () => {
    const ci = 'gitlab-ci';
    const content = await pipelineOf(ci);
    await (await machineFor(ci)).runPipeline(ci, content, 1, 'rotate');
    const [, renewed] = stores.written.splice(0);
    const before = stateOf(workplace.org);
    const machine = await machineFor(ci, { SF_JWT_KEY: renewed! });
    const { status, output } = await machine.runPipeline(ci, content, 1, 'rotate');
    expect(status, output).to.equal(0);
    expect(stores.written).to.deep.equal([renewed]);
    expect(stateOf(workplace.org)).to.deep.equal(before);
  });

  it('begins a rotation again that failed, and keeps what it ends with', async () => {
    const ci = 'jenkins';
    const machine = await machineFor(ci);
    await writeFile(join(machine.folder, 'fails-once'), '');
    const { status, output, notes } = await machine.runPipeline(ci, await pipelineOf(ci), 1, 'rotate');
    expect(status, output).to.equal(0);
    expect(notes.filter((note) => note.startsWith('sf jwt rotate'))).to.have.lengthOf(2);
    const kept = await keptIn(machine, ci);
    expect(kept.map(isInUse)).to.deep.equal([false, true]);
  });

  it('changes nothing where the secret can’t be written', async () => {
    for (const [ci, variables] of [
      ['github-actions', { GH_TOKEN: 'ended' }],
      ['gitlab-ci', { SF_JWT_SECRETS_TOKEN: 'ended' }],
      ['bitbucket-pipelines', { SF_JWT_SECRETS_TOKEN: 'ended' }],
      ['jenkins', { SF_JWT_SECRETS_TOKEN: 'ended' }],
      ['shell', { SF_JWT_STORE_KEY: 'exit 9' }],
    ] as const) {
      const before = stateOf(workplace.org);
      const machine = await machineFor(ci, variables);
      const { status, output, notes } = await machine.runPipeline(ci, await pipelineOf(ci), 1, 'rotate');
      expect(status, `${ci}\n${output}`).not.to.equal(0);
      expect(notes.filter((note) => note.startsWith('sf jwt')).map((note) => note.split(' ')[2])).to.deep.equal([
        ...['grant', 'revoke'],
      ]);
      expect(stateOf(workplace.org), ci).to.deep.equal(before);
      expect(isInUse(oldKey)).to.equal(true);
      expect(await machine.leftovers()).to.deep.equal([]);
    }
  });
});
