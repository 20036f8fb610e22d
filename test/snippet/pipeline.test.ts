import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse, parseDocument } from 'yaml';
import type { Wish } from '../../src/snippet/job.js';
import { CIS, pipelineFor, type Ci } from '../../src/snippet/pipeline.js';
import { rejectionOf } from '../support/failures.js';
import { readPipeline } from '../support/pipelines.js';

const LOGIN: Wish = {
  login: { username: 'ci@acme.example.com', clientId: '3MVG9.Abc_1', instanceUrl: 'https://acme.my.salesforce.com' },
};
const FLEET: Wish = { fleet: { file: 'config/orgs of ours.csv', shards: 3 } };
const ONE_MACHINE: Wish = { fleet: { file: 'orgs.csv', shards: 1 } };

const require = createRequire(import.meta.url);
const SCHEMAS = join(dirname(require.resolve('schemastore/package.json')), 'schemas', 'json');

/** What the CI's maker publishes, and a change that it has to refuse. */
const YAML_CIS: Array<{ ci: Exclude<Ci, 'jenkins' | 'shell'>; schema: string; spoil: [string, string] }> = [
  { ci: 'github-actions', schema: 'github-workflow.json', spoil: ['    runs-on: ubuntu-latest\n', ''] },
  {
    ci: 'gitlab-ci',
    schema: 'gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json',
    spoil: ['after_script:', 'after_scripts:'],
  },
  {
    ci: 'azure-pipelines',
    schema: 'raw.githubusercontent.com/microsoft/azure-pipelines-vscode/master/service-schema.json',
    spoil: ['condition: always()', 'conditions: always()'],
  },
  {
    ci: 'bitbucket-pipelines',
    schema: 'bitbucket.org/atlassianlabs/atlascode/raw/main/resources/schemas/pipelines-schema.json',
    spoil: ['after-script:', 'after-scripts:'],
  },
  { ci: 'circleci', schema: 'circleciconfig.json', spoil: ['when: always', 'when: sometimes'] },
];

/** The errors of the schema; none: an empty list. */
function schemaErrors(name: string, content: string): unknown[] {
  const { $schema: draft, ...schema } = JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8')) as { $schema: string };
  // What the drafts 4 and 7 differ in (`id`, the exclusive limits) the schema in draft 4 doesn't use.
  expect(draft).to.match(/draft-0[47]/);
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false });
  const validate = ajv.compile(schema);
  return validate(parse(content)) ? [] : (validate.errors ?? []);
}

/** Each command as a real shell splits it into words; `sf` and `npm` do nothing but show theirs. */
function wordsOf(scripts: string[]): string[][] {
  const show = (name: string): string => `${name}() { printf '%s\\0' ${name} "$@"; printf 'END\\0'; }`;
  const input = [show('sf'), show('npm'), 'set -eu', ...scripts].join('\n');
  const { stdout, stderr, status } = spawnSync('bash', ['-s'], { input, encoding: 'utf8', env: { SHARD: '2' } });
  expect(status, stderr).to.equal(0);
  const commands = stdout.split('END\0').slice(0, -1);
  return commands.map((command) => command.split('\0').slice(0, -1));
}

/** The script for a machine has its values between the same shell's lines. */
function commandsOf(ci: Ci, content: string): string[] {
  if (ci === 'shell')
    return content
      .split('\n')
      .filter((line) => /^ *sf /.test(line))
      .map((line) => line.replace(/ \|\| status=1$/, ''));
  const { scripts, always } = readPipeline(ci, content);
  return [...scripts, ...always];
}

describe('pipelines', () => {
  for (const { ci, schema, spoil } of YAML_CIS) {
    it(`for ${ci} are valid YAML and what the CI's schema describes`, async function () {
      this.timeout(60_000);
      for (const wish of [LOGIN, FLEET, ONE_MACHINE]) {
        const content = await pipelineFor(ci, wish);
        const { errors, warnings } = parseDocument(content, { strict: true });
        expect([...errors, ...warnings], content).to.deep.equal([]);
        expect(schemaErrors(schema, content), content).to.deep.equal([]);
      }
      const content = await pipelineFor(ci, LOGIN);
      const spoiled = content.replace(...spoil);
      expect(spoiled).not.to.equal(content);
      expect(schemaErrors(schema, spoiled), 'a spoiled one').not.to.deep.equal([]);
    });
  }

  it('for shell keep the CLI from the keychain of the machine’s user', async () => {
    for (const wish of [LOGIN, FLEET]) {
      const content = (await pipelineFor('shell', wish)).replace(/^log_out\(\) \{[^]*/m, 'env');
      const env = { PATH: process.env['PATH'], SF_JWT_KEY: 'unused', HOME: '/nowhere' };
      const { stdout, stderr } = spawnSync('bash', ['-s', '1'], { input: content, encoding: 'utf8', env });
      const variables = stdout.split('\n');
      expect(variables, stderr).to.include('SF_USE_GENERIC_UNIX_KEYCHAIN=true');
      expect(variables).not.to.include('HOME=/nowhere');
    }
  });

  for (const ci of CIS) {
    it(`for ${ci} install, log in, deploy, and always log out`, async () => {
      const content = await pipelineFor(ci, LOGIN);
      const logOut = 'sf jwt revoke --target-org ci@acme.example.com --no-prompt';
      const commands = [
        'sf plugins trust allowlist add --name sf-plugin-jwt',
        'sf plugins install sf-plugin-jwt',
        'sf jwt grant --username ci@acme.example.com --client-id 3MVG9.Abc_1' +
          ' --instance-url https://acme.my.salesforce.com --key-storage copy',
        'sf project deploy start --target-org ci@acme.example.com',
      ];
      const words = wordsOf(commandsOf(ci, content)).map((each) => each.join(' '));
      if (ci === 'shell') {
        expect(words).to.deep.equal([logOut, ...commands]);
      } else {
        expect(words).to.deep.equal(['npm install --global @salesforce/cli', ...commands, logOut]);
        expect(readPipeline(ci, content).always).to.deep.equal([logOut]);
        expect(readPipeline(ci, await pipelineFor(ci, FLEET)).always).to.deep.equal([
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
      const content = filled[ci]!(await pipelineFor(ci, FLEET));
      const words = wordsOf(commandsOf(ci, content));
      const copy = ['--key-storage', 'copy'];
      const grant = ['sf', 'jwt', 'fleet', 'grant', '-x'];
      expect(words).to.deep.include([...grant, 'config/orgs of ours.csv', '--shard', '2/3', ...copy]);
      expect(words).to.deep.include(['sf', 'jwt', 'revoke', '--all', '--no-prompt']);
      const alone = await pipelineFor(ci, ONE_MACHINE);
      expect(wordsOf(commandsOf(ci, alone))).to.deep.include([...grant, 'orgs.csv', ...copy]);
      expect(alone).not.to.match(/shard|parallel|matrix/i);
    });
  }

  it('run as many machines as there are shards', async () => {
    const expectIn = async (ci: Ci, path: string, expected: unknown): Promise<void> => {
      expect(parse(await pipelineFor(ci, FLEET))).to.have.deep.nested.property(path, expected);
    };
    await expectIn('github-actions', 'jobs.deploy.strategy.matrix.shard', [1, 2, 3]);
    await expectIn('gitlab-ci', 'deploy.parallel', 3);
    const matrix = { shard_1: { SHARD: '1/3' }, shard_2: { SHARD: '2/3' }, shard_3: { SHARD: '3/3' } };
    await expectIn('azure-pipelines', 'jobs[0].strategy.matrix', matrix);
    await expectIn('bitbucket-pipelines', 'pipelines.branches.main[0].parallel.length', 3);
    await expectIn('circleci', 'jobs.deploy.parallelism', 3);
    expect(await pipelineFor('jenkins', FLEET)).to.contain("values '1', '2', '3'");
  });

  it('hand the secret to the step that logs in, where the CI wants that said, and to no other', async () => {
    const github = await pipelineFor('github-actions', LOGIN);
    expect(github.match(/\$\{\{.*/g)).to.deep.equal(['${{ secrets.SF_JWT_KEY }}']);
    expect(github).to.match(/run: sf jwt grant.*\n +env:\n +SF_JWT_KEY: \$\{\{ secrets/);
    const azure = await pipelineFor('azure-pipelines', LOGIN);
    expect(azure).to.match(/bash: sf jwt grant.*\n.*\n +env:\n +SF_JWT_KEY: \$\(SF_JWT_KEY\)\n/);
    expect(azure.match(/\$\(/g)).to.have.lengthOf(1);
    expect(await pipelineFor('jenkins', LOGIN)).to.match(
      /stage\('Log in'\) \{\n +environment \{\n +SF_JWT_KEY = credentials\('SF_JWT_KEY'\)/,
    );
    expect(await pipelineFor('circleci', LOGIN)).to.match(/context:\n +- salesforce/);
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
      it(`for ${ci}`, async function () {
        this.timeout(120_000);
        const property = fc.asyncProperty(logins, async (all) => {
          const commands = await Promise.all(
            all.map(async (login) =>
              commandsOf(ci, await pipelineFor(ci, { login })).filter((one) => /sf jwt|deploy/.test(one)),
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
            expect(deploy!.slice(4)).to.deep.equal(['--target-org', username]);
            expect(revoke!.slice(3)).to.deep.equal(['--target-org', username, '--no-prompt']);
          }
        });
        await fc.assert(property, { numRuns: 8 });
      });
    }

    it('and refuse what no file could hold plainly', async () => {
      for (const wild of ['a\nb', 'a\0', 'a\r', '\u0085', '\u2028', '\uFEFF', '\x1b[0m', '\uD800']) {
        for (const field of ['username', 'clientId', 'instanceUrl'] as const) {
          await rejectionOf('value_unprintable', pipelineFor('shell', { login: { ...LOGIN.login, [field]: wild } }));
        }
        await rejectionOf('value_unprintable', pipelineFor('gitlab-ci', { fleet: { file: wild, shards: 2 } }));
      }
    });
  });
});

/** Grant, deploy, revoke: in a script the function that logs out stands first. */
function inOrder(words: string[][]): string[][] {
  return ['grant', 'deploy', 'revoke'].map((verb) => words.find((each) => each[2] === verb)!);
}
