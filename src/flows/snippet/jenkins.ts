import { jobsOf, shardsOf, type Job, type Step } from './job.js';
import { oneShell } from './last-steps.js';
import type { PipelineRequest } from './request.js';
import { IMAGE, triggerOf } from './surroundings.js';
import { text } from './text.js';

/** A string in which Groovy fills in nothing; one of several lines as it wants those. */
export function groovyString(value: string): string {
  const quotes = value.includes('\n') ? "'''" : "'";
  return `${quotes}${value.replace(/[\\']/g, '\\$&')}${quotes}`;
}

/** A `Jenkinsfile` in declarative syntax. The container is new for each run, and so is its HOME. */
export function jenkinsfile(request: PipelineRequest, header: string): string {
  const jobs = jobsOf(request);
  const shards = shardsOf(request);
  const [only] = jobs.length === 1 ? jobs : [];
  const body = only === undefined ? several(jobs) : shards === 1 ? jobBlock(only) : matrix(only, shards);
  const triggers = jobs.some(({ kind }) => triggerOf(kind) === 'night') ? TRIGGERS : [];
  return [...comment(header), 'pipeline {', ...indented([...triggers, ...body]), '}', ''].join('\n');
}

/** At a minute of Jenkins' choice. */
const TRIGGERS = ['triggers {', "  cron('H 3 * * *')", '}'];

/** npm installs for everybody only as root; outside of the container that is no right at all. */
const DOCKER = ['agent {', '  docker {', `    image ${groovyString(IMAGE)}`, "    args '--user root'", '  }', '}'];

function jobBlock(job: Job): string[] {
  const { install, steps, last } = job;
  const blocks = [install, ...steps].flatMap((step) => [...noteOf(step), ...stage(step.name, stageBody(step))]);
  return [...DOCKER, ...environment(job), 'stages {', ...indented(blocks), '}', ...post(last)];
}

const WHEN = {
  push: ['not { changeRequest() }', "not { triggeredBy 'TimerTrigger' }"],
  pull: ['changeRequest()'],
  night: ["triggeredBy 'TimerTrigger'"],
};

/** A stage for each job, which says when it takes part, before a container is started for it. */
function several(jobs: Job[]): string[] {
  const stages = jobs.flatMap((job) =>
    stage(job.name, ['when {', ...indented(['beforeAgent true', ...WHEN[triggerOf(job.kind)]]), '}', ...jobBlock(job)]),
  );
  return ['agent none', 'stages {', ...indented(stages), '}'];
}

function matrix(job: Job, shards: number): string[] {
  const values = Array.from({ length: shards }, (_, index) => groovyString(String(index + 1)));
  const axes = ['axes {', '  axis {', "    name 'SHARD'", `    values ${values.join(', ')}`, '  }', '}'];
  const cell = ['matrix {', ...indented([...axes, ...jobBlock(job)]), '}'];
  return ['agent none', 'stages {', ...indented(stage(job.name, cell)), '}'];
}

const stage = (name: string, body: string[]): string[] => [`stage(${groovyString(name)}) {`, ...indented(body), '}'];

function stageBody(step: Step): string[] {
  const secrets = Object.entries(step.secrets ?? {});
  const lines = secrets.map(([variable, secret]) => `${variable} = credentials(${groovyString(secret)})`);
  const block = lines.length === 0 ? [] : ['environment {', ...indented(lines), '}'];
  return [...block, 'steps {', ...indented(shell(step.commands)), '}'];
}

function environment({ variables }: Job): string[] {
  const lines = Object.entries(variables).map(([name, value]) => `${name} = ${groovyString(value)}`);
  return lines.length === 0 ? [] : ['environment {', ...indented(lines), '}'];
}

function post(last: Step[]): string[] {
  const ends = oneShell(last);
  const lines = last.flatMap((step) => [...noteOf(step), ...shell(ends.splice(0, step.commands.length))]);
  return ['post {', '  always {', ...indented(indented(lines)), '  }', '}'];
}

const noteOf = ({ note }: Step): string[] => (note === undefined ? [] : comment(text(note)));
const shell = (commands: string[]): string[] =>
  commands.flatMap((command) => `sh ${groovyString(command)}`.split('\n'));
const comment = (words: string): string[] => words.split('\n').map((each) => `// ${each}`);
const indented = (lines: string[]): string[] => lines.map((each) => `  ${each}`);
