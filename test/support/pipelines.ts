/** Reads a pipeline as its CI does: which scripts it runs in order, and which whatever became of the others. */
import { parse } from 'yaml';
import type { Ci } from '../../src/snippet/pipeline.js';

const SECRET = 'SF_JWT_KEY';

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

const READERS: Record<Exclude<Ci, 'shell'>, (content: string) => ReadPipeline> = {
  'github-actions': (content) => {
    const steps = (parse(content) as Tree)['jobs']!['deploy']!['steps'] as Tree[];
    return split(steps, 'run', ({ if: condition }) => condition === 'always()', `\${{ secrets.${SECRET} }}`);
  },
  'gitlab-ci': (content) => {
    const job = (parse(content) as Tree)['deploy']!;
    return allKeyed(job['script'] as string[], job['after_script'] as string[]);
  },
  'azure-pipelines': (content) => {
    const steps = (parse(content) as Tree)['jobs']![0]!['steps'] as Tree[];
    return split(steps, 'bash', ({ condition }) => condition === 'always()', `$(${SECRET})`);
  },
  'bitbucket-pipelines': (content) => {
    const [first] = (parse(content) as Tree)['pipelines']!['branches']!['main'] as Tree[];
    const step = (first!['parallel'] ?? [first!])[0]!['step'] as Tree;
    return allKeyed(step['script'] as string[], step['after-script'] as string[]);
  },
  'circleci': (content) => {
    const steps = (parse(content) as Tree)['jobs']!['deploy']!['steps'] as Array<{ run?: Tree }>;
    const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
    const { scripts, always } = split(runs, 'command', ({ when }) => when === 'always');
    return allKeyed(scripts, always);
  },
  'jenkins': (content) => {
    const shells = groovyShells(content);
    const isAlways = ({ blocks }: GroovyShell): boolean => blocks.slice(-2).join() === 'post,always';
    const isStep = ({ blocks }: GroovyShell): boolean => blocks.at(-1) === 'steps' && blocks.includes('stage');
    if (!shells.every((one) => isAlways(one) || isStep(one))) throw new Error(`A shell out of place:\n${content}`);
    const [scripts, always] = [shells.filter(isStep), shells.filter(isAlways)];
    const textsOf = (those: GroovyShell[]): string[] => those.map(({ script }) => script);
    const keyed = textsOf(shells.filter((shell) => shell.keyed));
    return { scripts: textsOf(scripts), always: textsOf(always), keyed };
  },
};

export function readPipeline(ci: Exclude<Ci, 'shell'>, content: string): ReadPipeline {
  return READERS[ci](content);
}

const RUNNERS: Record<Ci, (content: string) => Array<Partial<Runner>>> = {
  'github-actions': (content) => {
    const shards = (parse(content) as Tree)['jobs']!['deploy']!['strategy']?.['matrix']!['shard'] as
      number[] | undefined;
    return shards?.map((shard) => ({ fill: (script) => script.replaceAll('${{ matrix.shard }}', `${shard}`) })) ?? [{}];
  },
  'gitlab-ci': (content) =>
    numbered(Number((parse(content) as Tree)['deploy']!['parallel'] ?? 1), (index, count) => ({
      env: { CI_NODE_INDEX: `${index}`, CI_NODE_TOTAL: `${count}` },
    })),
  'azure-pipelines': (content) => {
    const matrix = (parse(content) as Tree)['jobs']![0]!['strategy']?.['matrix'] as Record<string, Tree> | undefined;
    return Object.values(matrix ?? { single: {} }).map((env) => ({ env: env as Record<string, string> }));
  },
  'bitbucket-pipelines': (content) => {
    const [first] = (parse(content) as Tree)['pipelines']!['branches']!['main'] as Tree[];
    return numbered(first!['parallel']?.length ?? 1, (index, count) => ({
      env: { BITBUCKET_PARALLEL_STEP: `${index - 1}`, BITBUCKET_PARALLEL_STEP_COUNT: `${count}` },
    }));
  },
  'circleci': (content) =>
    numbered(Number((parse(content) as Tree)['jobs']!['deploy']!['parallelism'] ?? 1), (index, count) => ({
      env: { CIRCLE_NODE_INDEX: `${index - 1}`, CIRCLE_NODE_TOTAL: `${count}` },
    })),
  'jenkins': (content) => {
    const [, name = '', values] = /name '(\w+)'\n +values (.+)/.exec(content) ?? [];
    return values?.split(', ').map((value) => ({ env: { [name]: value.slice(1, -1) } })) ?? [{}];
  },
  'shell': (content) => {
    const [, count] = /say which part this is, from 1 to (\d+)/.exec(content) ?? [];
    return count === undefined ? [{}] : numbered(Number(count), (index) => ({ args: [`${index}`] }));
  },
};

/** The machines that a CI runs the pipeline on, each with the variables by which it tells them apart. */
export function runnersOf(ci: Ci, content: string): Runner[] {
  return RUNNERS[ci](content).map((one) => ({ env: {}, args: [], fill: (script) => script, ...one }));
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

type GroovyShell = { blocks: string[]; script: string; keyed: boolean };

/** The strings of `sh`, and the names of the blocks around each. Groovy in which a string or a block stays open throws. */
export function groovyShells(content: string): GroovyShell[] {
  const TOKEN = /\/\/[^\n]*|'((?:[^'\\\n]|\\.)*)'|(\w+)(?:\([^()]*'\))?\s*\{|\}|sh (?=')|[^]/g;
  const shells: GroovyShell[] = [];
  const blocks: string[] = [];
  // How many blocks are around the stage whose environment holds the secret, while that is open.
  let keyed = Infinity;
  let isShell = false;
  for (const [token, string, block] of content.matchAll(TOKEN)) {
    if (token === "'" || token === '"') throw new Error(`A string stays open:\n${content}`);
    if (block !== undefined) blocks.push(block);
    if (token === '}' && blocks.pop() === undefined) throw new Error(`A block ends twice:\n${content}`);
    if (blocks.length < keyed) keyed = Infinity;
    if (string === SECRET && blocks.at(-1) === 'environment') keyed = blocks.length - 1;
    if (string !== undefined && isShell) {
      const script = string.replace(/\\(.)/gsu, '$1');
      shells.push({ blocks: [...blocks], script, keyed: blocks.length >= keyed });
    }
    isShell = token === 'sh ';
  }
  if (blocks.length > 0) throw new Error(`A block stays open:\n${content}`);
  return shells;
}
