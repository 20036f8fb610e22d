import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import type { JobKind } from '../../../src/flows/snippet/request.js';
import { SIGNER_CIS, snippetSigner, type SignerCi } from '../../../src/flows/snippet/signer.js';
import { trustFor } from '../../../src/flows/snippet/trust.js';
import type { ProgramEnd, RunProgram } from '../../../src/machine/program.js';
import { requestFor } from '../../support/pipelines.js';

const LOGIN = {
  username: 'ci@acme.example.com',
  clientId: '3MVG9.Abc_1',
  instanceUrl: 'https://acme.my.salesforce.com',
};
const ARN = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const AWS = `awskms:///${ARN}`;
const AZURE = 'azurekms://acme.vault.azure.net/sf-ci';
const GOOGLE = 'gcpkms://projects/acme/locations/europe-west1/keyRings/ci/cryptoKeys/sf/cryptoKeyVersions/1';
const VAULT = 'hashivault://team/transit/sf-ci';

const OLD = JSON.stringify({ id: 222, owner: { id: 111 }, created_at: '2024-02-29T10:00:00Z' });
const NEW = JSON.stringify({ id: 222, owner: { id: 111 }, created_at: '2026-07-15T00:00:00Z' });
const PLAIN = 'repo:acme/app';
const IMMUTABLE = 'repo:acme@111/app@222';

/** A machine with GitHub's tool, if it answers. */
function machine(github: Partial<ProgramEnd> | undefined): [RunProgram, string[]] {
  const asked: string[] = [];
  const run: RunProgram = (name, args) => {
    asked.push([name, ...args].join(' '));
    return Promise.resolve(github && { status: 0, stdout: '', stderr: '', ...github });
  };
  return [run, asked];
}

const at = (remote: string) => () => Promise.resolve(remote);

type Setting = { remote?: string; github?: Partial<ProgramEnd>; jobs?: readonly JobKind[] };

async function scriptOf(ci: SignerCi, uri: string, { remote, github, jobs }: Setting = {}): Promise<string> {
  const [run] = machine(github);
  const target = { login: LOGIN, ...(jobs && { jobs }) };
  return (await trustFor(requestFor(ci, target, { signer: snippetSigner(uri) }), () => Promise.resolve(remote), run))!;
}

/** Runs a script in a shell in which the clouds' tools answer what they are asked and note their words and standard input. */
function commandsOf(script: string): Array<{ words: string[]; input: string }> {
  const tools = ['aws', 'az', 'gcloud', 'vault', 'gh', 'glab'].map(
    (name) =>
      `${name}() { { printf '%s\\0' ${name} "$@"; printf 'INPUT\\0'; [ -p /dev/stdin ] && cat; printf '\\0END\\0'; } >&3; echo "<${name} $2>"; }`,
  );
  const input = [...tools, 'set -eu', script].join('\n');
  const variables = { PATH: process.env['PATH'], VAULT_ADDR: 'https://vault.example.com' };
  const { output, status, stderr } = spawnSync('bash', ['-c', input], {
    encoding: 'utf8',
    env: variables,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  expect(status, stderr).to.equal(0);
  const calls = output[3]!.split('\0END\0').slice(0, -1);
  return calls.map((call) => {
    const parts = call.split('\0');
    const at = parts.indexOf('INPUT');
    return { words: parts.slice(0, at), input: parts.slice(at + 1).join('\0') };
  });
}

const after = (words: string[], flag: string): string => words[words.indexOf(flag) + 1]!;
const find = (
  calls: Array<{ words: string[]; input: string }>,
  ...words: string[]
): { words: string[]; input: string } => calls.find((call) => words.every((word) => call.words.includes(word)))!;

type Policy = {
  Statement: Array<{ Action: string | string[]; Resource?: string; Principal?: object; Condition?: object }>;
};
type Subjects = Record<string, Record<string, string | string[]>>;

describe('the trust of a key management service in a pipeline', () => {
  describe('in AWS', () => {
    const subjectsOf = (script: string): string[] => {
      const { words } = find(commandsOf(script), 'create-role');
      const { Statement: statement } = JSON.parse(after(words, '--assume-role-policy-document')) as Policy;
      const condition = statement[0]!.Condition as Subjects;
      return Object.values(condition)
        .flatMap((each) => Object.entries(each))
        .flatMap(([name, value]) => (name.endsWith(':sub') ? value : []));
    };

    it('gives the jobs the two rights on the one key, and nothing else', async () => {
      const calls = commandsOf(await scriptOf('github-actions', AWS, { remote: 'git@github.com:acme/app.git' }));
      const { words } = find(calls, 'put-role-policy');
      const { Statement: statement } = JSON.parse(after(words, '--policy-document')) as Policy;
      expect(statement).to.deep.equal([{ Effect: 'Allow', Action: ['kms:Sign', 'kms:GetPublicKey'], Resource: ARN }]);
      expect(calls.map(({ words: [tool, , command] }) => `${tool} ${command}`)).to.deep.equal([
        'aws create-open-id-connect-provider',
        'aws create-role',
        'aws put-role-policy',
      ]);
    });

    it('trusts the token of GitHub that is for AWS', async () => {
      const calls = commandsOf(await scriptOf('github-actions', AWS, { remote: 'git@github.com:acme/app.git' }));
      const trust = JSON.parse(after(find(calls, 'create-role').words, '--assume-role-policy-document')) as Policy;
      const host = 'token.actions.githubusercontent.com';
      expect(trust.Statement[0]).to.deep.include({
        Action: 'sts:AssumeRoleWithWebIdentity',
        Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${host}` },
      });
      expect(trust.Statement[0]!.Condition).to.have.nested.property(
        `StringEquals.${host.replaceAll('.', '\\.')}:aud`,
        'sts.amazonaws.com',
      );
      expect(after(find(calls, 'create-open-id-connect-provider').words, '--url')).to.equal(`https://${host}`);
    });

    for (const [what, setting, subjects] of [
      ['a repository made since July 2026', { github: { stdout: NEW } }, [`${IMMUTABLE}:ref:refs/heads/main`]],
      [
        'an older one, which may have been renamed since',
        { github: { stdout: OLD } },
        [`${PLAIN}:ref:refs/heads/main`, `${IMMUTABLE}:ref:refs/heads/main`],
      ],
      [
        'one that can’t be asked for',
        {},
        [`${PLAIN}:ref:refs/heads/main`, 'repo:acme@OWNER_ID/app@REPOSITORY_ID:ref:refs/heads/main'],
      ],
      [
        'one that nobody logged in may see',
        { github: { status: 4, stderr: 'gh auth login' } },
        [`${PLAIN}:ref:refs/heads/main`, 'repo:acme@OWNER_ID/app@REPOSITORY_ID:ref:refs/heads/main'],
      ],
      [
        'one of which GitHub says something else',
        { github: { stdout: '{"id":"x"}' } },
        [`${PLAIN}:ref:refs/heads/main`, 'repo:acme@OWNER_ID/app@REPOSITORY_ID:ref:refs/heads/main'],
      ],
      ['pull requests', { github: { stdout: NEW }, jobs: ['validate', 'scratch'] }, [`${IMMUTABLE}:pull_request`]],
      [
        'both',
        { github: { stdout: NEW }, jobs: ['validate', 'deploy', 'test'] },
        [`${IMMUTABLE}:ref:refs/heads/main`, `${IMMUTABLE}:pull_request`],
      ],
    ] as Array<[string, Setting, string[]]>) {
      it(`names the jobs as GitHub does: ${what}`, async () => {
        const script = await scriptOf('github-actions', AWS, { remote: 'https://github.com/acme/app.git', ...setting });
        expect(subjectsOf(script)).to.deep.equal(subjects);
        expect(script.includes('gh api repos/OWNER/REPOSITORY')).to.equal(subjects.join().includes('OWNER_ID'));
      });
    }

    it('names the jobs of a GitHub Enterprise Server by its own issuer, and without numbers', async () => {
      const [run, asked] = machine({ stdout: NEW });
      const request = requestFor('github-actions', { login: LOGIN }, { signer: snippetSigner(AWS) });
      const script = (await trustFor(request, at('git@github.acme.example.com:acme/app.git'), run))!;
      expect(subjectsOf(script)).to.deep.equal([`${PLAIN}:ref:refs/heads/main`]);
      expect(script).to.contain('https://github.acme.example.com/_services/token');
      expect(asked.join()).not.to.contain('gh api');
    });

    it('asks GitHub once, for the repository', async () => {
      const [run, asked] = machine({ stdout: NEW });
      await trustFor(
        requestFor('github-actions', { login: LOGIN }, { signer: snippetSigner(AWS) }),
        at('git@github.com:acme/app.git'),
        run,
      );
      expect(asked.filter((each) => each.startsWith('gh'))).to.deep.equal(['gh api repos/acme/app']);
    });

    it('names the jobs of GitLab by the project, and those of merge requests by any branch of it', async () => {
      const remote = 'git@gitlab.acme.example.com:group/sub/app.git';
      const project = 'project_path:group/sub/app:ref_type:branch:ref:';
      expect(subjectsOf(await scriptOf('gitlab-ci', AWS, { remote }))).to.deep.equal([`${project}main`]);
      const script = await scriptOf('gitlab-ci', AWS, { remote, jobs: ['validate', 'deploy'] });
      expect(subjectsOf(script)).to.deep.equal([`${project}*`]);
      expect(script).to.contain('StringLike').and.to.contain('https://gitlab.acme.example.com');
      expect(subjectsOf(await scriptOf('gitlab-ci', AWS))).to.deep.equal([
        'project_path:GROUP/PROJECT:ref_type:branch:ref:main',
      ]);
    });

    it('takes what the service connection of Azure says, in one place', async () => {
      const script = await scriptOf('azure-pipelines', AWS);
      expect(script.match(/ISSUER|SUBJECT/g)).to.deep.equal(['ISSUER', 'SUBJECT', 'ISSUER', 'SUBJECT']);
      const filled = script
        .replace("'ISSUER'", "'https://vstoken.example.com/1'")
        .replace("'SUBJECT'", "'sc://acme/app/salesforce-ci'");
      expect(subjectsOf(filled)).to.deep.equal(['sc://acme/app/salesforce-ci']);
      const { words } = find(commandsOf(filled), 'create-role');
      expect(words.join())
        .to.contain('oidc-provider/vstoken.example.com/1')
        .and.to.contain('api://AzureADTokenExchange');
    });

    it('looks the account, the key and the region up where the URI has none, and hands them on', async () => {
      const calls = commandsOf(await scriptOf('gitlab-ci', 'awskms:///alias/sf-ci'));
      const { Statement: statement } = JSON.parse(
        after(find(calls, 'put-role-policy').words, '--policy-document'),
      ) as Policy;
      expect(statement[0]!.Resource).to.equal('<aws describe-key>');
      const role = find(calls, 'glab', 'AWS_ROLE_ARN').words.at(-1);
      expect(role).to.equal('arn:aws:iam::<aws get-caller-identity>:role/salesforce-ci');
      expect(find(calls, 'glab', 'AWS_REGION').words.at(-1)).to.equal('<aws get>');
    });
  });

  describe('in Azure', () => {
    it('is in each job by its exact name, with the role on the one key', async () => {
      const setting = { remote: 'git@github.com:acme/app.git', github: { stdout: OLD } };
      const calls = commandsOf(await scriptOf('github-actions', AZURE, setting));
      const trusted = calls.filter(({ words }) => words.includes('federated-credential'));
      const parameters = trusted.map(({ words }) => JSON.parse(after(words, '--parameters')) as { subject: string });
      expect(parameters.map(({ subject }) => subject)).to.deep.equal(
        [PLAIN, IMMUTABLE].map((name) => `${name}:ref:refs/heads/main`),
      );
      for (const each of parameters)
        expect(each).to.deep.include({
          issuer: 'https://token.actions.githubusercontent.com',
          audiences: ['api://AzureADTokenExchange'],
        });
      const { words } = find(calls, 'assignment');
      expect(after(words, '--role')).to.equal('Key Vault Crypto User');
      expect(after(words, '--scope')).to.equal('<az show>/keys/sf-ci');
      expect(calls.filter(({ words: [tool] }) => tool === 'gh').map((call) => call.words[3])).to.deep.equal([
        'AZURE_CLIENT_ID',
        'AZURE_TENANT_ID',
      ]);
    });

    it('knows no pattern, so that a branch is to be named', async () => {
      const script = await scriptOf('gitlab-ci', AZURE, { jobs: ['validate'] });
      expect(script).to.contain('ref:BRANCH').and.not.to.contain('ref:*');
    });

    it('is made by Azure Pipelines itself, and lacks the role alone', async () => {
      const calls = commandsOf(await scriptOf('azure-pipelines', AZURE));
      expect(calls.map(({ words }) => words.slice(0, 3).join(' '))).to.deep.equal([
        'az devops service-endpoint',
        'az ad sp',
        'az keyvault show',
        'az role assignment',
      ]);
    });
  });

  it('in Google Cloud is in these jobs alone, with the role on the one key', async () => {
    const setting = { remote: 'git@github.com:acme/app.git', github: { stdout: NEW } };
    const calls = commandsOf(await scriptOf('github-actions', GOOGLE, setting));
    const { words } = find(calls, 'create-oidc');
    expect(after(words, '--attribute-condition')).to.equal(`assertion.sub in ['${IMMUTABLE}:ref:refs/heads/main']`);
    expect(words).not.to.include('--allowed-audiences');
    const role = find(calls, 'roles/cloudkms.signerVerifier').words;
    expect(role.slice(0, 5)).to.deep.equal(['gcloud', 'kms', 'keys', 'add-iam-policy-binding', 'sf']);
    expect(after(role, '--member')).to.equal('serviceAccount:salesforce-ci@acme.iam.gserviceaccount.com');
    expect(after(find(calls, 'gh').words, '--body')).to.equal(
      'projects/<gcloud describe>/locations/global/workloadIdentityPools/salesforce-ci/providers/github-actions',
    );
    const gitlab = find(commandsOf(await scriptOf('gitlab-ci', GOOGLE, { jobs: ['validate'] })), 'create-oidc').words;
    expect(after(gitlab, '--attribute-condition')).to.equal(
      "assertion.sub.startsWith('project_path:GROUP/PROJECT:ref_type:branch:ref:')",
    );
    expect(after(gitlab, '--allowed-audiences')).to.equal('salesforce-ci');
  });

  it('in Vault is in these jobs alone, with a policy for the one key', async () => {
    const calls = commandsOf(await scriptOf('gitlab-ci', VAULT, { remote: 'git@gitlab.com:acme/app.git' }));
    expect(find(calls, 'policy').input).to.equal(
      'path "team/transit/sign/sf-ci/sha2-256" { capabilities = ["update"] }\npath "team/transit/keys/sf-ci" { capabilities = ["read"] }\n',
    );
    const { words, input } = find(calls, 'auth/gitlab-ci/role/salesforce-ci');
    expect(words.at(-1)).to.equal('-');
    expect(JSON.parse(input)).to.deep.include({
      bound_audiences: ['salesforce-ci'],
      bound_claims: { sub: ['project_path:acme/app:ref_type:branch:ref:main'] },
      token_policies: ['salesforce-ci'],
    });
    expect(find(calls, 'oidc_discovery_url=https://gitlab.com').words).to.include('auth/gitlab-ci/config');
  });

  it('is a script that a shell runs, whatever the CI and the service, also when a remote has strange letters', async () => {
    for (const ci of SIGNER_CIS) {
      for (const uri of [AWS, AZURE, GOOGLE, VAULT]) {
        const wild = await scriptOf(ci, uri, {
          remote: 'https://github.com/a$(touch x)/b;c.git',
          jobs: ['deploy', 'validate'],
        });
        expect(wild).not.to.contain('touch');
        commandsOf(wild);
      }
    }
  });

  it('is nothing where the pipeline takes a key from a secret', async () => {
    const [run, asked] = machine({ stdout: NEW });
    expect(
      await trustFor(requestFor('github-actions', { login: LOGIN }), at('git@github.com:acme/app.git'), run),
    ).to.equal(undefined);
    expect(asked).to.deep.equal([]);
  });
});
