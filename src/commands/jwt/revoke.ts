import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { SfCommand } from '../../terminal/command.js';
import { explain } from '../../terminal/explain.js';
import { inLine } from '../../terminal/printable.js';
import { EXIT_CODES, timeoutFlag } from '../../terminal/flags/login.js';
import { asText } from '../../terminal/flags/path.js';
import { fill } from '../../terminal/fill.js';
import { progressOf } from '../../terminal/progress.js';
import { canAsk } from '../../terminal/prompt.js';
import { showTable } from '../../terminal/table.js';
import { findAllRevocable, findRevocable, revokeLogins, type Revocable, type Revoked } from '../../flows/revoke.js';
import { systemFetch } from '../../salesforce/token/network.js';
import { isGiven, type Question } from '../../terminal/question.js';
import { storedOrgs } from '../../terminal/questions.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.revoke');

/** The exit code when some logins couldn't be removed. */
const PARTLY = 68;

/** What `sf jwt revoke --json` returns. */
export type JwtRevokeResult = {
  /** One with --target-org; with --all, one for each that was there. Empty if you decided against it. */
  logins: Array<{
    username: string;
    /** Whether everything that is stored of the login is removed. */
    removed: boolean;
    /**
     * What became of the access token: revoked now, ended before, none stored; "alive" if it couldn't be revoked, and
     * "unreadable" if the CLI couldn't read or decrypt it. The last two live on until the session ends.
     */
    token: 'revoked' | 'ended' | 'none' | 'alive' | 'unreadable';
    /** Why the token is alive or unreadable, in the words of the org or the system. */
    tokenReason?: string;
    /** Aliases that were removed. */
    aliases: string[];
    /** Configuration variables that were unset, such as "target-org". */
    defaults: string[];
    /** Copies of the private key that were removed: absolute paths. */
    keyCopies: string[];
    /** Your own private key file, which stays. */
    keyFile?: string;
    /** URI of the key that signed for the login and stays where it is kept. */
    signer?: string;
    /** Why the login couldn't be removed. */
    error?: {
      /** Stable, in lower_snake. */
      code: string;
      message: string;
    };
  }>;
};

type Row = JwtRevokeResult['logins'][number];

/** Not sf's own target-org: that one falls back on the default org, and knows no login of which only traces are left. */
const whichFlags = {
  'target-org': Flags.string({
    char: 'o',
    parse: asText('--target-org', 'refused'),
    exactlyOne: ['target-org', 'all'],
    summary: messages.getMessage('flags.target-org.summary'),
  }),
  'all': Flags.boolean({
    char: 'a',
    exactlyOne: ['target-org', 'all'],
    summary: messages.getMessage('flags.all.summary'),
    description: messages.getMessage('flags.all.description'),
  }),
};

/** One of the stored JWT logins, or all of them. */
const loginQuestion: Question = {
  name: 'target-org',
  isMissing: (given) => !isGiven(given, 'target-org') && !isGiven(given, 'all'),
  ask: async (asker) => {
    const logins = storedOrgs(({ type }) => type === 'jwt');
    if (logins.length === 0) return undefined;
    const all = { value: undefined, name: messages.getMessage('ask.all', [logins.length]) };
    const chosen = await asker.choose(messages.getMessage('ask'), [...logins, ...(logins.length > 1 ? [all] : [])]);
    return chosen ?? { flag: 'all' };
  },
};

export default class JwtRevoke extends SfCommand<JwtRevokeResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly questions = [loginQuestion];

  public static override readonly flags = {
    ...whichFlags,
    'no-prompt': Flags.boolean({
      char: 'p',
      default: false,
      summary: messages.getMessage('flags.no-prompt.summary'),
      description: messages.getMessage('flags.no-prompt.description'),
    }),
    'timeout': timeoutFlag,
  };

  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    [PARTLY]: messages.getMessage('exitCodes.68'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtRevokeResult> {
    const { flags } = await this.parse(JwtRevoke);
    const name = flags['target-org'];
    const logins = name === undefined ? findAllRevocable() : [await findRevocable(name)];
    if (logins.length === 0) {
      this.log(messages.getMessage('nothing'));
      return { logins: [] };
    }
    if (!flags['no-prompt'] && !(await this.isWanted(logins))) {
      this.log(messages.getMessage('unwanted'));
      return { logins: [] };
    }
    this.waiting.start(messages.getMessage('spinner'));
    const revoked = await revokeLogins(logins, {
      fetch: await systemFetch(process.env),
      timeout: flags.timeout.milliseconds,
      onRevoked: (done, total) => {
        this.waiting.status = `${done}/${total}`;
      },
    });
    this.waiting.stop();
    const [first] = revoked;
    if (name !== undefined && first?.failure !== undefined) throw withFate(explain(first.failure), first);
    const rows = revoked.map(rowOf);
    await this.report(rows, name === undefined);
    if (rows.some(({ removed }) => !removed)) process.exitCode = rows.some(({ removed }) => removed) ? PARTLY : 1;
    return { logins: rows };
  }

  /** Asks a person at a terminal; a pipeline has said what it wants. */
  private async isWanted(logins: Revocable[]): Promise<boolean> {
    if (!canAsk(this)) return true;
    const [first, ...others] = logins;
    const usernames = logins.map(({ username }) => `  ${username}`).join('\n');
    const message =
      others.length === 0
        ? messages.getMessage('prompt', [first!.username])
        : fill(messages.getMessage('prompt.all'), { count: logins.length, usernames });
    return this.confirm({ message });
  }

  private async report(rows: Row[], all: boolean): Promise<void> {
    if (all) {
      const columns = (['username', 'token', 'removed'] as const).map((key) => ({
        key,
        name: messages.getMessage(`table.${key}`),
      }));
      const data = rows.map(({ username, token, removed }) => ({
        username,
        token: messages.getMessage(`token.${token}`),
        removed: messages.getMessage(`removed.${String(removed)}`),
      }));
      await showTable(this, { columns, data });
    }
    for (const row of rows) {
      if (row.error !== undefined)
        this.warn(messages.getMessage('warning.notRemoved', [row.username, row.error.message]));
      if (row.token === 'alive') this.warn(messages.getMessage('warning.alive', [row.username, row.tokenReason]));
      if (row.token === 'unreadable')
        this.warn(messages.getMessage('warning.unreadable', [row.username, row.tokenReason]));
    }
    const removed = rows.filter((row) => row.removed);
    for (const row of all ? [] : removed) this.tellRemoved(row);
    if (removed.length === 0) return;
    this.logSuccess(
      all ? messages.getMessage('success.all', [removed.length]) : messages.getMessage('success', [rows[0]!.username]),
    );
    this.log(messages.getMessage('next'));
  }

  private tellRemoved({ token, aliases, defaults, keyCopies, keyFile, signer }: Row): void {
    if (token === 'revoked' || token === 'ended') this.log(messages.getMessage(`told.${token}`));
    if (aliases.length > 0) this.log(messages.getMessage('told.aliases', [aliases.join(', ')]));
    if (defaults.length > 0) this.log(messages.getMessage('told.defaults', [defaults.join(', ')]));
    for (const path of keyCopies) this.log(messages.getMessage('told.keyCopy', [path]));
    if (keyFile !== undefined) this.log(messages.getMessage('told.keyFile', [keyFile]));
    if (signer !== undefined) this.log(messages.getMessage('told.signer', [signer]));
  }
}

function rowOf({ username, token, removed, failure, keyFile, signer }: Revoked): Row {
  const { aliases = [], defaults = [], keyCopies = [] } = removed ?? {};
  return {
    username,
    removed: removed !== undefined,
    token: token.state,
    ...('reason' in token ? { tokenReason: inLine(token.reason) } : {}),
    aliases,
    defaults,
    keyCopies,
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(signer === undefined ? {} : { signer }),
    ...(failure === undefined ? {} : { error: { code: failure.code, message: explain(failure).message } }),
  };
}

/** "Nothing was changed" is true of this machine only. */
function withFate(error: Error, { token }: Revoked): Error {
  if (token.state === 'revoked') error.message += ` ${messages.getMessage('revokedAlready')}`;
  return error;
}
