import { randomBytes } from 'node:crypto';
import { Messages, type Connection } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import type { AppType } from '../../app/app.js';
import { requireApiVersion, requireAppName } from '../../app/requirements.js';
import { positiveSerialNumber } from '../../credential/issue.js';
import type { Passphrase } from '../../credential/private-key.js';
import { explain } from '../../explain.js';
import { readKeyInput, requireKeyInput, type KeySources } from '../../files/key-input.js';
import { findNewPassphrase } from '../../files/passphrase.js';
import { credentialFlags, keySizeFlagWithoutDefault, subjectOf } from '../../flags/credential.js';
import { asClaim, EXIT_CODES, KEY_ENVIRONMENT, keyFlags, keySources, waitFlagOf } from '../../flags/login.js';
import { limitAnswers, newestApiVersion } from '../../org/reachability.js';
import { REAL_PATIENCE } from '../../patience.js';
import { progressOf } from '../../progress.js';
import { newSecretAsker } from '../../prompt.js';
import { rotate } from '../../rotate/rotate.js';
import { tokenByNewKey } from '../../rotate/resume.js';
import type { Rotated, RotateWorld } from '../../rotate/rotation.js';
import {
  closingLines,
  dateOf,
  isInOrder,
  type LoginRow,
  loginRow,
  loginTable,
  planLines,
  warningsOf,
} from '../../rotate/report.js';
import { answerInWords, loginFailure } from '../../token/log-in.js';
import { systemFetch } from '../../token/network.js';
import { proverAt, targetOf } from '../../token/prover.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.rotate');

// `-o` is the username here, as in `org login jwt`
const targetOrg = Flags.requiredOrg();
delete targetOrg.char;
const username = Flags.string({
  char: 'o',
  parse: asClaim('sub', '--username'),
  summary: messages.getMessage('flags.username.summary'),
});
// Without a default: absent, the certificate's end plays no part.
const ifExpiresWithin = Flags.integer({ min: 0, summary: messages.getMessage('flags.if-expires-within.summary') });

/** What `sf jwt rotate --json` returns. Paths are absolute; dates are ISO 8601 in UTC. */
export type JwtRotateResult = {
  /** API name of the app. */
  name: string;
  appType: AppType;
  /** The app's client id (consumer key), which stays the same. */
  clientId: string;
  /** `unchanged`: the certificate in use has more time left than --if-expires-within asks for. */
  status: 'rotated' | 'unchanged';
  /** The user who proved the new key by logging in. */
  username: string;
  /** The certificate that was in use; with `unchanged`, the one that is. */
  previous: {
    /** SHA-256 fingerprint: upper-case pairs of hexadecimal digits with colons. */
    fingerprint256: string;
    notAfter: string;
    /** The private key's file, which stays. Null where the key came from elsewhere. */
    privateKeyFile: string | null;
  };
  /** The new pair. Null where nothing was changed. */
  issued: {
    fingerprint256: string;
    notAfter: string;
    /** PEM, mode 0600. */
    privateKeyFile: string;
    certificateFile: string;
  } | null;
  /** The logins on this machine that had the old key. */
  logins: LoginRow[];
  /** Seconds at most in which no key logged in. Null where that wasn't measured. */
  gapSeconds: number | null;
  /** The org's My Domain URL, where the app can be reached. */
  instanceUrl: string;
  /** Id of the deployment, if there was one. */
  deployId?: string;
  /** Whether this run finished a rotation that another one had begun. */
  resumed: boolean;
  dryRun: boolean;
};

export default class JwtRotate extends SfCommand<JwtRotateResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    'target-org': targetOrg,
    'name': Flags.string({ char: 'n', default: 'JwtBearer', summary: messages.getMessage('flags.name.summary') }),
    'username': username,
    'client-id': Flags.string({
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
    }),
    'certificate-file': Flags.string({ char: 'c', summary: messages.getMessage('flags.certificate-file.summary') }),
    'output-dir': Flags.directory({ char: 'd', summary: messages.getMessage('flags.output-dir.summary') }),
    ...credentialFlags,
    'key-size': keySizeFlagWithoutDefault,
    ...keyFlags,
    'jwt-key-file': Flags.string({
      char: 'f',
      summary: messages.getMessage('flags.jwt-key-file.summary'),
      description: messages.getMessage('flags.jwt-key-file.description'),
    }),
    'passphrase-file': Flags.string({ summary: messages.getMessage('flags.passphrase-file.summary') }),
    'if-expires-within': ifExpiresWithin,
    'wait': waitFlagOf(10, { summary: messages.getMessage('flags.wait.summary') }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', KEY_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    68: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtRotateResult> {
    const { flags } = await this.parse(JwtRotate);
    const org = flags['target-org'];
    const name = requireAppName(flags.name);
    const sources = keySources(this, flags);
    const key = await readKeyInput(sources);
    const passphrase = flags.encrypt ? await this.newPassphrase(sources) : undefined;
    this.waiting.start(messages.getMessage('spinner.read', [org.getUsername()]));
    const connection = org.getConnection(flags['api-version']);
    limitAnswers(connection);
    const world = await this.world(connection, (file) => requireKeyInput({ ...sources, file }));
    connection.accessToken = (await tokenByNewKey(name, world)) ?? connection.accessToken;
    const apiVersion = requireApiVersion(flags['api-version'] ?? (await newestApiVersion(org)));
    connection.setApiVersion(apiVersion);
    const prover = flags.username ?? org.getUsername()!;
    const rotated = await rotate(
      {
        name,
        username: prover,
        clientId: flags['client-id'],
        key,
        certificateFile: flags['certificate-file'],
        newPair: {
          folder: flags['output-dir'],
          keySize: flags['key-size'],
          days: flags.days,
          subject: subjectOf(flags),
          passphrase,
          serialNumber: positiveSerialNumber(randomBytes(20)),
        },
        expiresWithin: flags['if-expires-within'],
        wait: flags.wait.milliseconds,
        apiVersion,
        dryRun: flags['dry-run'],
      },
      world,
    );
    this.waiting.stop();
    const { instanceUrl } = connection;
    const result = { ...resultOf(rotated), username: prover, instanceUrl, dryRun: flags['dry-run'] };
    if (!rotated.logins.every(isInOrder)) process.exitCode = 68;
    this.report(rotated, flags['dry-run']);
    return result;
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explain(error));
  }

  private async newPassphrase({ passphraseFile: file, readPassphraseFile }: KeySources): Promise<Passphrase> {
    const ask = newSecretAsker(this, {
      first: messages.getMessage('prompt.passphrase'),
      again: messages.getMessage('prompt.passphrase.again'),
    });
    return findNewPassphrase({ file, variable: process.env['SF_JWT_KEY_PASSPHRASE'], ask }, readPassphraseFile);
  }

  private async world(connection: Connection, readKey: RotateWorld['readKey']): Promise<RotateWorld> {
    const audience = process.env['SF_AUDIENCE_URL'];
    const { instanceUrl } = connection;
    const network = { fetch: await systemFetch(process.env), audience, patience: REAL_PATIENCE };
    return {
      ...REAL_PATIENCE,
      connection,
      readKey,
      logIn: proverAt(instanceUrl, network, (username, refusal) => {
        this.waiting.status = messages.getMessage('spinner.login', [username, answerInWords(refusal)]);
      }),
      refused: (refusal, { clientId, username }, keyFile) =>
        loginFailure(refusal, targetOf(instanceUrl, clientId, username, audience), { keyFile }),
      onPlan: (plan) => {
        this.waiting.stop();
        for (const line of planLines(plan, new Date())) this.log(line);
        this.log();
        this.warn(messages.getMessage('warning.oneCertificate', [plan.standing.app.name]));
        this.waiting.start(messages.getMessage('spinner.apply'));
      },
      onResume: ({ phase, privateKeyFile }) => {
        this.waiting.stop();
        this.warn(messages.getMessage(`warning.resumed.${phase}`, [privateKeyFile]));
        this.waiting.start(messages.getMessage('spinner.apply'));
      },
      onDeployment: ({ id, status, done, total }) => {
        this.waiting.status = messages.getMessage('spinner.deployment', [id, status, done, total]);
      },
      onUndo: (refusal) => {
        if (refusal !== undefined) this.warn(messages.getMessage('warning.undo', [answerInWords(refusal)]));
        this.waiting.status = messages.getMessage('spinner.undo');
      },
      onUnfinished: () => {
        this.warn(messages.getMessage('warning.unfinished'));
      },
    };
  }

  private report(rotated: Rotated, dryRun: boolean): void {
    const { status, standing, previous, logins } = rotated;
    if (status === 'unchanged') {
      this.logSuccess(messages.getMessage('success.unchanged', [standing.app.name, dateOf(previous.notAfter)]));
      return;
    }
    if (dryRun) {
      this.logSuccess(messages.getMessage(rotated.resumed ? 'success.dryRun.resumed' : 'success.dryRun'));
      return;
    }
    if (logins.length > 0) this.table(loginTable(rotated));
    for (const warning of warningsOf(rotated)) this.warn(warning);
    this.logSuccess(messages.getMessage('success', [standing.app.name]));
    for (const line of closingLines(rotated)) this.log(line);
  }
}

function resultOf(rotated: Rotated): Omit<JwtRotateResult, 'username' | 'instanceUrl' | 'dryRun'> {
  const { status, standing, previous, previousKeyFile, issued, logins, gap, deployId, resumed } = rotated;
  return {
    name: standing.app.name,
    appType: standing.type,
    clientId: standing.clientId,
    status,
    previous: {
      fingerprint256: previous.fingerprint256,
      notAfter: previous.notAfter.toISOString(),
      privateKeyFile: previousKeyFile ?? null,
    },
    issued:
      issued === undefined
        ? null
        : {
            fingerprint256: issued.certificate.fingerprint256,
            notAfter: issued.certificate.notAfter.toISOString(),
            privateKeyFile: issued.paths.privateKeyFile,
            certificateFile: issued.paths.certificateFile,
          },
    logins: logins.map(loginRow),
    gapSeconds: gap === undefined ? null : Math.ceil(gap / 100) / 10,
    ...(deployId === undefined ? {} : { deployId }),
    resumed,
  };
}
