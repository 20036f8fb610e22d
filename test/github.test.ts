import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parseDocument } from 'yaml';

const ROOT = join(import.meta.dirname, '..');
const SCHEMAS = join(dirname(createRequire(import.meta.url).resolve('schemastore/package.json')), 'schemas', 'json');

/** What is checked by which schema of the schema store. */
const CHECKED: Array<[file: RegExp, schema: string]> = [
  [/^workflows\//, 'github-workflow.json'],
  [/^dependabot\.yml$/, 'dependabot-2.0.json'],
  [/^ISSUE_TEMPLATE\/config\.yml$/, 'github-issue-config.json'],
  [/^ISSUE_TEMPLATE\/(bug|feature)\.yml$/, 'github-issue-forms.json'],
];

type Workflow = {
  jobs: Record<
    string,
    { strategy?: { matrix: Record<string, unknown> }; steps: Array<{ uses?: string; run?: string }> }
  >;
};

const read = (file: string): string => readFileSync(join(ROOT, '.github', file), 'utf8');
const files = readdirSync(join(ROOT, '.github'), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.yml'));

describe('.github', () => {
  it('has files that are each what GitHub takes', () => {
    expect(files).to.have.length.above(5);
    for (const file of files) {
      const [, schema] = CHECKED.find(([pattern]) => pattern.test(file)) ?? [];
      expect(schema, file).not.to.equal(undefined);
      const document = parseDocument(read(file), { strict: true });
      expect([...document.errors, ...document.warnings], file).to.deep.equal([]);
      const { $schema: _, ...rules } = JSON.parse(readFileSync(join(SCHEMAS, schema!), 'utf8')) as Record<
        string,
        unknown
      >;
      const ajv = new Ajv({
        strict: false,
        allErrors: true,
        validateFormats: false,
        unicodeRegExp: false,
        logger: false,
      });
      const validate = ajv.compile(rules);
      const isValid = validate(document.toJS());
      expect(isValid ? [] : validate.errors, file).to.deep.equal([]);
    }
  });

  it('tests on Linux, Windows and macOS, with Node.js 22 and 24', () => {
    const { test } = (parseDocument(read('workflows/ci.yml')).toJS() as Workflow).jobs;
    expect(test!.strategy!.matrix).to.deep.equal({
      os: ['ubuntu-latest', 'windows-latest', 'macos-latest'],
      node: [22, 24],
    });
  });

  it('runs npm scripts that there are, and nothing of an event within a script', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    for (const file of files.filter((name) => name.startsWith('workflows/'))) {
      const { jobs } = parseDocument(read(file)).toJS() as Workflow;
      const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => step.run ?? []));
      for (const run of runs) {
        expect(run, file).not.to.contain('${{');
        for (const [, name = ''] of run.matchAll(/npm (?:run )(?:--silent )?([\w:-]+)/g))
          expect(scripts, file).to.have.property(name);
      }
    }
  });

  it('publishes with provenance, from tags alone, by an identity and no token', () => {
    const release = read('workflows/release.yml');
    expect(release).to.contain('npm publish --provenance').and.to.contain('id-token: write');
    expect(release)
      .to.match(/tags: \['v\*'\]/)
      .and.not.to.match(/NPM_TOKEN|NODE_AUTH_TOKEN|branches:/);
  });
});
