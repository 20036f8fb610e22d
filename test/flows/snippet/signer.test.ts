import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { parse, parseDocument } from 'yaml';
import { CIS, JOB_KINDS } from '../../../src/flows/snippet/request.js';
import { SIGNER_CIS, snippetSigner, type SignerCi } from '../../../src/flows/snippet/signer.js';
import { failureOf, rejectionOf } from '../../support/failures.js';
import { pipelineText, readPipeline, requestFor } from '../../support/pipelines.js';
import { schemaErrors, wordsOf } from '../../support/pipeline-checks.js';
import { secretsOf } from '../../../src/flows/snippet/secrets.js';

const LOGIN = {
  username: 'ci@acme.example.com',
  clientId: '3MVG9.Abc_1',
  instanceUrl: 'https://acme.my.salesforce.com',
};
const ARN = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const URIS = {
  awskms: `awskms:///${ARN}`,
  alias: 'awskms:///alias/sf-ci',
  azurekms: 'azurekms://acme.vault.azure.net/sf-ci',
  gcpkms: 'gcpkms://projects/acme/locations/europe-west1/keyRings/ci/cryptoKeys/sf/cryptoKeyVersions/1',
  hashivault: 'hashivault://team/transit/sf-ci/versions/2',
};
/** What the CIs put into the environment, as far as the scripts read it. */
const TOLD = {
  ...{ KMS_ID_TOKEN: 'token', idToken: 'token', VAULT_ADDR: 'https://vault.example.com', AWS_REGION: 'eu-west-1' },
  ...{ ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'token', ACTIONS_ID_TOKEN_REQUEST_URL: 'https://example.com/?a=b' },
  ...{ AZURE_CLIENT_ID: 'client', AZURE_TENANT_ID: 'tenant', GCP_WORKLOAD_IDENTITY_PROVIDER: 'projects/1' },
  ...{ TMPDIR: tmpdir(), AGENT_TEMPDIRECTORY: tmpdir() },
};
const JOBS = JOB_KINDS.filter((job) => job !== 'rotate');
type Tree = { [key: string]: Tree } & Tree[] & string;

const pipelineOf = (ci: (typeof CIS)[number], uri: string, jobs: readonly (typeof JOB_KINDS)[number][] = ['deploy']) =>
  pipelineText(ci, { login: LOGIN, jobs }, { signer: snippetSigner(uri) });
const treeOf = async (ci: SignerCi, uri: string): Promise<Tree> => parse(await pipelineOf(ci, uri)) as Tree;

describe('pipelines without a secret', () => {
  for (const ci of SIGNER_CIS) {
    it(`for ${ci} are valid YAML and what the CI's schema describes, whatever they do and wherever the key is`, async () => {
      for (const uri of Object.values(URIS)) {
        for (const jobs of [JOBS, ...JOBS.map((job) => [job])]) {
          const content = await pipelineOf(ci, uri, jobs);
          const { errors, warnings } = parseDocument(content, { strict: true });
          expect([...errors, ...warnings], content).to.deep.equal([]);
          expect(schemaErrors(ci, content), content).to.deep.equal([]);
        }
      }
    });

    it(`for ${ci} log in with the signer, in every job, and revoke the login at the end`, async () => {
      for (const uri of Object.values(URIS)) {
        const content = await pipelineOf(ci, uri, JOBS);
        for (const job of JOBS) {
          const { scripts, always, keyed } = readPipeline(ci, content, job);
          const words = wordsOf(scripts, TOLD);
          const grants = words.filter((each) => each[2] === 'grant');
          expect(grants).to.have.length(1);
          const who = [
            '--username',
            LOGIN.username,
            '--client-id',
            LOGIN.clientId,
            '--instance-url',
            LOGIN.instanceUrl,
          ];
          const hub = job === 'scratch' ? ['--set-default-dev-hub'] : [];
          expect(grants[0]!.slice(3)).to.deep.equal([...who, '--signer', uri, ...hub]);
          expect(always.join('\n')).to.contain(`sf jwt revoke --target-org ${LOGIN.username} --no-prompt`);
          expect(keyed.filter((script) => script.includes('SF_JWT_KEY'))).to.deep.equal([]);
        }
        expect(content).not.to.match(/secrets\.|SF_JWT_KEY|--key-storage/);
        expect(secretsOf(requestFor(ci, { login: LOGIN }, { signer: snippetSigner(uri) }), '')).to.deep.equal([]);
      }
    });
  }

  it('for github-actions ask for the token in the job, and sign in by the vendor’s action after the checkout', async () => {
    for (const [uri, uses, inputs] of [
      [
        URIS.awskms,
        'aws-actions/configure-aws-credentials@v6',
        { 'role-to-assume': 'arn:aws:iam::123456789012:role/salesforce-ci', 'aws-region': 'eu-west-1' },
      ],
      [
        URIS.alias,
        'aws-actions/configure-aws-credentials@v6',
        { 'role-to-assume': '${{ vars.AWS_ROLE_ARN }}', 'aws-region': '${{ vars.AWS_REGION }}' },
      ],
      [
        URIS.azurekms,
        'azure/login@v3',
        {
          'client-id': '${{ vars.AZURE_CLIENT_ID }}',
          'tenant-id': '${{ vars.AZURE_TENANT_ID }}',
          'allow-no-subscriptions': true,
        },
      ],
      [
        URIS.gcpkms,
        'google-github-actions/auth@v3',
        {
          workload_identity_provider: '${{ vars.GCP_WORKLOAD_IDENTITY_PROVIDER }}',
          service_account: 'salesforce-ci@acme.iam.gserviceaccount.com',
        },
      ],
    ] as const) {
      const tree = await treeOf('github-actions', uri);
      const jobs = tree['jobs'];
      expect(tree['permissions']).to.deep.equal({ contents: 'read' });
      expect(jobs!['deploy']!['permissions']).to.deep.equal({ 'contents': 'read', 'id-token': 'write' });
      const steps = jobs!['deploy']!['steps'] as Tree[];
      const at = steps.findIndex((step) => (step['uses'] as string | undefined) === uses);
      expect(steps[at]).to.have.deep.property('with', inputs);
      expect(steps[at + 1]!['run']).to.contain('sf jwt grant');
      expect(steps.findIndex((step) => (step['uses'] ?? '').startsWith('actions/checkout'))).to.be.within(0, at - 1);
    }
  });

  it('for github-actions have no right to a token where there is a secret', async () => {
    expect(await pipelineText('github-actions', { login: LOGIN })).not.to.contain('id-token');
  });

  it('for gitlab-ci ask for a token for each service', async () => {
    for (const [uri, aud] of [
      [URIS.awskms, 'sts.amazonaws.com'],
      [URIS.azurekms, 'api://AzureADTokenExchange'],
      [URIS.gcpkms, 'salesforce-ci'],
      [URIS.hashivault, 'salesforce-ci'],
    ] as const) {
      const tree = await treeOf('gitlab-ci', uri);
      expect(tree['deploy']!['id_tokens']).to.deep.equal({ KMS_ID_TOKEN: { aud } });
    }
  });

  it('for azure-pipelines log in with the service connection, and with its token where another service is asked', async () => {
    for (const [uri, token] of [
      [URIS.awskms, true],
      [URIS.azurekms, undefined],
      [URIS.gcpkms, true],
      [URIS.hashivault, true],
    ] as const) {
      const { jobs } = await treeOf('azure-pipelines', uri);
      const logIn = (jobs![0]!['steps'] as Tree[]).find(({ task }) => task === 'AzureCLI@2');
      expect(logIn!['inputs']).to.deep.include({ azureSubscription: 'salesforce-ci', scriptType: 'bash' });
      expect(logIn!['inputs']!['addSpnToEnvironment']).to.equal(token);
      expect(logIn!['inputs']!['inlineScript']).to.contain('sf jwt grant');
    }
  });

  it('say at their top where the key is, and nothing of a secret', async () => {
    for (const ci of SIGNER_CIS) {
      const [, key = ''] = (await pipelineOf(ci, URIS.azurekms)).split('\n');
      expect(key).to.contain(URIS.azurekms);
    }
  });

  it('are refused by name where they can’t be', async () => {
    for (const ci of CIS.filter((each) => !SIGNER_CIS.some((known) => known === each))) {
      const { data } = await rejectionOf('snippet_signer_ci', pipelineOf(ci, URIS.awskms));
      expect(data).to.deep.equal({ ci, cis: 'github-actions, gitlab-ci, azure-pipelines' });
    }
    await rejectionOf('snippet_signer_rotate', pipelineOf('gitlab-ci', URIS.awskms, ['deploy', 'rotate']));
    const signer = snippetSigner(URIS.awskms);
    const sf = pipelineText('gitlab-ci', { login: LOGIN }, { signer, loginWith: 'sf' });
    await rejectionOf('snippet_signer_sf', sf);
    const plugin = { kind: 'none', why: 'link' } as const;
    await rejectionOf('plugin_not_installable', pipelineText('gitlab-ci', { login: LOGIN }, { signer, plugin }));
    for (const uri of ['ssh-agent:SHA256:x', 'pkcs11:token=ci', 'exec:./sign', 'server.key', ''])
      failureOf('snippet_signer_local', () => snippetSigner(uri));
    failureOf('signer_uri_malformed', () => snippetSigner('awskms://alias/x'));
    failureOf('signer_version_missing', () => snippetSigner(URIS.gcpkms.replace('/cryptoKeyVersions/1', '')));
  });
});
