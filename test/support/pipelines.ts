/** Reads a pipeline as its CI does: which scripts it runs in order, and which whatever became of the others. */
import { parse } from 'yaml';
import { pipelineFor } from '../../src/flows/snippet/pipeline.js';
import type {
  Ci,
  JobKind,
  PipelineRequest,
  PluginSource,
  SnippetFleet,
  SnippetLogin,
} from '../../src/flows/snippet/request.js';

const SECRET = 'SF_JWT_KEY';

/** Where a pipeline installs the plugin from, unless a test says otherwise; the flag `--plugin-source` for it. */
export const PUBLISHED: PluginSource = { kind: 'registry', name: 'sf-plugin-jwt', version: '0.1.0' };
export const PUBLISHED_FLAG = ['--plugin-source', 'sf-plugin-jwt@0.1.0'];

export type Target =
  { login: SnippetLogin; jobs?: readonly JobKind[]; fleet?: undefined } | { fleet: SnippetFleet; login?: undefined };

/** A request for a pipeline that installs the published plugin and the CLI of the tests. */
export function requestFor(ci: Ci, target: Target, more: Partial<PipelineRequest> = {}): PipelineRequest {
  const shape = { ci, plugin: PUBLISHED, cliVersion: '2.150.6', secretName: SECRET };
  const work =
    target.login === undefined ? target : { login: target.login, jobs: target.jobs ?? (['deploy'] as const) };
  return { ...shape, ...work, ...more } as PipelineRequest;
}

/** The text of such a pipeline. */
export async function pipelineText(ci: Ci, target: Target, more: Partial<PipelineRequest> = {}): Promise<string> {
  return (await pipelineFor(requestFor(ci, target, more))).content;
}

export type ReadPipeline = {
  /** Scripts of a POSIX shell, in order. The first one that fails is the last that runs. */
  scripts: string[];
  /** Those that run always, at the end. */
  always: string[];
  /** Those of both that are handed the secret. */
  keyed: string[];
};

/** One of the machines that a pipeline runs on: its number as its CI says it, in the environment or in the script. */
export type Runner = { env: Record<string, string>; args: string[]; fill: (script: string) => string };

type Tree = { [key: string]: Tree } & Tree[] & string;

/** The names of jobs in words, by which two of the CIs tell them apart. */
const NAMES: Record<string, string> = {
  deploy: 'Deploy to Salesforce',
  validate: 'Validate against Salesforce',
  test: 'Run Apex tests',
  scratch: 'Test in a scratch org',
  rotate: 'Renew the key',
};

const READERS: Record<Exclude<Ci, 'shell'>, (content: string, job: string) => ReadPipeline> = {
  'github-actions': (content, job) => {
    const steps = (parse(content) as Tree)['jobs']![job]!['steps'] as Tree[];
    return split(steps, 'run', ({ if: condition }) => condition === 'always()', `\${{ secrets.${SECRET} }}`);
  },
  'gitlab-ci': (content, job) => {
    const { script, after_script: last } = (parse(content) as Tree)[job]!;
    return allKeyed(script as string[], last as string[]);
  },
  'azure-pipelines': (content, id) => {
    const jobs = (parse(content) as Tree)['jobs'] as Tree[];
    const steps = (jobs.find(({ job }) => job === id)!['steps'] as Tree[]).map(withInlineScript);
    return split(steps, 'bash', ({ condition }) => condition === 'always()', `$(${SECRET})`);
  },
  'bitbucket-pipelines': (content, job) => {
    const step = bitbucketSteps(content).find(({ name }) => name === NAMES[job])!;
    return allKeyed(step['script'] as string[], step['after-script'] as string[]);
  },
  'circleci': (content, job) => {
    const steps = (parse(content) as Tree)['jobs']![job]!['steps'] as Array<{ run?: Tree }>;
    const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
    const { scripts, always } = split(runs, 'command', ({ when }) => when === 'always');
    return allKeyed(scripts, always);
  },
  'jenkins': (content, job) => {
    const all = groovyShells(content);
    const several = all.some(({ stages }) => stages.length > 1 && stages[0] === NAMES[job]);
    const shells = several ? all.filter(({ stages }) => stages[0] === NAMES[job]) : all;
    const isAlways = ({ blocks }: GroovyShell): boolean => blocks.slice(-2).join() === 'post,always';
    const isStep = ({ blocks }: GroovyShell): boolean => blocks.at(-1) === 'steps' && blocks.includes('stage');
    if (!shells.every((one) => isAlways(one) || isStep(one))) throw new Error(`A shell out of place:\n${content}`);
    const [scripts, always] = [shells.filter(isStep), shells.filter(isAlways)];
    const textsOf = (those: GroovyShell[]): string[] => those.map(({ script }) => script);
    const keyed = textsOf(shells.filter((shell) => shell.keyed));
    return { scripts: textsOf(scripts), always: textsOf(always), keyed };
  },
};

/** @param job which of the pipeline's jobs */
export function readPipeline(ci: Exclude<Ci, 'shell'>, content: string, job = 'deploy'): ReadPipeline {
  return READERS[ci](content, job);
}

/** A task of Azure's that runs a script has it among its inputs. */
function withInlineScript(step: Tree): Tree {
  if (step['task'] !== 'AzureCLI@2') return step;
  return Object.assign(step, { bash: step['inputs']!['inlineScript'] });
}

/** The steps of all pipelines of a file, whatever begins them. */
function bitbucketSteps(content: string): Tree[] {
  const sections = Object.values((parse(content) as Tree)['pipelines']!) as unknown as Array<Record<string, Tree[]>>;
  const entries = sections.flatMap((section) => Object.values(section).flat());
  return entries.map((entry) => ((entry['parallel'] as Tree[] | undefined)?.[0] ?? entry)['step']!);
}

const RUNNERS: Record<Ci, (content: string, job: string) => Array<Partial<Runner>>> = {
  'github-actions': (content, job) => {
    const shards = (parse(content) as Tree)['jobs']![job]!['strategy']?.['matrix']!['shard'] as number[] | undefined;
    return shards?.map((shard) => ({ fill: (script) => script.replaceAll('${{ matrix.shard }}', `${shard}`) })) ?? [{}];
  },
  'gitlab-ci': (content, job) =>
    numbered(Number((parse(content) as Tree)[job]!['parallel'] ?? 1), (index, count) => ({
      env: { CI_NODE_INDEX: `${index}`, CI_NODE_TOTAL: `${count}` },
    })),
  'azure-pipelines': (content) => {
    const matrix = (parse(content) as Tree)['jobs']![0]!['strategy']?.['matrix'] as Record<string, Tree> | undefined;
    return Object.values(matrix ?? { single: {} }).map((env) => ({ env: env as Record<string, string> }));
  },
  'bitbucket-pipelines': (content) => {
    const [first] = ((parse(content) as Tree)['pipelines']!['branches']?.['main'] ?? []) as Tree[];
    return numbered(first?.['parallel']?.length ?? 1, (index, count) => ({
      env: { BITBUCKET_PARALLEL_STEP: `${index - 1}`, BITBUCKET_PARALLEL_STEP_COUNT: `${count}` },
    }));
  },
  'circleci': (content, job) =>
    numbered(Number((parse(content) as Tree)['jobs']![job]!['parallelism'] ?? 1), (index, count) => ({
      env: { CIRCLE_NODE_INDEX: `${index - 1}`, CIRCLE_NODE_TOTAL: `${count}` },
    })),
  'jenkins': (content) => {
    const [, name = '', values] = /name '(\w+)'\n +values (.+)/.exec(content) ?? [];
    return values?.split(', ').map((value) => ({ env: { [name]: value.slice(1, -1) } })) ?? [{}];
  },
  'shell': (content, job) => {
    const [, count] = /say which part this is, from 1 to (\d+)/.exec(content) ?? [];
    if (content.includes('say which job')) return [{ args: [job] }];
    return count === undefined ? [{}] : numbered(Number(count), (index) => ({ args: [`${index}`] }));
  },
};

/** The machines that a CI runs the pipeline on, each with the variables by which it tells them apart. */
export function runnersOf(ci: Ci, content: string, job = 'deploy'): Runner[] {
  return RUNNERS[ci](content, job).map((one) => ({ env: {}, args: [], fill: (script) => script, ...one }));
}

function numbered<One>(count: number, make: (index: number, count: number) => One): One[] {
  return Array.from({ length: count }, (_, index) => make(index + 1, count));
}

/** Where the CI hands its secrets to every script. */
function allKeyed(scripts: string[], always: string[]): ReadPipeline {
  return { scripts, always, keyed: [...scripts, ...always] };
}

/** @param secret the expression by which a step asks for the secret */
function split(steps: Tree[], key: string, isAlways: (step: Tree) => boolean, secret?: string): ReadPipeline {
  const runs = steps.filter((step) => key in step);
  const scriptsOf = (those: Tree[]): string[] => those.map((step) => step[key]!);
  return {
    scripts: scriptsOf(runs.filter((step) => !isAlways(step))),
    always: scriptsOf(runs.filter(isAlways)),
    keyed: scriptsOf(runs.filter(({ env }) => secret !== undefined && env?.[SECRET] === secret)),
  };
}

type GroovyShell = { blocks: string[]; stages: string[]; script: string; keyed: boolean };

/**
 * The strings of `sh`, and the names of the blocks and stages around each. Groovy in which a string or a block stays open
 * throws.
 */
export function groovyShells(content: string): GroovyShell[] {
  const TOKEN =
    /\/\/[^\n]*|'''((?:[^\\]|\\.)*?)'''|'((?:[^'\\\n]|\\.)*)'|(\w+)(?:\('([^()]*)'\))?\s*\{|\}|sh (?=')|[^]/g;
  const shells: GroovyShell[] = [];
  const blocks: Array<{ name: string; stage?: string }> = [];
  // How many blocks are around the stage whose environment holds the secret, while that is open.
  let keyed = Infinity;
  let isShell = false;
  for (const [token, long, short, name, stage] of content.matchAll(TOKEN)) {
    const string = long ?? short;
    if (token === "'" || token === '"') throw new Error(`A string stays open:\n${content}`);
    if (name !== undefined) blocks.push({ name, ...(stage === undefined ? {} : { stage }) });
    if (token === '}' && blocks.pop() === undefined) throw new Error(`A block ends twice:\n${content}`);
    if (blocks.length < keyed) keyed = Infinity;
    if (string === SECRET && blocks.at(-1)?.name === 'environment') keyed = blocks.length - 1;
    if (string !== undefined && isShell) {
      const script = string.replace(/\\(.)/gsu, '$1');
      const stages = blocks.flatMap((block) => (block.stage === undefined ? [] : [block.stage]));
      shells.push({ blocks: blocks.map((block) => block.name), stages, script, keyed: blocks.length >= keyed });
    }
    isShell = token === 'sh ';
  }
  if (blocks.length > 0) throw new Error(`A block stays open:\n${content}`);
  return shells;
}
