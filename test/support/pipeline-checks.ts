/** What a pipeline has to be for its CI: valid by the schema of its maker, and made of commands that a shell reads as they are meant. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Ci } from '../../src/flows/snippet/request.js';

const require = createRequire(import.meta.url);
const SCHEMAS = join(dirname(require.resolve('schemastore/package.json')), 'schemas', 'json');

const GITLAB = 'gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json';

/** What the CI's maker publishes, and a change that it has to refuse. */
export const YAML_CIS: Array<{ ci: Exclude<Ci, 'jenkins' | 'shell'>; schema: string; spoil: [string, string] }> = [
  { ci: 'github-actions', schema: 'github-workflow.json', spoil: ['    runs-on: ubuntu-latest\n', ''] },
  {
    ci: 'gitlab-ci',
    schema: GITLAB,
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

const validators = new Map<string, ValidateFunction>();

/** The errors of the CI's schema; none: an empty list. */
export function schemaErrors(ci: Ci, content: string): unknown[] {
  const name = YAML_CIS.find((each) => each.ci === ci)!.schema;
  const validate = validators.get(name) ?? validatorOf(name);
  validators.set(name, validate);
  return validate(parse(content)) ? [] : (validate.errors ?? []);
}

function validatorOf(name: string): ValidateFunction {
  const { $schema: draft, ...schema } = JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8')) as { $schema: string };
  // What the drafts 4 and 7 differ in (`id`, the exclusive limits) the schema in draft 4 doesn't use.
  expect(draft).to.match(/draft-0[47]/);
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false });
  return ajv.compile(name === GITLAB ? withIdTokens(schema) : schema);
}

/**
 * GitLab's schema with the tokens of a job, which came after the one that the package has.
 *
 * @see https://docs.gitlab.com/ci/yaml/#id_tokens
 */
function withIdTokens(schema: object): object {
  const { definitions, ...others } = schema as { definitions: { job_template: { properties: object } } };
  const aud = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
  const token = { type: 'object', properties: { aud }, required: ['aud'], additionalProperties: false };
  const id_tokens = { type: 'object', patternProperties: { '.*': token } };
  const { properties, ...template } = definitions.job_template;
  const job_template = { ...template, properties: { ...properties, id_tokens } };
  return { ...others, definitions: { ...definitions, job_template } };
}

/** Tools of which a test needs no more than that they end well, having read what they are given. */
const QUIET = ['apt-get', 'aws', 'az', 'curl', 'gcloud', 'gpg', 'node', 'tee'];

/** Each command as a real shell splits it into words; `sf` and `npm` do nothing but show theirs. */
export function wordsOf(scripts: string[], variables: Record<string, string> = {}): string[][] {
  const show = (name: string): string => `${name}() { printf '%s\\0' ${name} "$@"; printf 'END\\0'; }`;
  const quiet = QUIET.map((name) => `${name}() { [ -p /dev/stdin ] && cat >/dev/null; return 0; }`);
  const input = [show('sf'), show('npm'), ...quiet, 'set -eu', ...scripts].join('\n');
  const env = { PATH: process.env['PATH'], SHARD: '2', ...variables };
  const { stdout, stderr, status } = spawnSync('bash', ['-s'], { input, encoding: 'utf8', env });
  expect(status, stderr).to.equal(0);
  const commands = stdout.split('END\0').slice(0, -1);
  return commands.map((command) => command.split('\0').slice(0, -1));
}
