import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CIS, JOB_KINDS, type Ci, type PipelineRequest, type SnippetLogin } from '../../src/flows/snippet/request.js';
import { CiMachine, type CiRun } from '../support/ci-machine.js';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { pipelineText } from '../support/pipelines.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

const IN_BASE64 = (key: string): string => Buffer.from(key).toString('base64');

/** What a job did, without what it takes to get there. */
const work = ({ notes }: CiRun): string[] => notes.filter((note) => /^sf (?!--version|plugins)/.test(note));

describe('the jobs of jwt snippet', () => {
  let folder: string;
  let key: string;
  const login: SnippetLogin = {
    username: CI_USER,
    clientId: '3MVG9.Abc_1',
    instanceUrl: 'https://acme.my.salesforce.com',
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snippet-jobs-'));
    ({ key } = await pairOf());
  });
  after(() => rm(folder, { recursive: true, force: true }));

  let machines = 0;
  async function machineWith(variables: Record<string, string>): Promise<CiMachine> {
    const home = join(folder, `home-${(machines += 1)}`);
    await mkdir(home);
    return CiMachine.at(home, variables);
  }

  /** Runs one job of a pipeline in which `sf` only notes what it's told. */
  async function run(
    ci: Ci,
    job: string,
    variables: Record<string, string>,
    more: Partial<PipelineRequest>,
  ): Promise<[CiRun, CiMachine]> {
    const machine = await machineWith({ SF_JWT_KEY: IN_BASE64(key), ...variables });
    const content = await pipelineText(ci, { login, jobs: ['validate', 'deploy', 'test', 'scratch'] }, more);
    return [await machine.runPipeline(ci, content, 1, job), machine];
  }

  const SF = { loginWith: 'sf', plugin: { kind: 'none', why: 'link' } } as const;
  const LOG_IN = `sf org login jwt --username ${CI_USER} --client-id 3MVG9.Abc_1 --instance-url https://acme.my.salesforce.com --jwt-key-file`;
  const LOG_OUT = `sf org logout --target-org ${CI_USER} --no-prompt`;
  const DEFINITION = '--definition-file config/project-scratch-def.json';
  const WORK: Record<string, string[]> = {
    validate: [
      `sf project deploy validate --source-dir force-app --target-org ${CI_USER} --test-level RunLocalTests --wait 60`,
    ],
    deploy: [`sf project deploy start --source-dir force-app --target-org ${CI_USER} --wait 60`],
    test: [
      `sf apex run test --target-org ${CI_USER} --test-level RunLocalTests --code-coverage --result-format human --wait 60`,
    ],
    scratch: [
      `sf org create scratch --target-dev-hub ${CI_USER} ${DEFINITION} --alias scratch --duration-days 1 --wait 15`,
      'sf project deploy start --target-org scratch --wait 30',
      'sf apex run test --target-org scratch --test-level RunLocalTests --result-format human --wait 30',
    ],
  };
  const LAST: Record<string, string[]> = { scratch: ['sf org delete scratch --target-org scratch --no-prompt'] };

  for (const ci of CIS) {
    it(`for ${ci} are each a job of one file, and each logs out at its end`, async () => {
      for (const [job, commands] of Object.entries(WORK)) {
        const [result, machine] = await run(ci, job, { WORK_STATUS: '0' }, SF);
        expect(result.status, result.output).to.equal(0);
        const [logIn = '', ...others] = work(result);
        expect(logIn).to.match(new RegExp(`^${LOG_IN.replaceAll('.', '\\.')} /\\S+/sf-jwt\\.key`));
        expect(others, job).to.deep.equal([...commands, ...(LAST[job] ?? []), LOG_OUT]);
        expect(await machine.leftovers()).to.deep.equal([]);
      }
    });

    it(`for ${ci} stop at the step that fails, and log out all the same`, async () => {
      const [scratch] = await run(ci, 'scratch', { WORK_STATUS: '5' }, SF);
      expect(scratch.status, scratch.output).to.equal(5);
      expect(work(scratch).slice(1)).to.deep.equal([...WORK['scratch']!.slice(0, 2), ...LAST['scratch']!, LOG_OUT]);
      const [refused, machine] = await run(ci, 'deploy', { LOGIN_STATUS: '7' }, SF);
      expect(refused.status, refused.output).to.equal(7);
      expect(work(refused).slice(1)).to.deep.equal([LOG_OUT]);
      expect(await machine.leftovers(), 'the key').to.deep.equal([]);
    });

    it(`for ${ci} and the login of the CLI itself have the key in a new file of theirs alone, and remove it`, async () => {
      const digest = createHash('sha256')
        .update(key.endsWith('\n') ? key : `${key}\n`)
        .digest('hex');
      for (const secret of [IN_BASE64(key), key.trimEnd()]) {
        const [{ notes, output }, machine] = await run(ci, 'deploy', { SF_JWT_KEY: secret, WORK_STATUS: '3' }, SF);
        expect(
          notes.filter((note) => note.startsWith('KEY ')),
          output,
        ).to.deep.equal([`KEY 600 ${digest}`]);
        const [, file = ''] = /--jwt-key-file (\S+)/.exec(notes.join('\n')) ?? [];
        expect(existsSync(file)).to.equal(false);
        expect(await machine.leftovers()).to.deep.equal([]);
        for (const line of [...key.trim().split('\n').slice(1, -1), IN_BASE64(key)])
          expect(output).not.to.contain(line);
      }
    });
  }

  it('take the key from the secret that has another name', async () => {
    const { workplace, clientId } = await openWithApp();
    try {
      const own = { username: CI_USER, clientId, instanceUrl: workplace.org.url };
      for (const ci of CIS.filter((each) => ['gitlab-ci', 'bitbucket-pipelines', 'circleci', 'shell'].includes(each))) {
        const machine = await machineWith({ ACME_KEY: key });
        const content = await pipelineText(ci, { login: own }, { secretName: 'ACME_KEY' });
        const { status, output } = await machine.runPipeline(ci, content);
        expect(status, `${ci}\n${output}`).to.equal(0);
      }
      for (const [ci, asked] of [
        ['github-actions', 'SF_JWT_KEY: ${{ secrets.ACME_KEY }}'],
        ['azure-pipelines', 'SF_JWT_KEY: $(ACME_KEY)'],
        ['jenkins', "SF_JWT_KEY = credentials('ACME_KEY')"],
      ] as const) {
        expect(await pipelineText(ci, { login: own }, { secretName: 'ACME_KEY' })).to.contain(asked);
      }
    } finally {
      await workplace.close();
    }
  });
});

describe('jwt snippet and where the plugin comes from', () => {
  let workplace: Workplace;
  before(async () => {
    let clientId: string;
    ({ workplace, clientId } = await openWithApp());
    await granted(workplace, [...loginFlags(workplace, clientId), '--alias', 'my-ci']);
  });
  after(() => workplace.close());

  type Result = { content: string; loginWith: string };
  const snippet = (...args: string[]) => workplace.json<Result>(['snippet', '--for', 'gitlab-ci', ...args]);

  it('logs in by the CLI’s own command where it runs from a checkout, and says what is lost', async () => {
    const { status, stdout, stderr } = await workplace.jwt(['snippet', '--for', 'gitlab-ci', '-o', 'my-ci']);
    expect(status, stderr).to.equal(0);
    expect(stdout)
      .to.contain('sf org login jwt')
      .and.not.to.match(/sf jwt (grant|revoke)|sf plugins/);
    expect(stdout).to.contain('npm install --global @salesforce/cli@2.150.6\n');
    for (const text of [stdout, stderr])
      expect(text).to.contain('runs from a checkout').and.to.contain("What's lost by that");
    expect(stderr).to.contain('--plugin-source');
    expect((await snippet('-o', 'my-ci')).result.loginWith).to.equal('sf');
  });

  it('refuses what can’t do without it', async () => {
    for (const args of [
      ['-x', 'orgs.csv'],
      ['-o', 'my-ci', '--job', 'rotate'],
      ['-o', 'my-ci', '--login-with', 'jwt'],
    ]) {
      const { status, data, actions } = await snippet(...args);
      expect({ status, code: data?.code }, args.join(' ')).to.deep.equal({ status: 1, code: 'plugin_not_installable' });
      expect(actions?.join()).to.contain('--plugin-source');
    }
    const published = ['--plugin-source', 'sf-plugin-jwt@0.1.0'];
    const chosen = await snippet('-o', 'my-ci', ...published, '--login-with', 'sf', '--job', 'rotate');
    expect(chosen.data?.code).to.equal('plugin_not_installable');
    for (const args of [
      ['-x', 'orgs.csv'],
      ['-o', 'my-ci', '--job', 'rotate'],
    ]) {
      expect((await snippet(...args, ...published)).result.loginWith).to.equal('jwt');
    }
  });

  it('refuses sources and names that it can’t write', async () => {
    for (const [code, args] of [
      ['plugin_source_unpinned', ['--plugin-source', 'sf-plugin-jwt']],
      ['plugin_source_unusable', ['--plugin-source', '/tmp/sf-plugin-jwt.tgz']],
      ['plugin_source_secret', ['--plugin-source', 'https://me:password@acme.example.com/x.tgz']],
      ['secret_name_illegal', ['--secret-name', 'GITHUB_KEY']],
      ['secret_name_illegal', ['--secret-name', '1KEY']],
      ['secret_name_illegal', ['--secret-name', 'A KEY; rm']],
    ] as const) {
      const answer = await snippet('-o', 'my-ci', ...args);
      expect(answer.data?.code, args.join(' ')).to.equal(code);
      expect(JSON.stringify(answer)).not.to.contain('password@');
    }
  });

  it('knows every job that it writes', async () => {
    const jobs = JOB_KINDS.flatMap((job) => ['--job', job]);
    const { result } = await snippet('-o', 'my-ci', '--plugin-source', 'sf-plugin-jwt@0.1.0', ...jobs);
    for (const job of JOB_KINDS) expect(result.content).to.match(new RegExp(`^${job}:$`, 'm'));
    expect((await snippet('-o', 'my-ci', '--job', 'undo')).status).to.equal(2);
    expect((await snippet('-x', 'orgs.csv', '--job', 'deploy')).status).to.equal(2);
  });
});
