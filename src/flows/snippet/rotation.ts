import type { Ci, PipelineRequest, SnippetLogin } from './request.js';
import { KEY_VARIABLE, type Step } from './step.js';
import { CIRCLECI_CONTEXT, SURROUNDINGS } from './surroundings.js';
import { text } from './text.js';
import { word } from './word.js';

/** The secret with which a job may write secrets, for the CIs whose own token may not. */
export const WRITER_SECRET = 'SF_JWT_SECRETS_TOKEN';

/** How a CI's secret is written from within a job. */
type Store = {
  /** What comes before: lines of the script. */
  prepare?: string[];
  /** Shell command that takes the value from standard input, and fails if it isn't stored. */
  command: string;
  /** Variables and secrets of the step besides the key. */
  secrets?: Record<string, string>;
  /** Shell command that prints the file "$key" as the secret holds it. */
  print: string;
};

/** The certificate is renewed once it has that many days left. */
const DAYS_LEFT = 30;

/**
 * A job that renews the key when its certificate ends, and puts the new one into the secret that the pipeline reads. That the
 * secret can be written is proven before anything changes, since the new key is in no other place; a rotation that failed is
 * begun again, since it then finishes or undoes what there is. Exit code 68 is partly done: the app has the new certificate.
 */
export function rotateSteps(
  request: PipelineRequest,
  { username, clientId }: SnippetLogin,
): { steps: Step[]; remove: Step } {
  const { ci, secretName } = request;
  const { temporary, secretsEverywhere } = SURROUNDINGS[ci];
  const folder = `"${temporary}/sf-jwt-rotate"`;
  const { command, prepare = [], secrets, print } = STORES[ci](secretName);
  const who = `--target-org ${word(username)} --client-id ${word(clientId)}`;
  const script = [
    'set +x; set -eu; umask 077',
    `folder=${folder}`,
    'rm -rf "$folder"; mkdir "$folder"',
    ...prepare,
    `store() { ${command}; }`,
    'rotate() {',
    `  sf jwt rotate ${who} --if-expires-within ${DAYS_LEFT} --output-dir "$folder" --json >"$folder/rotated.json" || [ $? -eq 68 ]`,
    '}',
    'answer() { node -p "JSON.parse(require(\'fs\').readFileSync(0)).$1" <"$folder/rotated.json"; }',
    `printf %s "$${secretsEverywhere ? secretName : KEY_VARIABLE}" | store`,
    'rotate || rotate || { cat "$folder/rotated.json"; exit 1; }',
    'cat "$folder/rotated.json"',
    `key="$(answer "result.issued?.privateKeyFile ?? ''")"`,
    `[ -z "$key" ] || ${print} | store || ${print} | store`,
    'exit "$(answer status)"',
  ];
  return {
    steps: [
      {
        name: text('step.rotate'),
        // In a shell of its own, where a CI runs all commands in one.
        commands: [['(', ...script.map((line) => `  ${line}`), ')'].join('\n')],
        note: 'comment.rotate',
        secrets: { [KEY_VARIABLE]: secretName, ...secrets },
      },
    ],
    remove: { name: text('step.rotate.remove'), commands: [`rm -rf ${folder}`] },
  };
}

const [IN_PEM, IN_BASE64] = ['cat "$key"', `base64 <"$key" | tr -d '\\n'`];
const CURL = 'curl --fail --silent --show-error';
const PUT = `${CURL} --output /dev/null --request PUT --header @"$folder/header"`;

/** A header with a token, in a file: in a command's arguments every user of the machine would see it. */
const header = (line: string): string => `printf '${line}\\n' "$${WRITER_SECRET}" >"$folder/header"`;

/** A program that makes another text of its standard input. */
const node = (code: string): string =>
  `node -p '${code.replace('INPUT', 'require("fs").readFileSync(0, "utf8").trim()')}'`;

const STORES: Record<Ci, (secret: string) => Store> = {
  'github-actions': (secret) => ({
    command: `gh secret set ${secret} --repo "$GITHUB_REPOSITORY"`,
    secrets: { GH_TOKEN: WRITER_SECRET },
    print: IN_PEM,
  }),
  'gitlab-ci': (secret) => ({
    prepare: [header('PRIVATE-TOKEN: %s')],
    command: `${PUT} --form 'value=<-' "$CI_API_V4_URL/projects/$CI_PROJECT_ID/variables/${secret}"`,
    print: IN_BASE64,
  }),
  'azure-pipelines': (secret) => ({
    // The tool takes the value from its environment alone, and prints it.
    command: `AZURE_DEVOPS_EXT_PIPELINE_VAR_${secret}="$(cat)" az pipelines variable update --name ${secret} --secret true --prompt-value true --pipeline-id "$SYSTEM_DEFINITIONID" --organization "$SYSTEM_COLLECTIONURI" --project "$SYSTEM_TEAMPROJECT" >/dev/null`,
    secrets: { AZURE_DEVOPS_EXT_PAT: 'System.AccessToken' },
    print: IN_BASE64,
  }),
  'bitbucket-pipelines': (secret) => ({
    prepare: [
      header('Authorization: Bearer %s'),
      'variables="https://api.bitbucket.org/2.0/repositories/$BITBUCKET_REPO_FULL_NAME/pipelines_config/variables"',
      `uuid="$(${CURL} --header @"$folder/header" "$variables/?pagelen=100" | ${node(`encodeURIComponent(JSON.parse(INPUT).values.find(({ key }) => key === "${secret}").uuid)`)})"`,
    ],
    command: `${node(`JSON.stringify({ key: "${secret}", value: INPUT, secured: true })`)} | ${PUT} --header 'Content-Type: application/json' --data-binary @- "$variables/$uuid"`,
    print: IN_BASE64,
  }),
  'circleci': (secret) => ({
    prepare: [
      header('Circle-Token: %s'),
      'contexts=https://circleci.com/api/v2/context',
      `context="$(${CURL} --header @"$folder/header" "$contexts?owner-id=$CIRCLE_ORGANIZATION_ID" | ${node(`JSON.parse(INPUT).items.find(({ name }) => name === "${CIRCLECI_CONTEXT}").id`)})"`,
    ],
    command: `${node('JSON.stringify({ value: INPUT })')} | ${PUT} --header 'Content-Type: application/json' --data-binary @- "$contexts/$context/environment-variable/${secret}"`,
    print: IN_BASE64,
  }),
  'jenkins': (secret) => {
    const kind = 'org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl';
    const xml = `<${kind}><scope>GLOBAL</scope><id>${secret}</id><secret>%s</secret></${kind}>`;
    return {
      // A user's name and API token, which credentials() joins by a colon.
      prepare: [`printf 'user = "%s"\\n' "$${WRITER_SECRET}" >"$folder/login"`],
      command: `printf '${xml}' "$(cat)" | ${CURL} --output /dev/null --config "$folder/login" --header 'Content-Type: application/xml' --data-binary @- "\${JENKINS_URL%/}/credentials/store/system/domain/_/credential/${secret}/config.xml"`,
      secrets: { [WRITER_SECRET]: WRITER_SECRET },
      print: IN_BASE64,
    };
  },
  'shell': () => ({ command: 'sh -c "$SF_JWT_STORE_KEY"', print: IN_PEM }),
};
