/** Reads a pipeline as its CI does: which scripts it runs in order, and which whatever became of the others. */
import { parse } from 'yaml';
import type { Ci } from '../../src/snippet/pipeline.js';

export type ReadPipeline = {
  /** Scripts of a POSIX shell, in order. The first one that fails is the last that runs. */
  scripts: string[];
  /** Those that run always, at the end. */
  always: string[];
};

type Tree = { [key: string]: Tree } & Tree[] & string;

const READERS: Record<Exclude<Ci, 'shell'>, (content: string) => ReadPipeline> = {
  'github-actions': (content) => {
    const steps = (parse(content) as Tree)['jobs']!['deploy']!['steps'] as Array<Record<string, string>>;
    return split(steps, 'run', ({ if: condition }) => condition === 'always()');
  },
  'gitlab-ci': (content) => {
    const job = (parse(content) as Tree)['deploy']!;
    return { scripts: job['script'] as string[], always: job['after_script'] as string[] };
  },
  'azure-pipelines': (content) => {
    const steps = (parse(content) as Tree)['jobs']![0]!['steps'] as unknown as Array<Record<string, string>>;
    return split(steps, 'bash', ({ condition }) => condition === 'always()');
  },
  'bitbucket-pipelines': (content) => {
    const [first] = (parse(content) as Tree)['pipelines']!['branches']!['main'] as Tree[];
    const step = (first!['parallel'] ?? [first!])[0]!['step'] as Tree;
    return { scripts: step['script'] as string[], always: step['after-script'] as string[] };
  },
  'circleci': (content) => {
    const steps = (parse(content) as Tree)['jobs']!['deploy']!['steps'] as unknown as Array<{
      run?: Record<string, string>;
    }>;
    const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
    return split(runs, 'command', ({ when }) => when === 'always');
  },
  'jenkins': (content) => {
    const shells = groovyShells(content);
    const isAlways = ({ blocks }: GroovyShell): boolean => blocks.slice(-2).join() === 'post,always';
    const isStep = ({ blocks }: GroovyShell): boolean => blocks.at(-1) === 'steps' && blocks.includes('stage');
    if (!shells.every((one) => isAlways(one) || isStep(one))) throw new Error(`A shell out of place:\n${content}`);
    const [scripts, always] = [shells.filter(isStep), shells.filter(isAlways)];
    return { scripts: scripts.map(({ script }) => script), always: always.map(({ script }) => script) };
  },
};

export function readPipeline(ci: Exclude<Ci, 'shell'>, content: string): ReadPipeline {
  return READERS[ci](content);
}

function split(
  steps: Array<Record<string, string>>,
  key: string,
  isAlways: (step: Record<string, string>) => boolean,
): ReadPipeline {
  const runs = steps.filter((step) => key in step);
  return {
    scripts: runs.filter((step) => !isAlways(step)).map((step) => step[key]!),
    always: runs.filter(isAlways).map((step) => step[key]!),
  };
}

type GroovyShell = { blocks: string[]; script: string };

/** The strings of `sh`, and the names of the blocks around each. Groovy in which a string or a block stays open throws. */
export function groovyShells(content: string): GroovyShell[] {
  const TOKEN = /\/\/[^\n]*|'((?:[^'\\\n]|\\.)*)'|(\w+)(?:\([^()]*'\))?\s*\{|\}|sh (?=')|[^]/g;
  const shells: GroovyShell[] = [];
  const blocks: string[] = [];
  let isShell = false;
  for (const [token, string, block] of content.matchAll(TOKEN)) {
    if (token === "'" || token === '"') throw new Error(`A string stays open:\n${content}`);
    if (block !== undefined) blocks.push(block);
    if (token === '}' && blocks.pop() === undefined) throw new Error(`A block ends twice:\n${content}`);
    if (string !== undefined && isShell) shells.push({ blocks: [...blocks], script: string.replace(/\\(.)/gsu, '$1') });
    isShell = token === 'sh ';
  }
  if (blocks.length > 0) throw new Error(`A block stays open:\n${content}`);
  return shells;
}
