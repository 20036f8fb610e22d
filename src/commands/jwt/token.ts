import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { requireKeyInput } from '../../machine/files/key-input.js';
import {
  completed,
  adminFinder,
  keySources,
  LOGIN_ENVIRONMENT,
  LOGIN_EXIT_CODES,
  storedLoginFlags,
  loginTarget,
  timeoutFlag,
  waitFlag,
} from '../../terminal/flags/login.js';
import { freshToken, type FreshToken } from '../../flows/token.js';
import { asWords } from '../../terminal/flags/path.js';
import { SYSTEM_CLOCK } from '../../clock.js';
import { tellHost } from '../../terminal/host.js';
import { progressOf } from '../../terminal/progress.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { explainLogin, showLogin, tellWait } from '../../terminal/waiting.js';
import { loginQuestion, unstoredKeyFileQuestion } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.token');

/** What `sf jwt token --json` returns. */
export type JwtTokenResult = {
  /** The access token. Whoever has it acts as the user until the session ends. */
  accessToken: string;
  /** The org's own URL, for API requests. */
  instanceUrl: string;
  /** Salesforce ID of the org, 18 characters. */
  orgId: string;
  /** Salesforce ID of the user, 18 characters. */
  userId: string;
  /** The token's OAuth scopes as the org gave them: names with spaces between them. */
  scope: string;
  /** Opens a browser session at --path. Only with --path. */
  frontdoorUrl?: string;
  /** Whether the front door URL works once only. Only with --path. */
  frontdoorSingleUse?: boolean;
  /** URL of the Experience Cloud site. Only for a login at one. */
  communityUrl?: string;
  /** Salesforce ID of the Experience Cloud site. Only for a login at one. */
  communityId?: string;
};

export default class JwtToken extends SfCommand<JwtTokenResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [loginQuestion('username'), unstoredKeyFileQuestion];

  public static override readonly flags = {
    ...storedLoginFlags,
    path: Flags.string({
      parse: asWords('--path', 'refused'),
      summary: messages.getMessage('flags.path.summary'),
      description: messages.getMessage('flags.path.description'),
    }),
    wait: waitFlag,
    timeout: timeoutFlag,
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', LOGIN_ENVIRONMENT);
  public static override readonly errorCodes = toHelpSection('EXIT CODES', LOGIN_EXIT_CODES);

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtTokenResult> {
    const flags = await completed((await this.parse(JwtToken)).flags);
    const { signer } = await requireKeyInput(keySources(this, flags));
    const target = await loginTarget(flags, this.configAggregator, tellHost(this));
    showLogin(this.waiting, target, flags.wait.milliseconds);
    const fresh = await freshToken(
      {
        target,
        signer,
        keyFile: flags['jwt-key-file'] || undefined,
        passphraseFile: flags['passphrase-file'],
        limit: flags.wait.milliseconds,
        timeout: flags.timeout.milliseconds,
      },
      flags.path,
      {
        ...SYSTEM_CLOCK,
        fetch: await systemFetch(process.env),
        adminOf: adminFinder(this.configAggregator),
        onWait: tellWait(this, this.waiting, flags.wait.minutes),
      },
    );
    this.waiting.stop();
    this.hand(fresh);
    return toResult(fresh);
  }

  protected override catch(error: Error): Promise<never> {
    return super.catch(explainLogin(error));
  }

  /** Standard output gets the one line; what is to be said about it goes to standard error. */
  private hand({ token, frontDoor }: FreshToken): void {
    if (frontDoor?.singleUse === false) this.warn(messages.getMessage('warning.frontDoorHoldsToken'));
    const showsToken = frontDoor === undefined || this.jsonEnabled();
    if (showsToken && process.stdout.isTTY) this.warn(messages.getMessage('warning.terminal'));
    this.handOut(token.accessToken, ...(frontDoor === undefined ? [] : [frontDoor.url]));
    this.log(frontDoor?.url ?? token.accessToken);
  }
}

function toResult({ token, frontDoor }: FreshToken): JwtTokenResult {
  const { accessToken, instanceUrl, orgId, userId, scope, communityUrl, communityId } = token;
  return {
    ...{ accessToken, instanceUrl, orgId, userId, scope },
    ...(frontDoor && { frontdoorUrl: frontDoor.url, frontdoorSingleUse: frontDoor.singleUse }),
    ...(communityUrl !== undefined && { communityUrl }),
    ...(communityId !== undefined && { communityId }),
  };
}
