import { audienceOf, IDENTITY, roleOf, serviceAccountOf, type SignerCi } from './signer.js';
import type { SnippetSigner } from './request.js';
import { SURROUNDINGS } from './surroundings.js';
import { text } from './text.js';
import { word } from './word.js';

/** How a job gets into the key management service, without a secret: by the token with which its CI vouches for it. */
export type SignIn = {
  /** Lines of the shell that come before the login, in the same shell */
  commands: string[];
  /** Files that the lines write */
  files: string[];
  /** Lines that install the service's tool, where the job's image lacks it */
  install: string[];
  /** A step of its own before the login, by an action of the vendor's */
  action?: { name: string; uses: string; with: Record<string, string | boolean> };
  /** Variables of the CI, no secrets, that the lines read */
  variables: string[];
  /** The variable that the CI is to put the token into, and what the token is for */
  idToken?: { name: string; audience: string };
  /** The service connection that the login runs with, and whether the lines need its token */
  connection?: { name: string; token: boolean };
};

/** Where GitLab puts the token. */
const TOKEN_VARIABLE = 'KMS_ID_TOKEN';

/** How a shell's line names the token of the job. */
const TOKENS: Record<SignerCi, string> = {
  'github-actions': '$id_token',
  'gitlab-ci': `$${TOKEN_VARIABLE}`,
  'azure-pipelines': '$idToken',
};

const CURL = 'curl --fail --silent --show-error';

/** What {@link signInOf} differs in by the service. */
type Way = Pick<SignIn, 'commands'> & Partial<Omit<SignIn, 'commands' | 'connection' | 'idToken'>>;

export function signInOf(ci: SignerCi, signer: SnippetSigner): SignIn {
  const way = wayOf(ci, signer);
  const { kind } = signer.key;
  return {
    files: [],
    install: [],
    variables: [],
    ...way,
    ...(ci === 'gitlab-ci' && { idToken: { name: TOKEN_VARIABLE, audience: audienceOf(ci, kind) } }),
    ...(ci === 'azure-pipelines' && { connection: { name: IDENTITY, token: kind !== 'azurekms' } }),
  };
}

function wayOf(ci: SignerCi, signer: SnippetSigner): Way {
  switch (signer.key.kind) {
    case 'awskms':
      return intoAws(ci, signer, signer.key.region);
    case 'azurekms':
      return intoAzure(ci);
    case 'gcpkms':
      return intoGoogle(ci, signer.key.project);
    case 'hashivault':
      return intoVault(ci);
  }
}

const fileIn = (ci: SignerCi, name: string): string => `"${SURROUNDINGS[ci].temporary}/${name}"`;

/** The token in a file of its owner's alone, and not in a log of commands. */
const tokenToFile = (ci: SignerCi, file: string): string => `(set +x; umask 077; printf %s "${TOKENS[ci]}" >${file})`;

function intoAws(ci: SignerCi, signer: SnippetSigner, region: string | undefined): Way {
  const role = roleOf(signer);
  const variables = [...(role === undefined ? ['AWS_ROLE_ARN'] : []), ...(region === undefined ? ['AWS_REGION'] : [])];
  if (ci === 'github-actions') {
    const inputs = {
      'role-to-assume': role ?? '${{ vars.AWS_ROLE_ARN }}',
      'aws-region': region ?? '${{ vars.AWS_REGION }}',
    };
    const action = {
      name: text('step.signIn', ['AWS']),
      uses: 'aws-actions/configure-aws-credentials@v6',
      with: inputs,
    };
    return { commands: [], action, variables };
  }
  const file = fileIn(ci, 'sf-jwt.token');
  const values = [
    `AWS_WEB_IDENTITY_TOKEN_FILE=${file}`,
    ...(role === undefined ? [] : [`AWS_ROLE_ARN=${word(role)}`]),
    `AWS_DEFAULT_REGION=${region === undefined ? '"$AWS_REGION"' : word(region)}`,
  ];
  return {
    commands: [tokenToFile(ci, file), `export ${values.join(' ')}`],
    files: [file],
    install: ci === 'gitlab-ci' ? ['apt-get update', 'apt-get install --yes awscli'] : [],
    variables,
  };
}

function intoAzure(ci: SignerCi): Way {
  if (ci === 'azure-pipelines') return { commands: [] };
  const variables = ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID'];
  if (ci === 'github-actions') {
    const inputs = {
      'client-id': '${{ vars.AZURE_CLIENT_ID }}',
      'tenant-id': '${{ vars.AZURE_TENANT_ID }}',
      // A right on one key is none on a subscription.
      'allow-no-subscriptions': true,
    };
    const action = { name: text('step.signIn', ['Azure']), uses: 'azure/login@v3', with: inputs };
    return { commands: [], action, variables };
  }
  const who = `--username "$AZURE_CLIENT_ID" --tenant "$AZURE_TENANT_ID" --federated-token "${TOKENS[ci]}"`;
  return {
    commands: [`az login --service-principal ${who} --allow-no-subscriptions --output none`],
    // Debian's own is too old to sign.
    install: [`${CURL} --location https://aka.ms/InstallAzureCLIDeb | bash`],
    variables,
  };
}

function intoGoogle(ci: SignerCi, project: string): Way {
  const variables = ['GCP_WORKLOAD_IDENTITY_PROVIDER'];
  const account = serviceAccountOf(project);
  if (ci === 'github-actions') {
    const inputs = {
      workload_identity_provider: '${{ vars.GCP_WORKLOAD_IDENTITY_PROVIDER }}',
      service_account: account,
    };
    const action = { name: text('step.signIn', ['Google Cloud']), uses: 'google-github-actions/auth@v3', with: inputs };
    return { commands: [], action, variables };
  }
  const [token, credentials] = [fileIn(ci, 'sf-jwt.token'), fileIn(ci, 'sf-jwt-google.json')];
  const from = `--service-account ${word(account)} --credential-source-file ${token} --output-file ${credentials}`;
  return {
    commands: [
      tokenToFile(ci, token),
      `gcloud iam workload-identity-pools create-cred-config "$GCP_WORKLOAD_IDENTITY_PROVIDER" ${from}`,
      `export CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE=${credentials}`,
    ],
    files: [token, credentials],
    install: ci === 'gitlab-ci' ? INSTALL_GCLOUD : [],
    variables,
  };
}

const KEYRING = '/usr/share/keyrings/cloud.google.gpg';
const INSTALL_GCLOUD = [
  `${CURL} https://packages.cloud.google.com/apt/doc/apt-key.gpg | gpg --dearmor --yes --output ${KEYRING}`,
  `echo "deb [signed-by=${KEYRING}] https://packages.cloud.google.com/apt cloud-sdk main" | tee /etc/apt/sources.list.d/google-cloud-sdk.list`,
  'apt-get update',
  'apt-get install --yes google-cloud-cli',
];

/** A value out of the JSON of an answer. */
const valueOf = (path: string): string => `node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).${path}'`;

/** GitHub hands a job its token over HTTP. No secret is among a command's arguments, where others could see it. */
const GITHUB_TOKEN = [
  `id_token="$(printf 'header = "Authorization: bearer %s"\\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |`,
  `  ${CURL} --config - "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${IDENTITY}" | ${valueOf('value')})"`,
].join('\n');

function intoVault(ci: SignerCi): Way {
  const namespace = '${VAULT_NAMESPACE:+--header "X-Vault-Namespace: $VAULT_NAMESPACE"}';
  const logIn = [
    `VAULT_TOKEN="$(printf '{"role":"${IDENTITY}","jwt":"%s"}' "${TOKENS[ci]}" |`,
    `  ${CURL} ${namespace} --data-binary @- "\${VAULT_ADDR%/}/v1/auth/${ci}/login" | ${valueOf('auth.client_token')})"`,
  ].join('\n');
  return {
    commands: ['set +x', ...(ci === 'github-actions' ? [GITHUB_TOKEN] : []), logIn, 'export VAULT_TOKEN'],
    variables: ['VAULT_ADDR', 'VAULT_NAMESPACE'],
  };
}
