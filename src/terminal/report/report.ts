/**
 * What a command found out about orgs, for people and programs that read it later: as a page, in a CI, in a calendar.
 *
 * A command plugs in with three things: the flag (`'report': reportFlag()` of `terminal/flags/report.ts`), a function of its
 * flow that makes a {@link Report} of what it returns anyway, and at its end, when the exit code is set and whatever
 * became of the rows:
 *
 *     await finishReport(this, flags.report, () => reportOf(outcomes, { command, made: new Date(Date.now()) }), process.env);
 *
 * Texts come as they are: the writers escape, mask secrets and say no word of the command's own. Dates are dates.
 */
export type Report = {
  /** What it is about, such as "JWT logins on this machine". */
  title: string;
  /** The command that made it, such as `sf jwt fleet grant`. */
  command: string;
  /** When it was made, and what "today" is in it. */
  made: Date;
  /** Path of the file that the rows come from, as it was given. Findings are shown at its lines. */
  source?: string | undefined;
  rows: ReportRow[];
};

/**
 * `ok`: in order. `warning`: works, and wants a look, such as a certificate that ends soon. `error`: doesn't work or has ended.
 * `unknown`: couldn't be checked, or wasn't asked. `notBegun`: left out, since the command stopped before.
 */
export type ReportState = 'ok' | 'warning' | 'error' | 'unknown' | 'notBegun';

/** One login, or one app of an org. */
export type ReportRow = {
  /** What a person calls the org: its alias, its name, or else its host. */
  org: string;
  orgId?: string | undefined;
  username?: string | undefined;
  /** API name of the app */
  app?: string | undefined;
  clientId?: string | undefined;
  /** The line in the source, from 1. */
  line?: number | undefined;
  /** That with which the login works, or was to work. Without a beginning, no share of its life is known. */
  certificate?: { notBefore?: Date | undefined; notAfter: Date } | undefined;
  state: ReportState;
  /** What is the case, in a sentence or a word. */
  message: string;
  /** What to do next: a command as it can be pasted. */
  command?: string | undefined;
  findings?: ReportFinding[] | undefined;
};

export type ReportFinding = {
  /** Stable, in lower_snake. */
  code: string;
  severity: 'ok' | 'warning' | 'error';
  message: string;
  /** What to do about it, in a line or more; commands in it can be pasted. */
  fix?: string | undefined;
};
