import { Messages } from '@salesforce/core';
import { Flags, SfCommand, toHelpSection } from '@salesforce/sf-plugins-core';
import { explain } from '../../explain.js';
import { EXIT_CODES, LOGIN_ENVIRONMENT, timeoutFlag } from '../../flags/login.js';
import { listLogins } from '../../list/list.js';
import { loginRow, loginTable, problemLines, withoutEnd, type LoginRow } from '../../list/report.js';
import { progressOf } from '../../progress.js';
import { shellQuote } from '../../shell-quote.js';
import { systemFetch } from '../../token/network.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.list');

/** What `sf jwt list --json` returns. */
export type JwtListResult = {
  /** False if a login that was tried fails, or a certificate ends within the days of --expires-within. */
  ok: boolean;
  /** By username. */
  logins: LoginRow[];
  /** How many logins of other kinds are stored; "sf org list" shows them. */
  otherLogins: number;
};

/** It has no default, since without it no certificate is judged. */
const expiresWithinFlag = Flags.integer({
  min: 0,
  summary: messages.getMessage('flags.expires-within.summary'),
  description: messages.getMessage('flags.expires-within.description'),
});

export default class JwtList extends SfCommand<JwtListResult> {
  public static override readonly summary = messages.getMessage('summary');
  public static override readonly description = messages.getMessage('description');
  public static override readonly examples = messages.getMessages('examples');

  public static override readonly flags = {
    'check': Flags.boolean({
      default: false,
      summary: messages.getMessage('flags.check.summary'),
      description: messages.getMessage('flags.check.description'),
    }),
    'concurrency': Flags.integer({
      default: 8,
      min: 1,
      max: 100,
      summary: messages.getMessage('flags.concurrency.summary'),
    }),
    'expires-within': expiresWithinFlag,
    'timeout': timeoutFlag,
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', {
    SF_AUDIENCE_URL: LOGIN_ENVIRONMENT.SF_AUDIENCE_URL,
  });
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    1: messages.getMessage('exitCodes.1'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtListResult> {
    const { flags } = await this.parse(JwtList);
    const { check, concurrency, 'expires-within': expiresWithin } = flags;
    if (check) this.waiting.start(messages.getMessage('spinner'));
    const { ok, logins, otherLogins } = await listLogins(
      { concurrency: check ? concurrency : undefined, expiresWithin, timeout: flags.timeout.milliseconds },
      {
        fetch: await systemFetch(process.env),
        now: Date.now,
        environment: process.env,
        onChecked: (done, total) => {
          this.waiting.status = `${done}/${total}`;
        },
      },
    );
    this.waiting.stop();
    const rows = logins.map((login) => loginRow(login, check));
    this.report(rows, check, otherLogins);
    const unknown = withoutEnd(rows);
    if (expiresWithin !== undefined && unknown.length > 0) {
      this.warn(messages.getMessage('warning.endUnknown', [unknown.join(', ')]));
    }
    if (!ok) process.exitCode = 1;
    return { ok, logins: rows, otherLogins };
  }

  protected override catch(error: Error): Promise<never> {
    this.waiting.stop();
    return super.catch(explain(error));
  }

  private report(rows: LoginRow[], check: boolean, otherLogins: number): void {
    if (rows.length === 0) {
      this.log(messages.getMessage('none'));
    } else {
      const { columns, isTTY } = process.stdout;
      this.table(loginTable(rows, check, { narrow: isNarrow(columns), oneLineCells: !isTTY }));
      const problems = problemLines(rows);
      for (const line of problems) this.log(line);
      if (problems.length > 0) this.log();
    }
    if (otherLogins > 0) this.log(messages.getMessage('otherLogins', [otherLogins, this.config.bin]));
    this.log(this.nextStep(rows, check));
  }

  /** What to do next, for the first login that is in need of something. */
  private nextStep(rows: LoginRow[], check: boolean): string {
    const { bin } = this.config;
    if (rows.length === 0) return messages.getMessage('next.first', [bin]);
    const failing = rows.find(({ login, org }) => login === 'fails' && org !== null);
    if (failing !== undefined) return messages.getMessage('next.fails', [`${bin} ${doctorLine(failing)}`]);
    const expiring = rows.find((row) => row.expiring);
    if (expiring !== undefined) return messages.getMessage('next.expiring', [bin, shellQuote(expiring.username)]);
    return messages.getMessage(check ? 'next.revoke' : 'next.check', [bin]);
  }
}

/** A terminal that doesn't tell its width has 0 columns, a pipe none. */
function isNarrow(columns: number | undefined): boolean {
  return columns !== undefined && columns > 0 && columns < 140;
}

function doctorLine({ username, clientId, key, org }: LoginRow): string {
  const words = [
    ...['--username', username, '--client-id', clientId ?? ''],
    ...['--jwt-key-file', key?.path ?? '', '--instance-url', org?.loginUrl ?? ''],
  ];
  return `jwt doctor ${words.map((word) => shellQuote(word)).join(' ')}`;
}
