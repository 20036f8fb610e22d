import { createPublicKey } from 'node:crypto';
import { aliasesOf, readAliases } from '../../machine/store/aliases.js';
import { certificateOfKey } from '../../machine/store/certificate-of-key.js';
import { readKnownApp } from '../../machine/store/known-apps.js';
import { Messages } from '../../terminal/messages.js';
import type { Report, ReportRow } from '../../terminal/report/report.js';
import type { Examination } from './doctor.js';
import type { Facts } from './facts.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.doctor');

/** What was found out about one login, for a file. */
export async function doctorReport(examination: Examination, command: string): Promise<Report> {
  const { facts } = examination;
  const title = messages.getMessage('report.title', [facts.target.username]);
  return { title, command, made: new Date(facts.now), rows: [await doctorRow(examination)] };
}

/** The first finding that is wrong says how things are, and its first command what to do. */
export async function doctorRow({ ok, findings, facts }: Examination): Promise<ReportRow> {
  const { username, clientId, loginUrl } = facts.target;
  const worst = findings.find(({ severity }) => severity !== 'ok');
  const state = ok ? (worst === undefined ? 'ok' : 'warning') : 'error';
  const granted = facts.login.state === 'granted' ? facts.login : undefined;
  const [alias] = aliasesOf(username, readAliases());
  return {
    org: alias ?? loginUrl?.host ?? username,
    orgId: granted?.orgId,
    username,
    app: readKnownApp(clientId).name,
    clientId,
    certificate: await certificateOf(facts),
    state,
    message: worst?.message ?? messages.getMessage('verdict.works', [username]),
    command: findings.flatMap(({ actions }) => actions).flatMap(commandIn)[0],
    findings: findings.map(({ code, severity, message, fix }) => ({ code, severity, message, fix })),
  };
}

const commandIn = (action: string): string[] => /(?:^|: )(sf .*)$/.exec(action)?.slice(1) ?? [];

async function certificateOf({ key, certificate, target }: Facts): Promise<ReportRow['certificate']> {
  if (key.state === 'unusable') return undefined;
  if (certificate?.state === 'usable' && certificate.publicKey.equals(key.publicKey)) return certificate;
  const publicKey = createPublicKey({ key: key.publicKey, format: 'der', type: 'spki' });
  return certificateOfKey(key.path, target.clientId, { publicKey });
}
