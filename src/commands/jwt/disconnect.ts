import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SYSTEM_CLOCK } from '../../clock.js';
import type { DisconnectDependencies } from '../../flows/disconnect/dependencies.js';
import { disconnect } from '../../flows/disconnect/disconnect.js';
import { exitCodeOf, type Disconnected } from '../../flows/disconnect/disconnected.js';
import { reportDisconnected, reportLogins } from '../../flows/disconnect/report.js';
import { resultOf, type JwtDisconnectResult } from '../../flows/disconnect/result.js';
import { tellDisconnect } from '../../flows/disconnect/tell.js';
import { findRevocable, revokeLogins } from '../../flows/revoke.js';
import { disconnectRecordsOf } from '../../machine/store/disconnect-record.js';
import { answerLimit, guardAnswers } from '../../salesforce/org/transport.js';
import type { Fetch } from '../../salesforce/token/endpoint.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { appQuestion } from '../../terminal/app-question.js';
import { askerOf, type Asker } from '../../terminal/asker.js';
import { SfCommand } from '../../terminal/command.js';
import { explain } from '../../terminal/explain.js';
import { ANSWER_ENVIRONMENT, asClaim, CLIENT_ID_NAMES, EXIT_CODES, waitFlagOf } from '../../terminal/flags/login.js';
import { asText } from '../../terminal/flags/path.js';
import { connectionTo, nameOfTargetOrg, targetOrgFlag } from '../../terminal/flags/target-org.js';
import { Messages } from '../../terminal/messages.js';
import { progressOf } from '../../terminal/progress.js';
import { targetOrgQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.disconnect');

/** What `connect` calls an app by itself. */
const BY_ITSELF = 'JwtBearer';

export type { JwtDisconnectResult };

export default class JwtDisconnect extends SfCommand<JwtDisconnectResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [targetOrgQuestion, appQuestion(BY_ITSELF)];

  public static override readonly flags = {
    'target-org': targetOrgFlag(),
    'name': Flags.string({
      char: 'n',
      default: BY_ITSELF,
      parse: asText('--name'),
      exclusive: ['client-id'],
      summary: messages.getMessage('flags.name.summary'),
    }),
    'client-id': Flags.string({
      aliases: CLIENT_ID_NAMES,
      char: 'i',
      parse: asClaim('iss', '--client-id'),
      summary: messages.getMessage('flags.client-id.summary'),
    }),
    'disable': Flags.boolean({ exclusive: ['enable'], summary: messages.getMessage('flags.disable.summary') }),
    'enable': Flags.boolean({ summary: messages.getMessage('flags.enable.summary') }),
    'keep-permission-set': Flags.boolean({
      exclusive: ['disable', 'enable'],
      summary: messages.getMessage('flags.keep-permission-set.summary'),
    }),
    'wait': waitFlagOf(15, { summary: messages.getMessage('flags.wait.summary') }),
    'dry-run': Flags.boolean({ default: false, summary: messages.getMessage('flags.dry-run.summary') }),
    'api-version': Flags.orgApiVersion(),
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', ANSWER_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    68: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtDisconnectResult> {
    const fetch = await systemFetch(process.env);
    // The flag of the org asks it already.
    guardAnswers(fetch, answerLimit(process.env));
    const { flags, metadata, raw } = await this.parse(JwtDisconnect);
    const org = flags['target-org'];
    const asker = askerOf(this);
    this.waiting.start(messages.getMessage('spinner.read', [org.getUsername()]));
    const connection = await connectionTo(org, flags['api-version']);
    const apiVersion = connection.getApiVersion();
    const isNamed = metadata.flags.name?.setFromDefault !== true || flags['client-id'] === undefined;
    const action = flags.disable ? 'disable' : flags.enable ? 'enable' : 'remove';
    const dryRun = flags['dry-run'];
    const admin = connection.getUsername() ?? '';
    const dependencies: DisconnectDependencies = {
      ...SYSTEM_CLOCK,
      deadline: Date.now() + flags.wait.milliseconds,
      ...tellDisconnect(this, this.waiting, { admin, action, dryRun, wait: flags.wait.milliseconds, asker }),
      connection,
      records: disconnectRecordsOf(connection.getAuthInfoFields().orgId ?? ''),
    };
    const disconnected = await disconnect(
      {
        name: isNamed ? flags.name : undefined,
        clientId: flags['client-id'],
        keepPermissionSet: flags['keep-permission-set'],
        ...{ action, apiVersion, dryRun },
      },
      dependencies,
    );
    this.waiting.stop();
    process.exitCode = exitCodeOf(disconnected);
    const name = nameOfTargetOrg(raw, admin) ?? admin;
    reportDisconnected(this, disconnected, { admin: name, dryRun, bin: this.config.bin });
    if (disconnected.status === 'removed' && !dryRun) await this.endLogins(disconnected, asker, fetch);
    return resultOf(disconnected, { instanceUrl: connection.instanceUrl, dryRun });
  }

  /** What is left of the app on this machine is ended where a person wants that, and else for them to end. */
  private async endLogins({ logins }: Disconnected, asker: Asker | undefined, fetch: Fetch): Promise<void> {
    if (logins.length === 0) return;
    if (asker === undefined || !(await asker.confirm(messages.getMessage('prompt.logins'), true))) {
      reportLogins(this, logins, this.config.bin);
      return;
    }
    const revocable = await Promise.all(logins.map(({ username }) => findRevocable(username)));
    const network = { fetch, timeout: answerLimit(process.env), onRevoked: () => undefined };
    for (const { username, removed, failure } of await revokeLogins(revocable, network)) {
      if (removed !== undefined) this.log(messages.getMessage('ended', [username]));
      if (failure !== undefined) this.warn(explain(failure).message);
    }
  }
}
