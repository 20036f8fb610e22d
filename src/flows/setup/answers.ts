import { resolve, join } from 'node:path';
import type { Connection } from '@salesforce/core';
import { Failure } from '../../failure.js';
import type { RunProgram } from '../../machine/program.js';
import { readWorkTree } from '../../machine/work-tree.js';
import type { Role } from '../../salesforce/org/integration-rights.js';
import type { Asker } from '../../terminal/asker.js';
import type { JobKind } from '../snippet/request.js';
import { detectCi } from './detect.js';
import { placeOf } from '../snippet/pipeline.js';
import { newUsername } from './new-user.js';
import { askByHand, askNewUser, askRepository, askRole, askTarget, askUser, NEW_USER } from './questions.js';
import { isOfTool } from './read.js';
import { needsRepository, parseRemote, repositoryFor, requireRepository, type Remote } from './repository.js';
import { requireSecretName, TARGETS, type SetupTarget, type TargetName } from './request.js';
import type { StoreDependencies } from './stores/store.js';
import { storeOf } from './stores/stores.js';

/** What the flags say of the target; whatever they leave out is read, or asked for. */
export type GivenAnswers = {
  for: TargetName | undefined;
  repository: string | undefined;
  secretName: string;
  dependabot: boolean;
  outputFile: string | undefined;
  outputDir: string | undefined;
  jobs: readonly JobKind[];
};

type Sources = { ask: Asker | undefined; run: RunProgram; /** The current folder */ cwd: string };

/**
 * Where the key and the pipeline go: by the flags, else by what the folder shows, else by what a person says.
 *
 * @throws Failure `setup_answer_missing`, `repository_malformed`, `secret_name_illegal`
 */
export async function targetOf(given: GivenAnswers, { ask, run, cwd }: Sources): Promise<SetupTarget> {
  const tree = await readWorkTree(cwd, run);
  const root = tree?.root ?? cwd;
  const remote = tree?.remoteUrl === undefined ? undefined : parseRemote(tree.remoteUrl);
  const ci = given.for === undefined ? await askedTarget(ask, root, remote) : TARGETS[given.for];
  const repository = await repositoryOf(ci, given.repository, remote, ask);
  const folder = given.outputDir ?? (ci === 'none' || ci === 'shell' ? '.' : undefined);
  const file = given.outputFile ?? (ci === 'none' ? undefined : join(root, placeOf({ ci, jobs: given.jobs })));
  return {
    ci,
    repository,
    secretName: requireSecretName(given.secretName),
    dependabot: given.dependabot,
    pipelineFile: ci === 'none' || file === undefined ? undefined : resolve(cwd, file),
    keyFolder: folder === undefined ? undefined : resolve(cwd, folder),
  };
}

async function askedTarget(
  ask: Asker | undefined,
  root: string,
  remote: Remote | undefined,
): Promise<SetupTarget['ci']> {
  if (ask === undefined) throw new Failure('setup_answer_missing', { flag: '--for' });
  return askTarget(ask, detectCi(root, remote));
}

async function repositoryOf(
  ci: SetupTarget['ci'],
  given: string | undefined,
  remote: Remote | undefined,
  ask: Asker | undefined,
): Promise<string> {
  if (ci === 'none' || !needsRepository(ci)) return '';
  if (given !== undefined) return requireRepository(ci, given);
  const detected = repositoryFor(ci, remote);
  if (ask !== undefined) return askRepository(ask, ci, detected);
  if (detected === undefined) throw new Failure('setup_answer_missing', { flag: '--repository' });
  return detected;
}

type GivenUser = { username: string | undefined; createUser: string | undefined; role: Role | undefined };

/**
 * Who logs in: whom the flags name or have made, else whom a person chooses, else the admin.
 *
 * @throws Failure `username_malformed`
 */
export async function userOf(
  { username, createUser, role }: GivenUser,
  connection: Connection,
  ask: Asker | undefined,
): Promise<{ username: string; newUserFor: Role | undefined }> {
  if (createUser !== undefined) return { username: newUsername(createUser, connection), newUserFor: role ?? 'deploy' };
  if (username !== undefined) return { username, newUserFor: undefined };
  if (ask === undefined) return { username: connection.getUsername() ?? '', newUserFor: undefined };
  const chosen = await askUser(ask, connection);
  if (chosen !== NEW_USER) return { username: chosen, newUserFor: undefined };
  return { username: await askNewUser(ask, connection), newUserFor: await askRole(ask) };
}

/**
 * At a terminal, where the CI's tool can't set the secret from here: with the key in a file if a person wants that, so that the
 * rest can be done by hand.
 *
 * @throws Failure those of the tool, where a person would rather not
 */
export async function withKeyPlace(
  target: SetupTarget,
  ask: Asker | undefined,
  cwd: string,
  dependencies: StoreDependencies,
  onRefused: (failure: Failure) => void,
): Promise<SetupTarget> {
  const store = ask === undefined || target.ci === 'none' ? undefined : storeOf(target.ci, target, dependencies);
  if (ask === undefined || store === undefined || target.keyFolder !== undefined) return target;
  try {
    await store.find();
    return target;
  } catch (error) {
    if (!isOfTool(error)) throw error;
    onRefused(error);
    if (!(await askByHand(ask))) throw error;
    return { ...target, keyFolder: cwd };
  }
}
