import type { Certificate } from '../../keys/credential/certificate.js';
import { Failure } from '../../failure.js';
import type { KeyInput } from '../../machine/files/key-input.js';
import type { Role } from '../../salesforce/org/integration-rights.js';
import type { Ci } from '../snippet/request.js';
import type { PipelineShape } from './pipeline.js';

/** A private key that is at hand, or signs elsewhere, with its certificate. */
export type GivenPair = { certificate: Certificate; certificateFile: string; input: KeyInput };

/** URI of the key that signs elsewhere, with its version; undefined: it's at hand, or made now. */
export const signerOfPair = (given: GivenPair | undefined): string | undefined => given?.input.signer.uri;

/** Where the key of a pipeline goes, and the pipeline. */
export type SetupTarget = {
  ci: Ci | 'none';
  /** As the CI's tool names it; empty where the CI needs none. */
  repository: string;
  secretName: string;
  dependabot: boolean;
  /** Absolute path of the pipeline; undefined with `none`. */
  pipelineFile: string | undefined;
  /** Absolute path of the folder that the key is kept in; undefined: it stays in memory. */
  keyFolder: string | undefined;
};

/** What `setup` is asked for, once nothing is missing any more. */
export type SetupRequest = SetupTarget & {
  /** API name of the app */
  name: string;
  /** Of an app that exists, for an org that doesn't give it out. */
  clientId: string | undefined;
  /** Who logs in. */
  username: string;
  /** What the user is for who is to be made; undefined: there is one. */
  newUserFor: Role | undefined;
  /** A pair at hand: one that was named, or that `keyFolder` holds already. */
  given: GivenPair | undefined;
  /** Secret, pipeline and certificate are replaced where they aren't ours. */
  overwrite: boolean;
  dryRun: boolean;
  shape: PipelineShape;
};

/**
 * What every CI takes as the name of a secret.
 *
 * @throws Failure `secret_name_illegal`
 * @see https://docs.github.com/en/actions/reference/security/secrets#naming-your-secrets
 */
export function requireSecretName(name: string): string {
  if (/^(?!GITHUB_)[A-Z_][A-Z\d_]*$/i.test(name) && name.length <= 100) return name;
  throw new Failure('secret_name_illegal', { name });
}

/** The names by which `--for` knows a CI, and what each means. */
export const TARGETS = {
  'github': 'github-actions',
  'gitlab': 'gitlab-ci',
  'azure': 'azure-pipelines',
  'bitbucket': 'bitbucket-pipelines',
  'circleci': 'circleci',
  'jenkins': 'jenkins',
  'shell': 'shell',
  'none': 'none',
  'github-actions': 'github-actions',
  'gitlab-ci': 'gitlab-ci',
  'azure-pipelines': 'azure-pipelines',
  'bitbucket-pipelines': 'bitbucket-pipelines',
} as const satisfies Record<string, Ci | 'none'>;

export type TargetName = keyof typeof TARGETS;

/** A CI's name as `--for` has it. */
export const targetNameOf = (ci: Ci | 'none'): TargetName =>
  (Object.keys(TARGETS) as TargetName[]).find((name) => TARGETS[name] === ci)!;
