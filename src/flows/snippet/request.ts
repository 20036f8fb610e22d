import type { PluginSource } from '../../machine/plugin-source.js';
import type { KmsKey } from '../../keys/signer/kms-uri.js';

export type { PluginSource };

/** The CIs that there are pipelines for. */
export const CIS = [
  'github-actions',
  'gitlab-ci',
  'azure-pipelines',
  'bitbucket-pipelines',
  'circleci',
  'jenkins',
  'shell',
] as const;

export type Ci = (typeof CIS)[number];

/** What a pipeline can do: each is a job of its own, with a trigger of its own. Tests follow the deployment. */
export const JOB_KINDS = ['deploy', 'validate', 'test', 'scratch', 'rotate'] as const;

export type JobKind = (typeof JOB_KINDS)[number];

/** By which command a job logs in: `sf jwt grant`, or the CLI's own `sf org login jwt`. */
export const LOGINS_WITH = ['jwt', 'sf'] as const;

export type LoginWith = (typeof LOGINS_WITH)[number];

/** The login that a pipeline makes. */
export type SnippetLogin = { username: string; clientId: string; instanceUrl: string };

/** The table of logins in the repository, and among how many machines its rows are divided. */
export type SnippetFleet = { file: string; shards: number };

/** The key that a pipeline's logins are signed with, where it is kept. */
export type SnippetSigner = { uri: string; key: KmsKey };

/** What a pipeline is to do, and with what. */
export type PipelineRequest = {
  ci: Ci;
  plugin: PluginSource;
  /** Version of the CLI to install, such as `2.150.6`. */
  cliVersion: string;
  /** Absent: by the plugin, if another machine can install it. */
  loginWith?: LoginWith;
  /** Name of the CI's secret that holds the private key. */
  secretName: string;
  /** The key that signs in a key management service; then no secret is read. */
  signer?: SnippetSigner;
} & (
  | { login: SnippetLogin; jobs: readonly JobKind[]; fleet?: undefined }
  | { fleet: SnippetFleet; login?: undefined; jobs?: undefined }
);

/** A pipeline, ready to be written. */
export type Pipeline = {
  content: string;
  /** Path in the repository at which the CI looks for it. */
  place: string;
  loginWith: LoginWith;
};
