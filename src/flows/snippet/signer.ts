import { Failure } from '../../failure.js';
import { isKmsUri, parseKmsUri, type KmsKind } from '../../keys/signer/kms-uri.js';
import type { Ci, SnippetSigner } from './request.js';

/** The CIs whose jobs can prove to a key management service who they are. */
export const SIGNER_CIS = ['github-actions', 'gitlab-ci', 'azure-pipelines'] as const;

export type SignerCi = (typeof SIGNER_CIS)[number];

/** What everything is called that is made for the pipeline: role, service account, app registration, service connection. */
export const IDENTITY = 'salesforce-ci';

/**
 * Reads `--signer` for a pipeline.
 *
 * @throws Failure `snippet_signer_local`, `signer_uri_malformed`, `signer_version_missing`
 */
export function snippetSigner(uri: string): SnippetSigner {
  if (!isKmsUri(uri)) throw new Failure('snippet_signer_local', { uri });
  const key = parseKmsUri(uri);
  if (key.kind === 'gcpkms' && key.version === undefined) {
    const { ring, location, project, name } = key;
    throw new Failure('signer_version_missing', { uri, ring, location, project, name });
  }
  return { uri, key };
}

/** Whether jobs of this CI get to the key of a stored login; those to which they don't take one from a secret. */
export const isPipelineSigner = (uri: string | undefined, ci: Ci): boolean =>
  uri !== undefined && isKmsUri(uri) && isSignerCi(ci);

export const isSignerCi = (ci: Ci): ci is SignerCi => SIGNER_CIS.some((each) => each === ci);

const ENTRA_AUDIENCE = 'api://AzureADTokenExchange';

/** What a job's token is for: each service takes it only if it says so. A service connection's is for Entra, whoever reads it. */
export function audienceOf(ci: SignerCi, kind: KmsKind): string {
  if (ci === 'azure-pipelines' || kind === 'azurekms') return ENTRA_AUDIENCE;
  return kind === 'awskms' ? 'sts.amazonaws.com' : IDENTITY;
}

/** The AWS account of a key whose ARN is known, and the partition that it is in. */
export function accountOf({ key }: SnippetSigner): { partition: string; account: string } | undefined {
  const [, partition, account] = key.kind === 'awskms' ? (/^arn:([^:]+):kms:[^:]+:(\d+):/.exec(key.id) ?? []) : [];
  return partition === undefined || account === undefined ? undefined : { partition, account };
}

/** The role of AWS that the jobs take on. Undefined: nothing here says in which account. */
export function roleOf(signer: SnippetSigner): string | undefined {
  const found = accountOf(signer);
  return found && `arn:${found.partition}:iam::${found.account}:role/${IDENTITY}`;
}

/** The service account of Google's that the jobs take on. */
export const serviceAccountOf = (project: string): string =>
  `${IDENTITY}@${projectHost(project)}.iam.gserviceaccount.com`;

/** A project of a domain, `example.com:project`, has its parts the other way round there. */
const projectHost = (project: string): string => project.split(':').reverse().join('.');
