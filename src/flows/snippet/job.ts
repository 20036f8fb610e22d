import { installCommands } from './plugin-source.js';
import { JOB_KINDS, type JobKind, type LoginWith, type PipelineRequest, type SnippetLogin } from './request.js';
import { rotateSteps } from './rotation.js';
import { signInOf, type SignIn } from './sign-in.js';
import { isSignerCi } from './signer.js';
import { KEY_VARIABLE, type Step } from './step.js';
import { SURROUNDINGS } from './surroundings.js';
import { text } from './text.js';
import { word } from './word.js';

export type { Step };

/** The steps of a job, in order. The last ones run whatever became of the others. */
export type Job = {
  kind: JobKind | 'fleet';
  name: string;
  /** Environment of all steps. */
  variables: Record<string, string>;
  install: Step;
  steps: Step[];
  last: Step[];
};

/** What the job is called within the pipeline. */
export const idOf = ({ kind }: Job): string => (kind === 'fleet' ? 'deploy' : kind);

/** On how many machines the job runs. */
export const shardsOf = ({ fleet }: PipelineRequest): number => fleet?.shards ?? 1;

/** By which command the pipeline logs in: by the plugin's, unless another machine can't install it. */
export const loginWithOf = ({ loginWith, plugin }: PipelineRequest): LoginWith =>
  loginWith ?? (plugin.kind === 'none' ? 'sf' : 'jwt');

/** The jobs of a pipeline, as commands of a POSIX shell: each once, in the order in which they follow each other. */
export function jobsOf(request: PipelineRequest): Job[] {
  if (request.fleet !== undefined) return [fleetJob(request, request.fleet.file)];
  const { jobs } = request;
  return JOB_KINDS.filter((kind) => jobs.includes(kind)).map((kind) => ({
    kind,
    name: text(`job.${kind}`),
    variables: kind === 'scratch' ? SIGN_UP : {},
    install: installStep(request),
    ...stepsOf(kind, request, request.login),
  }));
}

/** An External Client App signs no scratch org up; the CLI's own app does. */
const SIGN_UP = {
  SF_SCRATCH_SIGNUP_CONNECTED_APP: 'PlatformCLI',
  SF_SCRATCH_SIGNUP_CALLBACK_URL: 'http://localhost:1717/OauthRedirect',
};

const installCli = ({ cliVersion }: PipelineRequest): string =>
  `npm install --global ${word(`@salesforce/cli@${cliVersion}`)}`;

function installStep(request: PipelineRequest): Step {
  if (loginWithOf(request) === 'sf') return { name: text('step.install.cli'), commands: [installCli(request)] };
  const tool = signInFor(request)?.install ?? [];
  return { name: text('step.install'), commands: [installCli(request), ...installCommands(request.plugin), ...tool] };
}

/** How the jobs get to the key that signs; undefined where a secret holds the key. */
function signInFor({ ci, signer }: PipelineRequest): SignIn | undefined {
  return signer === undefined || !isSignerCi(ci) ? undefined : signInOf(ci, signer);
}

/** A login whose key is in the environment can be refreshed only with a copy; an encrypted one is copied only if told so. */
const COPY = ' --key-storage copy';

/** Where the secret's own name differs from the variable's, and is in the environment. */
function renamed({ ci, secretName }: PipelineRequest): string {
  return SURROUNDINGS[ci].secretsEverywhere && secretName !== KEY_VARIABLE ? `${KEY_VARIABLE}="$${secretName}" ` : '';
}

function fleetJob(request: PipelineRequest, file: string): Job {
  const shards = shardsOf(request);
  const part = shards === 1 ? '' : ` --shard ${SURROUNDINGS[request.ci].shard(shards)}`;
  const grant = `${renamed(request)}sf jwt fleet grant -x ${word(file)}${part}${COPY}`;
  return {
    kind: 'fleet',
    name: text('job.fleet'),
    variables: {},
    install: installStep(request),
    steps: [
      { name: text('step.logIn.fleet'), commands: [grant], secrets: { [KEY_VARIABLE]: request.secretName } },
      { name: text('step.work'), commands: ['sf org list auth'], note: 'comment.work' },
    ],
    last: [{ name: text('step.logOut'), commands: ['sf jwt revoke --all --no-prompt'], note: 'comment.logOut' }],
  };
}

function stepsOf(kind: JobKind, request: PipelineRequest, login: SnippetLogin): Pick<Job, 'steps' | 'last'> {
  const user = word(login.username);
  const logIn = logInSteps(request, login, kind === 'scratch' ? ' --set-default-dev-hub' : '');
  const last = [logOutStep(request, user)];
  const testing = '--test-level RunLocalTests';
  switch (kind) {
    case 'deploy': {
      const deploy = `sf project deploy start --source-dir force-app --target-org ${user} --wait 60`;
      return { steps: [...logIn, step('deploy', [deploy], 'comment.deploy')], last };
    }
    case 'validate': {
      const validate = `sf project deploy validate --source-dir force-app --target-org ${user} ${testing} --wait 60`;
      return { steps: [...logIn, step('validate', [validate], 'comment.validate')], last };
    }
    case 'test': {
      const test = `sf apex run test --target-org ${user} ${testing} --code-coverage --result-format human --wait 60`;
      return { steps: [...logIn, step('test', [test])], last };
    }
    case 'scratch': {
      const { steps, remove } = scratchSteps(user);
      return { steps: [...logIn, ...steps], last: [remove, ...last] };
    }
    case 'rotate': {
      const { steps, remove } = rotateSteps(request, login);
      return { steps: [...logIn, ...steps], last: [remove, ...last] };
    }
  }
}

const step = (key: string, commands: string[], note?: string): Step => ({
  name: text(`step.${key}`),
  commands,
  ...(note === undefined ? {} : { note }),
});

/** The alias of the scratch org. */
const SCRATCH = 'scratch';

function scratchSteps(hub: string): { steps: Step[]; remove: Step } {
  const definition = '--definition-file config/project-scratch-def.json';
  const create = `sf org create scratch --target-dev-hub ${hub} ${definition} --alias ${SCRATCH} --duration-days 1 --wait 15`;
  return {
    steps: [
      step('scratch.create', [create]),
      step('scratch.deploy', [`sf project deploy start --target-org ${SCRATCH} --wait 30`]),
      step('scratch.test', [
        `sf apex run test --target-org ${SCRATCH} --test-level RunLocalTests --result-format human --wait 30`,
      ]),
    ],
    remove: step(
      'scratch.delete',
      [`sf org delete scratch --target-org ${SCRATCH} --no-prompt`],
      'comment.scratch.delete',
    ),
  };
}

function logInSteps(request: PipelineRequest, { username, clientId, instanceUrl }: SnippetLogin, more: string): Step[] {
  const who = `--username ${word(username)} --client-id ${word(clientId)} --instance-url ${word(instanceUrl)}`;
  const signIn = signInFor(request);
  if (request.signer !== undefined && signIn !== undefined) {
    return signedSteps(signIn, `sf jwt grant ${who} --signer ${word(request.signer.uri)}${more}`);
  }
  const secrets = { [KEY_VARIABLE]: request.secretName };
  if (loginWithOf(request) === 'jwt') {
    return [{ ...step('logIn', [`${renamed(request)}sf jwt grant ${who}${COPY}${more}`]), secrets }];
  }
  const file = keyFile(request);
  const logIn = `sf org login jwt ${who} --jwt-key-file ${file}${more}`;
  return [{ ...step('logIn', [...keyToFile(request, file), logIn], 'comment.keyFile'), secrets }];
}

/** The login by a key that signs elsewhere, after the job has told who it is there. */
function signedSteps({ commands, action, variables, idToken, connection }: SignIn, logIn: string): Step[] {
  const note = 'comment.signIn';
  const own: Step = {
    ...step('logIn', [...commands, logIn], action === undefined ? note : undefined),
    ...(action === undefined && { variables }),
    ...(idToken && { idToken }),
    ...(connection && { connection }),
  };
  if (action === undefined) return [own];
  const { name, ...call } = action;
  return [{ name, commands: [], note, action: call }, own];
}

const keyFile = ({ ci }: PipelineRequest): string => `"${SURROUNDINGS[ci].temporary}/sf-jwt.key"`;

/**
 * The CLI's own login takes the key from a file alone. The file is new, and its owner's from the start; the secret is PEM or
 * base64 of it, and stands in no command's arguments, nor in a log of commands.
 */
function keyToFile({ ci, secretName }: PipelineRequest, file: string): string[] {
  const key = `"$${SURROUNDINGS[ci].secretsEverywhere ? secretName : KEY_VARIABLE}"`;
  const decode = `case ${key} in *-----BEGIN*) printf '%s\\n' ${key} ;; *) printf %s ${key} | base64 -d ;; esac`;
  return [`rm -f ${file}`, `(set +x; umask 077; set -C; ${decode} >${file})`];
}

function logOutStep(request: PipelineRequest, user: string): Step {
  const signIn = signInFor(request);
  if (signIn !== undefined) {
    const remove = signIn.files.length === 0 ? [] : [`rm -f ${signIn.files.join(' ')}`];
    return step('logOut', [...remove, `sf jwt revoke --target-org ${user} --no-prompt`], 'comment.logOut.signer');
  }
  if (loginWithOf(request) === 'jwt')
    return step('logOut', [`sf jwt revoke --target-org ${user} --no-prompt`], 'comment.logOut');
  const commands = [`rm -f ${keyFile(request)}`, `sf org logout --target-org ${user} --no-prompt`];
  return step('logOut', commands, 'comment.logOut.sf');
}
