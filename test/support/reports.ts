import type { Report, ReportRow } from '../../src/terminal/report/report.js';

const DAY = 86_400_000;
export const MADE = new Date('2026-11-26T09:30:00Z');
export const daysFrom = (days: number): Date => new Date(MADE.getTime() + days * DAY);

/** A row that is in order, and what is different about it. */
export const rowOf = (row: Partial<ReportRow> = {}): ReportRow => ({
  org: 'acme-prod',
  orgId: '00D000000000001EAA',
  username: 'ci@acme.example.com',
  app: 'JwtBearer',
  clientId: '3MVG9exampleClientId',
  certificate: { notBefore: daysFrom(-100), notAfter: daysFrom(265) },
  state: 'ok',
  message: 'The login works.',
  ...row,
});

export const reportOf = (rows: ReportRow[], more: Partial<Report> = {}): Report => ({
  title: 'JWT logins on this machine',
  command: 'sf jwt list --check',
  made: MADE,
  rows,
  ...more,
});

/** One of each state. */
export const EACH_STATE: ReportRow[] = [
  rowOf(),
  rowOf({
    org: 'acme-uat',
    state: 'warning',
    message: 'The certificate ends soon.',
    certificate: { notBefore: daysFrom(-350), notAfter: daysFrom(15) },
    command: 'sf jwt rotate --target-org acme-admin --name JwtBearer --username ci@acme.example.com',
  }),
  rowOf({
    org: 'globex',
    username: 'deploy@globex.example.com',
    state: 'error',
    message: 'The org refuses the login: invalid_grant, user hasn’t approved this consumer.',
    certificate: { notBefore: daysFrom(-400), notAfter: daysFrom(-35) },
    command: "sf jwt doctor --username deploy@globex.example.com --jwt-key-file 'the key.pem'",
    findings: [
      {
        code: 'certificate_ended',
        severity: 'error',
        message: 'The certificate has ended.',
        fix: 'Give the app a new one:\nsf jwt rotate --target-org globex-admin',
      },
      { code: 'client_id_shape', severity: 'warning', message: 'The client ID has an unusual form.' },
      { code: 'clock_right', severity: 'ok', message: 'The clock is right.' },
    ],
  }),
  rowOf({
    org: 'initech',
    app: undefined,
    certificate: undefined,
    state: 'unknown',
    message: 'It isn’t known when the certificate ends.',
  }),
  rowOf({
    org: 'umbrella',
    state: 'notBegun',
    message: 'The command had stopped before.',
    certificate: { notAfter: daysFrom(2000) },
  }),
];
