import { randomBytes } from 'node:crypto';
import type { Connection } from '@salesforce/core';
import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { isAppName, requireApiVersion, requireUnpackaged } from '../../salesforce/app/requirements.js';
import { positiveSerialNumber } from '../../keys/credential/issue.js';
import { readCertificates } from '../../machine/files/certificate-input.js';
import { ofFile, ofSigner, readKeyInput, requireKeyInput } from '../../machine/files/key-input.js';
import { credentialFlags, keySizeFlagWithoutDefault, subjectOf } from '../../terminal/flags/credential.js';
import { baseUrl } from '../../salesforce/hosts.js';
import {
  asClaim,
  CLIENT_ID_NAMES,
  EXIT_CODES,
  ADMIN_ENVIRONMENT,
  keyFlags,
  keySources,
  waitFlagOf,
} from '../../terminal/flags/login.js';
import { newestApiVersion } from '../../salesforce/org/reachability.js';
import { answerLimit, guardAnswers } from '../../salesforce/org/transport.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { SYSTEM_CLOCK } from '../../clock.js';
import { keepKnown } from '../../terminal/keep-known.js';
import { nameOfTargetOrg, targetOrgFlag } from '../../terminal/flags/target-org.js';
import { askerOf } from '../../terminal/asker.js';
import { progressOf } from '../../terminal/progress.js';
import { appByName } from '../../flows/app-by-name.js';
import { newKeyPassphrase } from '../../flows/rotate/new-passphrase.js';
import { rotate } from '../../flows/rotate/rotate.js';
import { tokenByNewKey } from '../../flows/rotate/resume.js';
import type { RotateDependencies, RotatedAll } from '../../flows/rotate/rotation.js';
import { warnOfCommittable } from '../../terminal/committable.js';
import { isInOrder, reportRotated } from '../../flows/rotate/report.js';
import { resultOf, type JwtRotateResult } from '../../flows/rotate/result.js';
import { tellRotate } from '../../flows/rotate/tell.js';
import { loginFailure } from '../../salesforce/token/log-in.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { proverAt, targetOf } from '../../salesforce/token/prover.js';
import { asPath, asSigner, asText } from '../../terminal/flags/path.js';
import { appQuestion } from '../../terminal/app-question.js';
import { userQuestion } from '../../terminal/user-question.js';
import { targetOrgQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.rotate');

const username = Flags.string({
  char: 'u',
  parse: asClaim('sub', '--username'),
  summary: messages.getMessage('flags.username.summary'),
});
// Without a default: absent, the certificate's end plays no part.
const ifExpiresWithin = Flags.integer({ min: 0, summary: messages.getMessage('flags.if-expires-within.summary') });

// A key that is there has its size, and is protected by whoever keeps it.
const newSigner = Flags.string({
  parse: asSigner('--new-signer'),
  exclusive: ['key-size', 'encrypt'],
  summary: messages.getMessage('flags.new-signer.summary'),
  description: messages.getMessage('flags.new-signer.description'),
});

export type { JwtRotateResult };

export default class JwtRotate extends SfCommand<JwtRotateResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [targetOrgQuestion, appQuestion('JwtBearer'), userQuestion('proof')];

  public static override readonly flags = {
    'target-org': targetOrgFlag(),
    'name': Flags.string({
      char: 'n',
      default: 'JwtBearer',
      parse: asText('--name'),
      summary: messages.getMessage('flags.name.summary'),
    }),
    'username': username,
    'client-id': Flags.string({
      aliases: CLIENT_ID_NAMES,
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
    }),
    'certificate-file': Flags.string({
      char: 'c',
      parse: asPath('--certificate-file'),
      summary: messages.getMessage('flags.certificate-file.summary'),
    }),
    'output-dir': Flags.directory({
      char: 'd',
      parse: asPath('--output-dir', 'output'),
      summary: messages.getMessage('flags.output-dir.summary'),
    }),
    ...credentialFlags,
    'key-size': keySizeFlagWithoutDefault,
    ...keyFlags,
    'jwt-key-file': Flags.string({
      char: 'f',
      parse: asPath('--jwt-key-file'),
      summary: messages.getMessage('flags.jwt-key-file.summary'),
      description: messages.getMessage('flags.jwt-key-file.description'),
    }),
    'new-signer': newSigner,
    'passphrase-file': Flags.string({
      parse: asPath('--passphrase-file', 'passphrase'),
      summary: messages.getMessage('flags.passphrase-file.summary'),
    }),
    'if-expires-within': ifExpiresWithin,
    'wait': waitFlagOf(10, { summary: messages.getMessage('flags.wait.summary') }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', ADMIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    68: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtRotateResult> {
    const fetch = await systemFetch(process.env);
    // The flag of the org asks it already.
    guardAnswers(fetch, answerLimit(process.env));
    const { flags, metadata, raw } = await this.parse(JwtRotate);
    const org = flags['target-org'];
    requireUnpackaged(flags.name);
    const sources = keySources(this, flags);
    const key = await readKeyInput(sources);
    const passphrase = flags.encrypt ? await newKeyPassphrase(this, sources) : undefined;
    this.waiting.start(messages.getMessage('spinner.read', [org.getUsername()]));
    const connection = org.getConnection(flags['api-version']);
    connection.instanceUrl = baseUrl(connection.instanceUrl);
    const adminOrg = nameOfTargetOrg(raw, org.getUsername());
    const edge = { fetch, wait: flags.wait.milliseconds, dryRun: flags['dry-run'], adminOrg };
    const dependencies = this.dependencies(connection, edge, {
      readKey: (file) => requireKeyInput(ofFile(sources, file)),
      readSigner: (uri) => requireKeyInput(ofSigner(sources, uri)),
      readCertificates: (file) => readCertificates(file, sources),
    });
    if (isAppName(flags.name)) await this.renew(connection, flags.name, dependencies);
    const nameGiven = metadata.flags.name?.setFromDefault !== true;
    const apiVersion = requireApiVersion(flags['api-version'] ?? (await newestApiVersion(org)));
    connection.setApiVersion(apiVersion);
    const name = await this.nameOfApp(connection, flags.name, nameGiven, dependencies);
    const prover = flags.username ?? org.getUsername()!;
    const rotated = await rotate(
      {
        name,
        nameGiven,
        username: prover,
        clientId: flags['client-id'],
        key,
        certificateFile: flags['certificate-file'],
        newPair: {
          folder: flags['output-dir'],
          signer: flags['new-signer'],
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
      dependencies,
    );
    this.waiting.stop();
    if (!rotated.logins.every(isInOrder)) process.exitCode = 68;
    const { instanceUrl } = connection;
    await this.keep(rotated, org.getUsername());
    await reportRotated(this, rotated, { dryRun: flags['dry-run'], instanceUrl, username: prover });
    const keyFile = rotated.issued?.places.privateKeyFile;
    if (keyFile !== undefined) await warnOfCommittable(this, [keyFile]);
    return resultOf(rotated, { username: prover, instanceUrl, dryRun: flags['dry-run'] });
  }

  private async keep({ issued, current }: RotatedAll, admin: string | undefined): Promise<void> {
    if (issued === undefined) return;
    const learnt = { name: current.app.name, admin, certificates: [issued.certificate.pem] };
    await keepKnown(this, current.clientId, learnt);
  }

  /** An admin's session through the app itself, where a run before this one was killed. */
  private async renew(connection: Connection, name: string, dependencies: RotateDependencies): Promise<void> {
    connection.accessToken = (await tokenByNewKey(name, dependencies)) ?? connection.accessToken;
  }

  /** API name of the app, which may have been named by its label. */
  private async nameOfApp(
    connection: Connection,
    name: string,
    nameGiven: boolean,
    dependencies: RotateDependencies,
  ): Promise<string> {
    const app = nameGiven ? await appByName(connection, name) : undefined;
    if (app === undefined || app.name === name) return name;
    await this.renew(connection, app.name, dependencies);
    return app.name;
  }

  private dependencies(
    connection: Connection,
    { fetch, wait, dryRun, adminOrg }: { fetch: Fetch; wait: number; dryRun: boolean; adminOrg: string | undefined },
    readers: Pick<RotateDependencies, 'readKey' | 'readSigner' | 'readCertificates'>,
  ): RotateDependencies {
    const audience = process.env['SF_AUDIENCE_URL'];
    const { instanceUrl } = connection;
    const network = { fetch, audience, clock: SYSTEM_CLOCK, timeout: answerLimit(process.env), wait };
    const told = tellRotate(this, this.waiting, { wait, dryRun });
    const asker = askerOf(this);
    return {
      ...SYSTEM_CLOCK,
      ...told,
      ...readers,
      confirm:
        asker &&
        ((name, phase) =>
          asker.confirm(messages.getMessage(phase === undefined ? 'prompt.rotate' : `prompt.resume.${phase}`, [name]))),
      connection,
      logIn: proverAt(instanceUrl, network, told),
      refused: (refusal, { clientId, username, signer: { uri } }, keyFile) =>
        loginFailure(refusal, targetOf(instanceUrl, clientId, username, audience), { keyFile, signer: uri, adminOrg }),
    };
  }
}
