import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readInputs } from '../../action/inputs.js';
import { TESTED_CLI } from '../../src/flows/snippet/running.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SCHEMAS = join(dirname(createRequire(import.meta.url).resolve('schemastore/package.json')), 'schemas', 'json');

type Step = { uses?: string; run?: string; id?: string; with?: Record<string, unknown>; env?: Record<string, string> };
type Workflow = { jobs: Record<string, { steps: Step[] }> };
type Definition = {
  inputs: Record<string, { description: string; required: boolean; default?: string }>;
  outputs: Record<string, { description: string }>;
  runs: { using: string; main: string; post: string };
  branding: object;
};

const textOf = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const definition = parse(textOf('action.yml')) as Definition;

function problemsOf(schema: string, value: unknown): unknown {
  const { $schema: _, ...rules } = JSON.parse(readFileSync(join(SCHEMAS, schema), 'utf8')) as Record<string, unknown>;
  const options = { strict: false, validateFormats: false, unicodeRegExp: false, logger: false } as const;
  const validate = new Ajv(options).compile(rules);
  return validate(value) ? [] : validate.errors;
}

describe('action.yml', () => {
  it('is what GitHub and its Marketplace take', () => {
    // The schema that the registry has knows no later Node.js.
    const known = { ...definition, runs: { ...definition.runs, using: 'node16' } };
    expect(problemsOf('github-action.json', known)).to.deep.equal([]);
    expect(definition.runs).to.deep.equal({ using: 'node24', main: 'dist/main.js', post: 'dist/main.js' });
    expect(definition).to.have.property('branding');
  });

  it('has the inputs that the action reads, each with the default that it has by itself', () => {
    const read = new Set<string>();
    const values: Record<string, string> = { 'client-id': 'c', 'username': 'u', 'private-key': 'k' };
    const inputs = readInputs({
      input: (name) => {
        read.add(name);
        return values[name];
      },
    });
    expect([...read].sort()).to.deep.equal(Object.keys(definition.inputs).sort());
    const defaults = readInputs({ input: (name) => values[name] ?? definition.inputs[name]?.default });
    expect(defaults).to.deep.equal(inputs);
    const required = Object.entries(definition.inputs).filter(([, { required: is }]) => is);
    expect(required.map(([name]) => name)).to.deep.equal(['client-id', 'username']);
  });

  it('has outputs that the action sets', () => {
    const source = textOf('action', 'log-in.ts');
    const set = [...source.matchAll(/setOutput\('([^']+)'/g)].map(([, name]) => name);
    expect(set.sort()).to.deep.equal(Object.keys(definition.outputs).sort());
  });

  it('is explained by a page whose workflows are right', () => {
    const page = textOf('docs', 'action.md');
    const workflows = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
    expect(workflows).to.have.lengthOf(2);
    for (const text of workflows) {
      const workflow = parse(text) as Workflow;
      expect(problemsOf('github-workflow.json', workflow)).to.deep.equal([]);
      const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
      const used = steps.find(({ uses = '' }) => /\/sf-plugin-jwt@v\d+$/.test(uses));
      expect(Object.keys(definition.inputs)).to.include.members(Object.keys(used?.with ?? {}));
      for (const { run = '' } of steps) expect(run).not.to.contain('${{');
      for (const [, output] of text.matchAll(/steps\.org\.outputs\.([\w-]+)/g))
        expect(Object.keys(definition.outputs)).to.include(output);
    }
    for (const name of Object.keys(definition.inputs)) expect(page, name).to.contain(`\`${name}\``);
    expect(page).to.contain(`@salesforce/cli@${TESTED_CLI}`);
    const { version } = JSON.parse(textOf('package.json')) as { version: string };
    expect(page).to.contain(`sf-plugin-jwt@v${version.split('.')[0]}\n`);
  });
});

describe('dist/', () => {
  it('is what the sources build ("npm run build:action")', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sf-jwt-dist-'));
    try {
      const script = ['--import', 'tsx', join('scripts', 'bundle', 'action.ts'), folder];
      await promisify(execFile)(process.execPath, script, { cwd: ROOT });
      const names = readdirSync(folder);
      expect(readdirSync(join(ROOT, 'dist'))).to.deep.equal(names);
      for (const name of names)
        expect(textOf('dist', name) === readFileSync(join(folder, name), 'utf8'), name).to.equal(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('stands by itself, without a trace of where it was built', () => {
    for (const name of readdirSync(join(ROOT, 'dist')).filter((each) => /\.c?js$/.test(each))) {
      const text = textOf('dist', name);
      expect(text, name).not.to.contain(ROOT).and.not.to.contain('#libraries/core');
    }
  });

  it('is no part of the npm package', () => {
    const { files } = JSON.parse(textOf('package.json')) as { files: string[] };
    expect(files.filter((name) => /dist|action/.test(name))).to.deep.equal([]);
  });
});
