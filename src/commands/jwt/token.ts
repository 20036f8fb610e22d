import { Messages } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { requireKeyInput } from '../../files/key-input.js';
import {
  keySources,
  LOGIN_ENVIRONMENT,
  LOGIN_EXIT_CODES,
  loginFlags,
  loginTarget,
  timeoutFlag,
  waitFlag,
} from '../../flags/login.js';
import { freshToken, type FreshToken } from '../../fresh-token.js';
import { REAL_PATIENCE } from '../../patience.js';
import { progressOf } from '../../progress.js';
import { systemFetch } from '../../token/network.js';
import { explainLogin, showLogin, tellWait } from '../../waiting.js';

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

  public static override readonly flags = {
    ...loginFlags,
    path: Flags.string({
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
    const { flags } = await this.parse(JwtToken);
    const { key } = await requireKeyInput(keySources(this, flags));
    const target = await loginTarget(flags, this.configAggregator);
    showLogin(this.waiting, target);
    const fresh = await freshToken(
      {
        target,
        key,
        keyFile: flags['jwt-key-file'] || undefined,
        limit: flags.wait.milliseconds,
        timeout: flags.timeout.milliseconds,
      },
      flags.path,
      {
        ...REAL_PATIENCE,
        fetch: await systemFetch(process.env),
        onWait: tellWait(this, this.waiting, flags.wait.minutes),
      },
    );
    this.waiting.stop();
    this.hand(fresh);
    return toResult(fresh);
  }

  protected override catch(error: Error): Promise<never> {
    this.waiting.stop();
    return super.catch(explainLogin(error));
  }

  /** Standard output gets the one line; what is to be said about it goes to standard error. */
  private hand({ token, frontDoor }: FreshToken): void {
    if (frontDoor?.singleUse === false) this.warn(messages.getMessage('warning.frontDoorHoldsToken'));
    const showsToken = frontDoor === undefined || this.jsonEnabled();
    if (showsToken && process.stdout.isTTY) this.warn(messages.getMessage('warning.terminal'));
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
