import { certificateOfKey } from '../../machine/store/certificate-of-key.js';
import { readKnownApp } from '../../machine/store/known-apps.js';
import { Messages } from '../../terminal/messages.js';
import { endVerdict } from '../../terminal/report/end-verdict.js';
import type { Report, ReportRow } from '../../terminal/report/report.js';
import type { GrantRequest } from '../grant.js';
import { codeOf } from './failed-row.js';
import type { GrantOutcome } from './grant.js';
import type { FleetRow } from './outcome.js';
import { failedLogin, repeatCommands, type Shared } from './report.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.fleet.grant');

type About = { command: string; source: string; made: Date; flags: Shared };

/** What became of the logins of a fleet, for a file. */
export async function grantReport(outcomes: readonly GrantOutcome[], about: About): Promise<Report> {
  const { command, source, made, flags } = about;
  const certificates = certificateReader();
  const rows: ReportRow[] = [];
  for (const outcome of outcomes) rows.push(await grantRow(outcome, { made, flags, certificates }));
  return { title: messages.getMessage('report.title'), command, made, source, rows };
}

type CertificateReader = (request: GrantRequest) => Promise<ReportRow['certificate']>;

/** A fleet may have thousands of rows, and one key. */
function certificateReader(): CertificateReader {
  const read = new Map<string, Promise<ReportRow['certificate']>>();
  return ({ keyInput: { path, signer }, target: { clientId } }) => {
    const key = JSON.stringify([path, clientId]);
    const certificate = read.get(key) ?? certificateOfKey(path, clientId, signer);
    read.set(key, certificate);
    return certificate;
  };
}

async function grantRow(
  outcome: GrantOutcome,
  { made, flags, certificates }: { made: Date; flags: Shared; certificates: CertificateReader },
): Promise<ReportRow> {
  const place = { ...placeOf(outcome.row), ...appOf('request' in outcome ? outcome.request : undefined) };
  if (outcome.state === 'skipped') {
    return { ...place, orgId: outcome.orgId, state: 'ok', message: messages.getMessage('result.skipped') };
  }
  const certificate = outcome.request && (await certificates(outcome.request));
  if (outcome.state === 'failed') {
    const { message, actions } = failedLogin(outcome, flags);
    const [command] = repeatCommands([outcome], flags);
    const findings = [{ code: codeOf(outcome.error), severity: 'error' as const, message, fix: actions.join('\n') }];
    return { ...place, certificate, state: 'error', message, command, findings };
  }
  const end = endVerdict(certificate, made);
  const words = messages.getMessage('report.granted');
  return {
    ...place,
    orgId: outcome.granted.fields.orgId,
    certificate,
    state: end?.state ?? 'ok',
    message: end === undefined ? words : `${words} ${end.message}`,
  };
}

function placeOf({ line, username, alias }: FleetRow): Pick<ReportRow, 'org' | 'username' | 'line'> {
  return { org: alias ?? username ?? messages.getMessage('report.line', [line]), username, line };
}

function appOf(request: GrantRequest | undefined): Pick<ReportRow, 'app' | 'clientId'> {
  const clientId = request?.target.clientId;
  return clientId === undefined ? {} : { clientId, app: readKnownApp(clientId).name };
}
