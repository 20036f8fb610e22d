import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse, parseDocument } from 'yaml';
import { CIS, JOB_KINDS, type Ci } from '../../../src/flows/snippet/request.js';
import { rejectionOf } from '../../support/failures.js';
import { schemaErrors, wordsOf, YAML_CIS } from '../../support/pipeline-checks.js';
import { pipelineText, readPipeline, type Target } from '../../support/pipelines.js';

const LOGIN: Target = {
  login: { username: 'ci@acme.example.com', clientId: '3MVG9.Abc_1', instanceUrl: 'https://acme.my.salesforce.com' },
};
const FLEET: Target = { fleet: { file: 'config/orgs of ours.csv', shards: 3 } };
const ONE_MACHINE: Target = { fleet: { file: 'orgs.csv', shards: 1 } };
const ALL_JOBS: Target = { login: LOGIN.login, jobs: JOB_KINDS };
const EACH_JOB = JOB_KINDS.map((job): Target => ({ login: LOGIN.login, jobs: [job] }));

/** The script for a machine has its values between the same shell's lines. */
function commandsOf(ci: Ci, content: string): string[] {
  if (ci === 'shell')
    return content
      .split('\n')
      .filter((line) => /^ *(echo y \| )?sf /.test(line))
      .map((line) => line.replace(/ \|\| status=1$/, ''))
      .map((line) => line.replace(/^echo y \| /, ''));
  const { scripts, always } = readPipeline(ci, content);
  return [...scripts, ...always];
}

describe('pipelines', () => {
  for (const { ci, spoil } of YAML_CIS) {
    it(`for ${ci} are valid YAML and what the CI's schema describes`, async () => {
      for (const request of [LOGIN, FLEET, ONE_MACHINE, ALL_JOBS, ...EACH_JOB]) {
        const content = await pipelineText(ci, request);
        const { errors, warnings } = parseDocument(content, { strict: true });
        expect([...errors, ...warnings], content).to.deep.equal([]);
        expect(schemaErrors(ci, content), content).to.deep.equal([]);
      }
      const content = await pipelineText(ci, LOGIN);
      const spoiled = content.replace(...spoil);
      expect(spoiled).not.to.equal(content);
      expect(schemaErrors(ci, spoiled), 'a spoiled one').not.to.deep.equal([]);
    });
  }

  it('for shell keep the CLI from the keychain of the machine’s user', async () => {
    for (const request of [LOGIN, FLEET]) {
      const content = (await pipelineText('shell', request)).replace(/^log_out\(\) \{[^]*/m, 'env');
      const env = { PATH: process.env['PATH'], SF_JWT_KEY: 'unused', HOME: '/nowhere' };
      const { stdout, stderr } = spawnSync('bash', ['-s', '1'], { input: content, encoding: 'utf8', env });
      const variables = stdout.split('\n');
      expect(variables, stderr).to.include('SF_USE_GENERIC_UNIX_KEYCHAIN=true');
      expect(variables).not.to.include('HOME=/nowhere');
    }
  });

  it('for shell keep the CLI from the user’s folders that variables lead it to, past HOME', async () => {
    const kinds = ['CONFIG', 'DATA', 'CACHE'];
    const names = [
      ...[...kinds, 'STATE'].map((kind) => `XDG_${kind}_HOME`),
      ...kinds.flatMap((kind) => [`SF_${kind}_DIR`, `SFDX_${kind}_DIR`]),
      'LOCALAPPDATA',
    ];
    const leading = Object.fromEntries(names.map((name) => [name, '/home/somebody']));
    for (const request of [LOGIN, FLEET]) {
      const content = (await pipelineText('shell', request)).replace(/^log_out\(\) \{[^]*/m, 'env');
      const env = { ...leading, PATH: process.env['PATH'], SF_JWT_KEY: 'unused', HOME: '/nowhere' };
      const { stdout, stderr } = spawnSync('bash', ['-s', '1'], { input: content, encoding: 'utf8', env });
      expect(stdout, stderr).to.contain('SF_USE_GENERIC_UNIX_KEYCHAIN=true').and.not.to.contain('/home/somebody');
    }
  });

  for (const ci of CIS) {
    it(`for ${ci} install, log in, deploy, and always log out`, async () => {
      const content = await pipelineText(ci, LOGIN);
      const logOut = 'sf jwt revoke --target-org ci@acme.example.com --no-prompt';
      const commands = [
        'sf plugins install sf-plugin-jwt@0.1.0',
        'sf jwt grant --username ci@acme.example.com --client-id 3MVG9.Abc_1' +
          ' --instance-url https://acme.my.salesforce.com --key-storage copy',
        'sf project deploy start --source-dir force-app --target-org ci@acme.example.com --wait 60',
      ];
      const words = wordsOf(commandsOf(ci, content)).map((each) => each.join(' '));
      if (ci === 'shell') {
        expect(words).to.deep.equal([logOut, ...commands]);
      } else {
        expect(words).to.deep.equal(['npm install --global @salesforce/cli@2.150.6', ...commands, logOut]);
        expect(readPipeline(ci, content).always).to.deep.equal([logOut]);
        expect(readPipeline(ci, await pipelineText(ci, FLEET)).always).to.deep.equal([
          'sf jwt revoke --all --no-prompt',
        ]);
      }
    });

    it(`for ${ci} divide a fleet among machines`, async () => {
      const filled: Record<string, (content: string) => string> = {
        'github-actions': (content) => content.replaceAll('${{ matrix.shard }}', '2'),
        'gitlab-ci': (content) => content.replaceAll('$CI_NODE_INDEX/$CI_NODE_TOTAL', '2/3'),
        'azure-pipelines': (content) => content.replaceAll('$SHARD', '2/3'),
        'bitbucket-pipelines': (content) =>
          content.replaceAll('BITBUCKET_PARALLEL_STEP +', '1 +').replaceAll('$BITBUCKET_PARALLEL_STEP_COUNT', '3'),
        'circleci': (content) => content.replaceAll('CIRCLE_NODE_INDEX', '1').replaceAll('$CIRCLE_NODE_TOTAL', '3'),
        'jenkins': (content) => content,
        'shell': (content) => content.replaceAll('$1', '2'),
      };
      const content = filled[ci]!(await pipelineText(ci, FLEET));
      const words = wordsOf(commandsOf(ci, content));
      const copy = ['--key-storage', 'copy'];
      const grant = ['sf', 'jwt', 'fleet', 'grant', '-x'];
      expect(words).to.deep.include([...grant, 'config/orgs of ours.csv', '--shard', '2/3', ...copy]);
      expect(words).to.deep.include(['sf', 'jwt', 'revoke', '--all', '--no-prompt']);
      const alone = await pipelineText(ci, ONE_MACHINE);
      expect(wordsOf(commandsOf(ci, alone))).to.deep.include([...grant, 'orgs.csv', ...copy]);
      expect(alone).not.to.match(/shard|parallel|matrix/i);
    });
  }

  it('have each job once, and tests after the deployment, in whatever order they are asked for', async () => {
    const { login } = ALL_JOBS;
    for (const ci of CIS) {
      const shuffled = ['test', 'rotate', 'deploy', 'scratch', 'test', 'validate', 'deploy'] as const;
      expect(await pipelineText(ci, { login: login, jobs: shuffled }), ci).to.equal(await pipelineText(ci, ALL_JOBS));
    }
    const after = { login: login, jobs: ['test', 'deploy'] as const };
    const expectAfter = async (ci: Ci, path: string, expected: unknown): Promise<void> => {
      expect(parse(await pipelineText(ci, after)), ci).to.have.deep.nested.property(path, expected);
    };
    await expectAfter('github-actions', 'jobs.test.needs', 'deploy');
    await expectAfter('gitlab-ci', 'test.needs', ['deploy']);
    await expectAfter('azure-pipelines', 'jobs[1].dependsOn', 'deploy');
    await expectAfter('bitbucket-pipelines', 'pipelines.branches.main[1].step.name', 'Run Apex tests');
    await expectAfter('circleci', 'workflows.deploy.jobs[1].test.requires', ['deploy']);
  });

  it('begin with what each job is for, and with nothing else', async () => {
    const expectFor = async (
      ci: Ci,
      job: (typeof JOB_KINDS)[number],
      path: string,
      expected: unknown,
    ): Promise<void> => {
      const content = parse(await pipelineText(ci, { login: LOGIN.login, jobs: [job] })) as object;
      expect(content, `${ci} ${job}`).to.have.deep.nested.property(path, expected);
    };
    const main = { branches: { include: ['main'] } };
    await expectFor('github-actions', 'deploy', 'on', { push: { branches: ['main'] }, workflow_dispatch: {} });
    await expectFor('github-actions', 'validate', 'on', { pull_request: {}, workflow_dispatch: {} });
    await expectFor('github-actions', 'rotate', 'on.schedule[0].cron', '17 3 * * *');
    await expectFor('azure-pipelines', 'deploy', 'trigger', main);
    // Else every pull request would deploy.
    await expectFor('azure-pipelines', 'deploy', 'pr', 'none');
    await expectFor('azure-pipelines', 'validate', 'trigger', 'none');
    await expectFor('azure-pipelines', 'validate', 'pr', main);
    await expectFor('azure-pipelines', 'rotate', 'schedules[0].cron', '17 3 * * *');
    await expectFor('azure-pipelines', 'rotate', 'trigger', 'none');
    await expectFor('gitlab-ci', 'validate', 'validate.rules[0].if', '$CI_PIPELINE_SOURCE == "merge_request_event"');
    await expectFor('gitlab-ci', 'rotate', 'rotate.rules[0].if', '$CI_PIPELINE_SOURCE == "schedule"');
    await expectFor('bitbucket-pipelines', 'rotate', 'pipelines.custom.rotate[0].step.name', 'Renew the key');
    await expectFor(
      'bitbucket-pipelines',
      'validate',
      'pipelines.pull-requests.**[0].step.name',
      'Validate against Salesforce',
    );
    await expectFor('circleci', 'validate', 'workflows.validate.jobs[0].validate.filters', {
      branches: { ignore: ['main'] },
    });
    await expectFor('circleci', 'rotate', 'workflows.rotate.triggers[0].schedule.cron', '17 3 * * *');
    expect(await pipelineText('jenkins', { login: LOGIN.login, jobs: ['rotate'] })).to.contain("cron('H 3 * * *')");
  });

  it('run as many machines as there are shards', async () => {
    const expectIn = async (ci: Ci, path: string, expected: unknown): Promise<void> => {
      expect(parse(await pipelineText(ci, FLEET))).to.have.deep.nested.property(path, expected);
    };
    await expectIn('github-actions', 'jobs.deploy.strategy.matrix.shard', [1, 2, 3]);
    await expectIn('gitlab-ci', 'deploy.parallel', 3);
    const matrix = { shard_1: { SHARD: '1/3' }, shard_2: { SHARD: '2/3' }, shard_3: { SHARD: '3/3' } };
    await expectIn('azure-pipelines', 'jobs[0].strategy.matrix', matrix);
    await expectIn('bitbucket-pipelines', 'pipelines.branches.main[0].parallel.length', 3);
    await expectIn('circleci', 'jobs.deploy.parallelism', 3);
    expect(await pipelineText('jenkins', FLEET)).to.contain("values '1', '2', '3'");
  });

  it('hand the secret to the step that logs in, where the CI wants that said, and to no other', async () => {
    const github = await pipelineText('github-actions', LOGIN);
    expect(github.match(/\$\{\{.*/g)).to.deep.equal(['${{ secrets.SF_JWT_KEY }}']);
    expect(github).to.match(/run: sf jwt grant.*\n +env:\n +SF_JWT_KEY: \$\{\{ secrets/);
    const azure = await pipelineText('azure-pipelines', LOGIN);
    expect(azure).to.match(/bash: sf jwt grant.*\n.*\n +env:\n +SF_JWT_KEY: \$\(SF_JWT_KEY\)\n/);
    expect(azure.match(/\$\((?!Pipeline\.Workspace\)|Agent\.OS\))/g)).to.have.lengthOf(1);
    expect(await pipelineText('jenkins', LOGIN)).to.match(
      /stage\('Log in'\) \{\n +environment \{\n +SF_JWT_KEY = credentials\('SF_JWT_KEY'\)/,
    );
    expect(await pipelineText('circleci', LOGIN)).to.match(/context:\n +- salesforce/);
  });

  describe('hold every value as it is', () => {
    const pieces =
      `' " \\ $ \` { } ( ) < > [ ] # ! % & * | ; : , - ? ~ @ = + a é 😀 \${{ }} $( $[[ << ##vso[ ''' \\u0027 // */ $IFS --`
        .split(' ')
        .concat(' ', ': ', ' #', '- ');
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom(...pieces) }),
      fc.string({ unit: 'grapheme' }).filter((text) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\uFEFF]/u.test(text)),
    );
    const logins = fc.array(fc.record({ username: value, clientId: value, instanceUrl: value }), {
      minLength: 20,
      maxLength: 60,
    });

    for (const ci of CIS) {
      it(`for ${ci}`, async () => {
        const property = fc.asyncProperty(logins, async (all) => {
          const commands = await Promise.all(
            all.map(async (login) =>
              commandsOf(ci, await pipelineText(ci, { login })).filter((one) => /sf jwt|deploy/.test(one)),
            ),
          );
          for (const command of commands.flat()) expect(command).not.to.match(/\$[({[]|<<|##/);
          const words = wordsOf(commands.flat());
          expect(words).to.have.lengthOf(3 * all.length);
          for (const { username, clientId, instanceUrl } of all) {
            const [grant, deploy, revoke] = inOrder(words.splice(0, 3));
            expect(grant!.slice(3, 9)).to.deep.equal([
              '--username',
              username,
              '--client-id',
              clientId,
              '--instance-url',
              instanceUrl,
            ]);
            expect(deploy!.slice(6, 8)).to.deep.equal(['--target-org', username]);
            expect(revoke!.slice(3)).to.deep.equal(['--target-org', username, '--no-prompt']);
          }
        });
        await fc.assert(property, { numRuns: 8 });
      });
    }

    it('and refuse what no file could hold plainly', async () => {
      for (const wild of ['a\nb', 'a\0', 'a\r', '\u0085', '\u2028', '\uFEFF', '\x1b[0m', '\uD800']) {
        for (const field of ['username', 'clientId', 'instanceUrl'] as const) {
          await rejectionOf('value_unprintable', pipelineText('shell', { login: { ...LOGIN.login, [field]: wild } }));
        }
        await rejectionOf('value_unprintable', pipelineText('gitlab-ci', { fleet: { file: wild, shards: 2 } }));
      }
    });
  });
});

/** Grant, deploy, revoke: in a script the function that logs out stands first. */
function inOrder(words: string[][]): string[][] {
  return ['grant', 'deploy', 'revoke'].map((verb) => words.find((each) => each[2] === verb)!);
}
