import { SMALLEST_KEY_SIZE } from '../../keys/credential/private-key.js';
import { oauthNamesOf } from '../../salesforce/app/scopes.js';
import { commandsFor, type Commands } from './commands.js';
import type { AppCertificate, AuditedApp, AuditFacts } from './facts.js';
import { finding, type Finding, type FindingCode, type FindingData, type Severity } from './finding.js';

/** How far the login history reaches back, in months. */
const HISTORY = '6';

type Judgement = { expiresWithin: number; admin: string };

/** Judges what was read: worst first, and by app. */
export function check(facts: AuditFacts, judgement: Judgement): Finding[] {
  const findings = [
    ...facts.apps.flatMap((app) => checkApp(app, facts, judgement)),
    ...facts.unseen.map(({ part, reason }) => finding('warning', 'view_incomplete', undefined, { part, reason })),
  ];
  const rank: Record<Severity, number> = { error: 0, warning: 1, note: 2 };
  return findings.sort((one, other) => rank[one.severity] - rank[other.severity]);
}

type Tell = <Code extends FindingCode>(severity: Severity, code: Code, values: FindingData[Code]) => void;

function checkApp(app: AuditedApp, facts: AuditFacts, judgement: Judgement): Finding[] {
  const findings: Finding[] = [];
  const tell: Tell = (severity, code, values) => {
    // What nobody can log in with, and what isn't this org's to mend, is no error of this org's.
    const isOwn = app.settings?.enabled === true && app.namespace === undefined;
    findings.push(finding(severity === 'error' && !isOwn ? 'warning' : severity, code, app.name, values));
  };
  const commands = commandsFor(app, judgement.admin);
  if (app.certificate !== undefined) checkCertificate(app, app.certificate, facts, judgement, commands, tell);
  else tell('note', 'certificate_not_shown', {});
  checkApproval(app, commands, tell);
  checkSettings(app, commands, tell);
  if (app.lastLogin === null && app.logins.length === 0 && app.tokenUsers === 0)
    tell('warning', 'app_unused', { since: HISTORY, look: commands.look });
  if (app.type === 'connected-app' && app.settings !== undefined && app.namespace === undefined)
    tell('note', 'connected_app', { migrate: commands.migrate });
  return findings;
}

function checkCertificate(
  app: AuditedApp,
  certificate: AppCertificate | 'unreadable',
  facts: AuditFacts,
  { expiresWithin }: Judgement,
  commands: Commands,
  tell: Tell,
): void {
  const { newPair: connect, rotate } = commands;
  if (certificate === 'unreadable') {
    tell('warning', 'certificate_unreadable', { connect });
    return;
  }
  const { notAfter, daysLeft: days, key, signatureAlgorithm: algorithm } = certificate;
  const left = Date.parse(notAfter) - facts.now.getTime();
  const end = { notAfter, days };
  if (app.namespace !== undefined) {
    if (left <= expiresWithin * 86_400_000) tell('warning', 'certificate_of_package_ended', end);
  } else if (left < 0) tell('error', 'certificate_ended', { ...end, rotate });
  else if (left <= expiresWithin * 86_400_000) tell('error', 'certificate_ends_soon', { ...end, rotate });
  if (key.type !== 'RSA') tell('error', 'key_not_rsa', { type: key.type, connect });
  else if ((key.size ?? 0) < SMALLEST_KEY_SIZE) tell('error', 'key_weak', { size: key.size ?? 0, rotate });
  if (/md5|sha-?1/i.test(algorithm)) tell('warning', 'certificate_signature_weak', { algorithm, rotate });
  const others = facts.apps.filter(
    (other) =>
      other !== app &&
      typeof other.certificate === 'object' &&
      other.certificate.fingerprint256 === certificate.fingerprint256,
  );
  if (others.length > 0)
    tell('warning', 'certificate_shared', { others: others.map(({ name }) => name).join(', '), rotate });
}

function checkApproval(app: AuditedApp, { connect }: Commands, tell: Tell): void {
  if (app.adminApproved === false) {
    tell(app.certificate === undefined ? 'warning' : 'error', 'app_self_authorized', { connect });
  } else if (app.admitted?.permissionSets.length === 0 && app.admitted.profiles.length === 0) {
    tell('warning', 'app_opens_to_nobody', { connect });
  }
}

function checkSettings({ settings }: AuditedApp, commands: Commands, tell: Tell): void {
  if (settings === undefined) return;
  const scopes = oauthNamesOf(settings.scopes).join(', ');
  if (settings.scopes.includes('Full')) tell('warning', 'app_scopes_full', { scopes });
  if (!settings.scopes.some((scope) => scope === 'RefreshToken' || scope === 'OfflineAccess')) {
    const connect = `${commands.connect} --scope refresh_token`;
    tell('warning', 'app_scopes_without_refresh_token', { scopes, connect });
  }
  if (settings.issuesJwtTokens) tell('warning', 'app_issues_jwt_tokens', {});
  if (settings.requiresHighAssurance) tell('warning', 'app_requires_high_assurance', {});
  if (settings.ipPolicy === 'bypass') tell('warning', 'ip_restrictions_bypassed', {});
  if (!settings.enabled) tell('note', 'app_disabled', { enable: commands.enable });
}
