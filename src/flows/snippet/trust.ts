import type { AwsKey, AzureKey, GoogleKey, VaultKey } from '../../keys/signer/kms-uri.js';
import type { RunProgram } from '../../machine/program.js';
import { identityOf, type CiIdentity } from './ci-identity.js';
import type { PipelineRequest, SnippetSigner } from './request.js';
import { accountOf, audienceOf, IDENTITY, isSignerCi, serviceAccountOf, type SignerCi } from './signer.js';
import { text } from './text.js';

/**
 * The script for a pipeline; undefined where its logins are signed with a secret.
 *
 * @param remoteOf reads the address of the repository that the pipeline is for
 */
export async function trustFor(
  { ci, signer, jobs = [] }: Pick<PipelineRequest, 'ci' | 'signer' | 'jobs'>,
  remoteOf: () => Promise<string | undefined>,
  run: RunProgram,
): Promise<string | undefined> {
  if (signer === undefined || !isSignerCi(ci)) return undefined;
  return trustScript(ci, signer, await identityOf(ci, jobs, await remoteOf(), run));
}

/**
 * What somebody with rights in the key management service creates there, once, before a pipeline can sign: trust in the CI's
 * tokens, for these jobs alone, and the rights that a login needs on this one key.
 *
 * @returns a script of a POSIX shell. Words in upper case are to be replaced; its comments say by what
 */
export function trustScript(ci: SignerCi, signer: SnippetSigner, identity: CiIdentity): string {
  const { unknown } = identity;
  const isOwn = unknown === 'connection' && signer.key.kind === 'azurekms';
  const lines = [
    ...(unknown === undefined || isOwn ? [] : comment(`trust.unknown.${unknown}`)),
    ...(unknown === 'connection' && !isOwn ? CONNECTION : []),
    ...linesOf(ci, signer, identity),
  ];
  return `${lines.join('\n')}\n`;
}

const CONNECTION = ["issuer='ISSUER'", "subject='SUBJECT'", 'host="${issuer#https://}"'];

function linesOf(ci: SignerCi, signer: SnippetSigner, identity: CiIdentity): string[] {
  const { key } = signer;
  switch (key.kind) {
    case 'awskms':
      return trustInAws(ci, signer, key, identity);
    case 'azurekms':
      return ci === 'azure-pipelines' ? connectionInAzure(key) : trustInAzure(ci, key, identity);
    case 'gcpkms':
      return trustInGoogle(ci, key, identity);
    case 'hashivault':
      return trustInVault(ci, key, identity);
  }
}

const comment = (key: string, values: string[] = []): string[] =>
  text(key, values)
    .split('\n')
    .map((line) => `# ${line}`);

/** A text as one word of the shell, in which `$name` is filled in. */
const quoted = (value: string): string => `'${value.replace(/\$\w+/g, `'"$&"'`)}'`;
const json = (value: object): string => quoted(JSON.stringify(value, undefined, 2));

/** The command that makes a variable of the CI, which is no secret. */
function setVariable(ci: SignerCi, name: string, value: string): string {
  switch (ci) {
    case 'github-actions':
      return `gh variable set ${name} --body "${value}"`;
    case 'gitlab-ci':
      return `glab variable set ${name} "${value}"`;
    case 'azure-pipelines':
      return `az pipelines variable create --name ${name} --value "${value}" --pipeline-name PIPELINE`;
  }
}

function trustInAws(ci: SignerCi, signer: SnippetSigner, { id, region }: AwsKey, identity: CiIdentity): string[] {
  const found = accountOf(signer);
  const isKey = id.startsWith('arn:') && id.includes(':key/');
  const at = region === undefined ? '' : ` --region ${region}`;
  const { partition, account } = found ?? { partition: 'aws', account: '$account' };
  const issuer = identity.host;
  const subjects = { [`${issuer}:sub`]: identity.subjects };
  const audience = { [`${issuer}:aud`]: audienceOf(ci, 'awskms') };
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:${partition}:iam::${account}:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: identity.isPattern
          ? { StringEquals: audience, StringLike: subjects }
          : { StringEquals: { ...audience, ...subjects } },
      },
    ],
  };
  const statement = { Effect: 'Allow', Action: ['kms:Sign', 'kms:GetPublicKey'], Resource: isKey ? id : '$key' };
  const rights = { Version: '2012-10-17', Statement: [statement] };
  return [
    ...(found === undefined ? ['account="$(aws sts get-caller-identity --query Account --output text)"'] : []),
    ...(isKey ? [] : [`key="$(aws kms describe-key --key-id ${id}${at} --query KeyMetadata.Arn --output text)"`]),
    ...comment('trust.once', ['EntityAlreadyExists']),
    `aws iam create-open-id-connect-provider --url "${identity.issuer}" --client-id-list ${audienceOf(ci, 'awskms')}`,
    `aws iam create-role --role-name ${IDENTITY} --assume-role-policy-document ${json(trust)}`,
    `aws iam put-role-policy --role-name ${IDENTITY} --policy-name sign --policy-document ${json(rights)}`,
    ...(found === undefined ? [setVariable(ci, 'AWS_ROLE_ARN', `arn:aws:iam::$account:role/${IDENTITY}`)] : []),
    ...(region === undefined ? [setVariable(ci, 'AWS_REGION', '$(aws configure get region)')] : []),
  ];
}

const keyScope = ({ host, name }: AzureKey): string =>
  `"$(az keyvault show --name ${host.split('.')[0]} --query id --output tsv)/keys/${name}"`;

const rightOn = (key: AzureKey, principal: string): string =>
  `az role assignment create --role "Key Vault Crypto User" ${principal} --assignee-principal-type ServicePrincipal --scope ${keyScope(key)} --output none`;

function trustInAzure(ci: SignerCi, key: AzureKey, { issuer, subjects, isPattern }: CiIdentity): string[] {
  const credentials = subjects.map((subject, index) => {
    const exact = isPattern ? subject.replace('*', 'BRANCH') : subject;
    const parameters = {
      name: `${IDENTITY}-${index + 1}`,
      issuer,
      subject: exact,
      audiences: [audienceOf(ci, 'azurekms')],
    };
    return `az ad app federated-credential create --id "$app" --parameters ${json(parameters)} --output none`;
  });
  return [
    `app="$(az ad app create --display-name ${IDENTITY} --query appId --output tsv)"`,
    'principal="$(az ad sp create --id "$app" --query id --output tsv)"',
    ...(isPattern ? comment('trust.branch') : []),
    ...credentials,
    rightOn(key, '--assignee-object-id "$principal"'),
    setVariable(ci, 'AZURE_CLIENT_ID', '$app'),
    setVariable(ci, 'AZURE_TENANT_ID', '$(az account show --query tenantId --output tsv)'),
  ];
}

/** Azure Pipelines makes the app registration and its trust by itself, with the service connection. */
function connectionInAzure(key: AzureKey): string[] {
  const query = `[?name=='${IDENTITY}'].authorization.parameters.serviceprincipalid | [0]`;
  return [
    ...comment('trust.connection', [IDENTITY]),
    `app="$(az devops service-endpoint list --query "${query}" --output tsv)"`,
    'principal="$(az ad sp show --id "$app" --query id --output tsv)"',
    rightOn(key, '--assignee-object-id "$principal"'),
  ];
}

function trustInGoogle(ci: SignerCi, key: GoogleKey, { issuer, subjects, isPattern }: CiIdentity): string[] {
  const { project, location, ring, name } = key;
  const [account, at] = [serviceAccountOf(project), `--project ${project}`];
  const condition = isPattern
    ? subjects.map((subject) => `assertion.sub.startsWith('${subject.replace('*', '')}')`).join(' || ')
    : `assertion.sub in [${subjects.map((subject) => `'${subject}'`).join(', ')}]`;
  // A Google subject has 127 characters at most, which a branch or the numbers of a repository may pass.
  const subject = { 'github-actions': 'repository_id', 'gitlab-ci': 'project_id', 'azure-pipelines': 'sub' }[ci];
  const pool = `projects/$number/locations/global/workloadIdentityPools/${IDENTITY}`;
  const mapping = `--attribute-mapping google.subject=assertion.${subject} --attribute-condition "${condition}"`;
  const audiences = ci === 'github-actions' ? '' : ` --allowed-audiences ${audienceOf(ci, 'gcpkms')}`;
  return [
    `number="$(gcloud projects describe ${project} --format 'value(projectNumber)')"`,
    `gcloud iam service-accounts create ${IDENTITY} ${at}`,
    `gcloud kms keys add-iam-policy-binding ${name} --keyring ${ring} --location ${location} ${at} --member serviceAccount:${account} --role roles/cloudkms.signerVerifier`,
    `gcloud iam workload-identity-pools create ${IDENTITY} --location global ${at}`,
    `gcloud iam workload-identity-pools providers create-oidc ${ci} --workload-identity-pool ${IDENTITY} --location global ${at} --issuer-uri "${issuer}" ${mapping}${audiences}`,
    `gcloud iam service-accounts add-iam-policy-binding ${account} ${at} --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/${pool}/*"`,
    setVariable(ci, 'GCP_WORKLOAD_IDENTITY_PROVIDER', `${pool}/providers/${ci}`),
    ...(ci === 'github-actions' ? comment('trust.credentialsFile') : []),
  ];
}

function trustInVault(ci: SignerCi, { mount = 'transit', name }: VaultKey, identity: CiIdentity): string[] {
  const { issuer, subjects, isPattern } = identity;
  const policy = [
    `path "${mount}/sign/${name}/sha2-256" { capabilities = ["update"] }`,
    `path "${mount}/keys/${name}" { capabilities = ["read"] }`,
  ].join('\n');
  const role = {
    role_type: 'jwt',
    user_claim: 'sub',
    bound_audiences: [audienceOf(ci, 'hashivault')],
    bound_claims_type: isPattern ? 'glob' : 'string',
    bound_claims: { sub: subjects },
    token_policies: [IDENTITY],
    token_ttl: '10m',
  };
  return [
    ...comment('trust.once', ['path is already in use']),
    `vault auth enable -path=${ci} jwt`,
    `vault write auth/${ci}/config oidc_discovery_url="${issuer}" bound_issuer="${issuer}"`,
    `printf '%s\\n' ${quoted(policy)} | vault policy write ${IDENTITY} -`,
    `printf '%s\\n' ${json(role)} | vault write auth/${ci}/role/${IDENTITY} -`,
    setVariable(ci, 'VAULT_ADDR', '$VAULT_ADDR'),
    ...comment('trust.namespace'),
  ];
}
