import { text } from './text.js';
import { word } from './word.js';

/** The login that a pipeline makes. */
export type SnippetLogin = { username: string; clientId: string; instanceUrl: string };

/** The table of logins in the repository, and among how many machines its rows are divided. */
export type SnippetFleet = { file: string; shards: number };

/** What a pipeline logs in to. */
export type Wish = { login: SnippetLogin; fleet?: undefined } | { fleet: SnippetFleet; login?: undefined };

/** The name of the secret, and of the environment variable that `grant` reads the key from. */
export const SECRET = 'SF_JWT_KEY';

/** The plugin's name in the npm registry. */
export const PLUGIN = 'sf-plugin-jwt';

/** One step: its name and its commands, each of which ends the step if it fails. */
export type Step = { name: string; commands: string[] };

/** The steps that every pipeline has. `logOut` runs whatever became of the others. */
export type Job = { install: Step; logIn: Step; work: Step; logOut: Step };

/**
 * The commands of a pipeline, for a POSIX shell.
 *
 * @param shard which of the shards this machine takes, as a word that the CI or the shell fills in, such as
 *   `"$CI_NODE_INDEX/$CI_NODE_TOTAL"`
 */
export function jobOf({ login, fleet }: Wish, shard: string): Job {
  const install = {
    name: text('step.install'),
    commands: [
      'npm install --global @salesforce/cli',
      // The plugin isn't signed; without this, the CLI asks whether to trust it.
      `sf plugins trust allowlist add --name ${PLUGIN}`,
      `sf plugins install ${PLUGIN}`,
    ],
  };
  return { install, ...(fleet === undefined ? loginSteps(login) : fleetSteps(fleet, shard)) };
}

/** A login whose key is in the environment can be refreshed only with a copy; an encrypted one is copied only if told so. */
const COPY = ' --key-storage copy';

/** On how many machines the job runs. */
export const shardsOf = ({ fleet }: Wish): number => fleet?.shards ?? 1;

function loginSteps({ username, clientId, instanceUrl }: SnippetLogin): Omit<Job, 'install'> {
  const user = word(username);
  const grant = `sf jwt grant --username ${user} --client-id ${word(clientId)} --instance-url ${word(instanceUrl)}`;
  return {
    logIn: { name: text('step.logIn'), commands: [`${grant}${COPY}`] },
    work: { name: text('step.deploy'), commands: [`sf project deploy start --target-org ${user}`] },
    logOut: { name: text('step.logOut'), commands: [`sf jwt revoke --target-org ${user} --no-prompt`] },
  };
}

function fleetSteps({ file, shards }: SnippetFleet, shard: string): Omit<Job, 'install'> {
  const part = shards === 1 ? '' : ` --shard ${shard}`;
  return {
    logIn: { name: text('step.logIn.fleet'), commands: [`sf jwt fleet grant -x ${word(file)}${part}${COPY}`] },
    work: { name: text('step.work'), commands: ['sf org list auth'] },
    logOut: { name: text('step.logOut'), commands: ['sf jwt revoke --all --no-prompt'] },
  };
}
