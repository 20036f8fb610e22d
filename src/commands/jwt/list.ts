import { Messages } from '../../terminal/messages.js';
import { Flags, toHelpSection } from '@salesforce/sf-plugins-core';
import { finishReport } from '../../terminal/report/finish.js';
import { reportFlag } from '../../terminal/flags/report.js';
import { dueFlag, type GivenDue } from '../../terminal/flags/due.js';
import { SfCommand } from '../../terminal/command.js';
import { EXIT_CODES, LOGIN_ENVIRONMENT, timeoutFlag } from '../../terminal/flags/login.js';
import { listLogins } from '../../flows/list/list.js';
import { nextSteps } from '../../flows/list/next-steps.js';
import { listReport } from '../../flows/list/to-report.js';
import { byEnd, oneLineTable } from '../../flows/list/one-line.js';
import { loginRow, loginTable, problemLines, withoutEnd, type LoginRow } from '../../flows/list/report.js';
import { terminalWidth } from '../../terminal/one-line.js';
import type { Report } from '../../terminal/report/report.js';
import { hasUnicode } from '../../terminal/unicode.js';
import { progressOf } from '../../terminal/progress.js';
import { showTable } from '../../terminal/table.js';
import { systemFetch } from '../../salesforce/token/network.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.list');

/** What `sf jwt list --json` returns. */
export type JwtListResult = {
  /** False if a login that was tried fails, or a certificate is due as --expires-within asks, or it isn't known when it ends. */
  ok: boolean;
  /** By username. */
  logins: LoginRow[];
  /** How many logins of other kinds are stored; "sf org list" shows them. */
  otherLogins: number;
};

/** It has no default, since without it no certificate is judged. */
const expiresWithinFlag = dueFlag({
  summary: messages.getMessage('flags.expires-within.summary'),
  description: messages.getMessage('flags.expires-within.description'),
});

/** The exit code of a script's question whether something is due that has no answer. */
const UNTOLD = 2;

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
    'allow-unknown': Flags.boolean({
      dependsOn: ['expires-within'],
      summary: messages.getMessage('flags.allow-unknown.summary'),
      description: messages.getMessage('flags.allow-unknown.description'),
    }),
    'report': reportFlag(),
    'verbose': Flags.boolean({ default: false, summary: messages.getMessage('flags.verbose.summary') }),
    'timeout': timeoutFlag,
  };

  public static override readonly envVariablesSection = toHelpSection('ENVIRONMENT VARIABLES', {
    SF_AUDIENCE_URL: LOGIN_ENVIRONMENT.SF_AUDIENCE_URL,
  });
  public static override readonly errorCodes = toHelpSection('EXIT CODES', {
    ...EXIT_CODES,
    0: messages.getMessage('exitCodes.0'),
    1: messages.getMessage('exitCodes.1'),
    2: messages.getMessage('exitCodes.2'),
  });

  private readonly waiting = progressOf(this);

  public async run(): Promise<JwtListResult> {
    const { flags } = await this.parse(JwtList);
    const { check, concurrency, 'expires-within': due, 'allow-unknown': allowUnknown } = flags;
    const untold = due === undefined || due.isPlain ? 1 : UNTOLD;
    this.failureExitCode = untold;
    if (check) this.waiting.start(messages.getMessage('spinner'));
    const { ok, unchecked, logins, otherLogins } = await listLogins(
      { concurrency: check ? concurrency : undefined, due, allowUnknown, timeout: flags.timeout.milliseconds },
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
    await this.report(rows, otherLogins, flags);
    const unknown = due === undefined ? undefined : withoutEnd(rows, allowUnknown);
    if (unknown !== undefined) this.warn(unknown);
    if (!ok) process.exitCode = unchecked ? untold : 1;
    await finishReport(this, flags.report, () => this.reportOf(rows, flags), process.env);
    return { ok, logins: rows, otherLogins };
  }

  private async report(
    rows: LoginRow[],
    otherLogins: number,
    { check, verbose, 'expires-within': due }: ReportFlags,
  ): Promise<void> {
    if (rows.length === 0) {
      this.log(messages.getMessage('none'));
    } else {
      const { columns, isTTY } = process.stdout;
      if (verbose)
        await showTable(this, loginTable(byEnd(rows), check, { narrow: isNarrow(columns), oneLineCells: !isTTY }));
      else await this.showLines(rows, due);
      const problems = problemLines(rows, verbose);
      for (const line of problems) this.log(line);
      if (problems.length > 0) this.log();
    }
    if (otherLogins > 0) this.log(messages.getMessage('otherLogins', [otherLogins, this.config.bin]));
    for (const line of nextSteps(rows, check, this.config.bin)) this.log(line);
  }

  private async showLines(rows: LoginRow[], due: GivenDue | undefined): Promise<void> {
    const width = terminalWidth(process.stdout);
    if (width === undefined) return showTable(this, oneLineTable(rows, due, width));
    const { charactersOf, textLines } = await import('../../terminal/report/text-line.js');
    const now = new Date(Date.now());
    const unicode = hasUnicode(process.env, process.platform);
    const table = oneLineTable(rows, due, width, (certificates, room) =>
      textLines(certificates, now, { width: room, unicode }),
    );
    await showTable(this, table);
    const { today, band } = charactersOf({ unicode });
    if (table.columns.some(({ key }) => key === 'timeLine')) this.log(messages.getMessage('legend', [today, band]));
  }

  private reportOf(rows: LoginRow[], { check, 'expires-within': due }: ReportFlags): Report {
    const { bin } = this.config;
    const command = `${bin} jwt list${check ? ' --check' : ''}`;
    return listReport(rows, { bin, command, made: new Date(Date.now()), judged: due !== undefined });
  }
}

type ReportFlags = { 'check': boolean; 'verbose': boolean; 'expires-within': GivenDue | undefined };

/** A terminal that doesn't tell its width has 0 columns, a pipe none. */
function isNarrow(columns: number | undefined): boolean {
  return columns !== undefined && columns > 0 && columns < 140;
}
