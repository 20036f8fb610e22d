import { jobOf, SECRET, shardsOf, type Job, type Step, type Wish } from './job.js';
import { text } from './text.js';
import { IMAGE } from './yaml-pipelines.js';

/** A string in which Groovy fills in nothing. */
export function groovyString(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}

/** A `Jenkinsfile` in declarative syntax. The container is new for each run, and so is its HOME. */
export function jenkinsfile(wish: Wish): string {
  const shards = shardsOf(wish);
  const job = jobOf(wish, `"$SHARD/${shards}"`);
  const header = comment(text('comment.header', [text('place.jenkins')]));
  const body =
    shards === 1 ? ['agent {', ...DOCKER, '}', ...stages(wish, job), ...post(job)] : matrix(wish, job, shards);
  return [...header, 'pipeline {', ...indented(body), '}', ''].join('\n');
}

/** npm installs for everybody only as root; outside of the container that is no right at all. */
const DOCKER = ['  docker {', `    image ${groovyString(IMAGE)}`, "    args '--user root'", '  }'];

function matrix(wish: Wish, job: Job, shards: number): string[] {
  const values = Array.from({ length: shards }, (_, index) => groovyString(String(index + 1)));
  const axes = ['axes {', '  axis {', "    name 'SHARD'", `    values ${values.join(', ')}`, '  }', '}'];
  const cell = [...axes, 'agent {', ...DOCKER, '}', ...stages(wish, job), ...post(job)];
  const stage = [`stage(${groovyString(text('name'))}) {`, '  matrix {', ...indented(indented(cell)), '  }', '}'];
  return ['agent none', 'stages {', ...indented(stage), '}'];
}

function stages({ fleet }: Wish, { install, logIn, work }: Job): string[] {
  const secret = ['environment {', `  ${SECRET} = credentials(${groovyString(SECRET)})`, '}'];
  const note = comment(text(fleet === undefined ? 'comment.deploy' : 'comment.work'));
  return ['stages {', ...indented([...stage(install), ...stage(logIn, secret), ...note, ...stage(work)]), '}'];
}

function stage(step: Step, environment: string[] = []): string[] {
  const steps = ['steps {', ...indented(shell(step)), '}'];
  return [`stage(${groovyString(step.name)}) {`, ...indented([...environment, ...steps]), '}'];
}

function post({ logOut }: Job): string[] {
  return [
    'post {',
    '  always {',
    ...indented(indented([...comment(text('comment.logOut')), ...shell(logOut)])),
    '  }',
    '}',
  ];
}

const shell = ({ commands }: Step): string[] => commands.map((command) => `sh ${groovyString(command)}`);
const comment = (words: string): string[] => words.split('\n').map((each) => `// ${each}`);
const indented = (lines: string[]): string[] => lines.map((each) => `  ${each}`);
