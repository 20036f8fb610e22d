import { Failure } from '../../../failure.js';
import { keepSecret } from '../../../keys/secrets.js';
import { IN_ONE_LINE, type SecretStore, type StoreDependencies, type StoreRequest } from './store.js';
import { runTool, type Tool } from './tool.js';

const LOG_IN = 'export JENKINS_URL=… JENKINS_USER_ID=… JENKINS_API_TOKEN=…';
const JAR = 'jenkins-cli.jar';

const JAVA: Tool = {
  name: JAR,
  program: 'java',
  logIn: LOG_IN,
  url: 'https://www.jenkins.io/doc/book/managing/cli/',
  isLoggedOut: ({ stderr }) => /anonymous|HTTP 401|Unauthorized|authenticat/i.test(stderr),
  isIncomplete: ({ stderr }) => /jarfile/i.test(stderr),
};

/** The store and domain of credentials that every job of a Jenkins can use. */
const DOMAIN = ['system::system::jenkins', '_'];

/**
 * Credentials of the kind "Secret text" in a Jenkins, by its own command-line client. That takes user and token from the
 * environment, and the credentials as XML on its standard input.
 *
 * @see https://www.jenkins.io/doc/book/managing/cli/
 */
export function jenkinsStore(
  { secretName }: StoreRequest,
  { run, environment }: Pick<StoreDependencies, 'run' | 'environment'>,
): SecretStore {
  const { JENKINS_URL: url = '', JENKINS_CLI_JAR: jar = JAR, JENKINS_API_TOKEN: token = '' } = environment;
  const client = (...words: string[]): string[] => ['-jar', jar, '-s', url, ...words];
  return {
    where: url === '' ? 'Jenkins' : url,
    tool: JAR,
    find: async () => {
      if (url === '') throw new Failure('ci_tool_not_logged_in', { tool: JAR, logIn: LOG_IN, words: '-' });
      keepSecret(token);
      const xml = await runTool(run, JAVA, client('list-credentials-as-xml', DOMAIN[0]!));
      const ids = [...xml.matchAll(/<id>([^<]*)<\/id>/g)].map(([, id]) => id);
      return [{ name: 'credentials', exists: ids.includes(secretName) }];
    },
    set: async (value, { exists }) => {
      const words = exists
        ? ['update-credentials-by-xml', ...DOMAIN, secretName]
        : ['create-credentials-by-xml', ...DOMAIN];
      await runTool(run, JAVA, client(...words), { input: credentialsXml(secretName, value) });
    },
    byHand: (printKey) => [`${printKey} | ${IN_ONE_LINE}`],
  };
}

/** What Jenkins imports, also from a file. @param value base64, which needs no escape */
export function credentialsXml(secretName: string, value: string): string {
  const type = 'org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl';
  return [
    `<${type}>`,
    '  <scope>GLOBAL</scope>',
    `  <id>${secretName}</id>`,
    '  <description>Private key for sf jwt grant</description>',
    `  <secret>${value}</secret>`,
    `</${type}>`,
    '',
  ].join('\n');
}

/** The command that imports such a file. @param file as a word of a shell */
export const importCommand = (file: string): string =>
  `java -jar ${JAR} -s "$JENKINS_URL" create-credentials-by-xml ${DOMAIN.join(' ')} < ${file}`;
