import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtSnippetResult } from '../../src/commands/jwt/snippet.js';
import type { Ci } from '../../src/flows/snippet/request.js';
import { snippetSigner } from '../../src/flows/snippet/signer.js';
import { pipelineText, PUBLISHED_FLAG } from '../support/pipelines.js';
import { expectSchema } from '../support/schema.js';
import { granted, openWithApp } from '../support/grant.js';
import { keeperAt, type Keeper } from '../support/keeper.js';
import { CiServices } from '../support/kms/ci-services.js';
import { signedRun } from '../support/kms/signed-pipeline.js';
import { CI_USER, pairOf, Workplace } from '../support/workplace.js';

const LOGIN = {
  username: 'ci@acme.example.com',
  clientId: '3MVG9.Abc_1',
  instanceUrl: 'https://acme.my.salesforce.com',
};
const URI = 'awskms:///arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const FLAGS = ['-o', LOGIN.username, '-i', LOGIN.clientId, '-r', LOGIN.instanceUrl, ...PUBLISHED_FLAG];

describe('the job of a pipeline without a secret', () => {
  it('logs in with the key that AWS keeps, works, and takes the login back', async () => {
    const at = await openWithApp();
    const services = new CiServices((await pairOf()).key);
    await services.listen();
    try {
      await signedRun('gitlab-ci', services.uris.awskms, services, at, at.workplace.home);
    } finally {
      services.close();
      await at.workplace.close();
    }
  });
});

describe('jwt snippet of a stored login with a signer', () => {
  let workplace: Workplace;
  let clientId: string;
  let keeper: Keeper;
  before(async () => {
    ({ workplace, clientId } = await openWithApp());
    keeper = await keeperAt(workplace);
    await keeper.keep('server');
    const describing = ['--username', CI_USER, '--client-id', clientId, '--instance-url', workplace.org.url];
    await granted(workplace, [...describing, '--signer', keeper.uri('server'), '--alias', 'my-ci']);
  });
  after(async () => {
    await workplace.close();
    await rm(keeper.folder, { recursive: true });
  });

  const snippet = async (ci: Ci, ...args: string[]): Promise<JwtSnippetResult> =>
    (await workplace.json<JwtSnippetResult>(['snippet', '--for', ci, '-o', 'my-ci', ...PUBLISHED_FLAG, ...args]))
      .result;

  it('takes the key from a secret where no job of the CI gets to the key', async () => {
    const { secrets, trust } = await snippet('github-actions');
    expect([secrets.map(({ name }) => name), trust]).to.deep.equal([['SF_JWT_KEY'], undefined]);
  });

  it('needs no secret where they do', async () => {
    const path = join(workplace.home, '.sf', 'jwt-signers', `${CI_USER}.json`);
    const record = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...record, uri: URI }));
    const { secrets, trust, content } = await snippet('github-actions');
    expect(secrets).to.deep.equal([]);
    expect(trust).to.contain('kms:Sign');
    expect(content).to.contain(`--signer ${URI}`).and.to.contain(`--client-id ${clientId}`);
    for (const given of [
      await snippet('circleci'),
      await snippet('github-actions', '--jwt-key-file', 'server.key'),
      await snippet('github-actions', '--secret-name', 'MY_KEY'),
    ])
      expect(given.secrets, given.for).to.have.length(1);
  });
});

describe('jwt snippet --signer', () => {
  let workplace: Workplace;
  before(async () => {
    workplace = await Workplace.open();
  });
  after(() => workplace.close());

  const snippet = (...args: string[]) => workplace.json<JwtSnippetResult>(['snippet', ...FLAGS, ...args]);

  it('prints the pipeline alone, and beside it the trust to create, and no secret', async () => {
    const { status, stdout, stderr } = await workplace.jwt([
      'snippet',
      ...FLAGS,
      '--for',
      'gitlab-ci',
      '--signer',
      URI,
    ]);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.equal(await pipelineText('gitlab-ci', { login: LOGIN }, { signer: snippetSigner(URI) }));
    expect(stderr).to.contain('aws iam create-role').and.to.contain('.gitlab-ci.yml').and.not.to.contain('SF_JWT_KEY');
  });

  it('has both in its JSON', async () => {
    const { result } = await snippet('--for', 'github-actions', '--signer', URI, '--job', 'validate');
    expectSchema('jwt-snippet', result);
    expect(result).to.deep.include({ secrets: [], loginWith: 'jwt' });
    expect(result.trust).to.contain('kms:Sign').and.to.contain(':pull_request');
    expect(result.content).to.contain('id-token: write');
  });

  it('is refused with what it rules out, by the flags or by the words of the failure', async () => {
    for (const flags of [
      ['--secret-name', 'KEY'],
      ['--jwt-key-file', 'server.key'],
      ['--orgs-file', 'orgs.csv'],
    ])
      expect((await snippet('--for', 'gitlab-ci', '--signer', URI, ...flags)).status, flags.join(' ')).to.equal(2);
    for (const [code, flags] of [
      ['snippet_signer_ci', ['--for', 'circleci', '--signer', URI]],
      ['snippet_signer_ci', ['--for', 'jenkins', '--signer', URI]],
      ['snippet_signer_local', ['--for', 'gitlab-ci', '--signer', 'ssh-agent:SHA256:x']],
      ['snippet_signer_rotate', ['--for', 'gitlab-ci', '--signer', URI, '--job', 'rotate']],
      ['snippet_signer_sf', ['--for', 'gitlab-ci', '--signer', URI, '--login-with', 'sf']],
      ['signer_uri_malformed', ['--for', 'gitlab-ci', '--signer', 'awskms://alias/x']],
    ] as const) {
      const { status, data } = await snippet(...flags);
      expect({ status, code: data?.code }).to.deep.equal({ status: 1, code });
    }
  });

  it('needs the plugin on the machine of the CI', async () => {
    const args = ['snippet', ...FLAGS.slice(0, 6), '--for', 'gitlab-ci', '--signer', URI];
    expect((await workplace.json(args)).data?.code).to.equal('plugin_not_installable');
  });
});
