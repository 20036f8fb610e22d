import type { AppInUse } from '../../../salesforce/app/app-in-use.js';
import { keyWords, connectCommand, connectUserCommand, rotateCommand } from '../commands.js';
import type { Facts, OrgFacts } from '../facts.js';
import { finding, type Finding } from '../finding.js';
import { blocking } from '../severity.js';

/** The app of this login and the org it is in, where an admin's view found it. */
export function appOf({ org }: Facts): { org: OrgFacts; app: AppInUse } | undefined {
  const app = org?.read === true && org.value.search.read ? org.value.search.value.app : undefined;
  return org?.read === true && app !== undefined ? { org: org.value, app } : undefined;
}

/** Whether the org has an app with this client id, and which. */
export function checkAppExists(facts: Facts): Finding[] {
  const { org, target, login } = facts;
  if (org?.read !== true || !org.value.search.read) return [];
  const { app, hidden } = org.value.search.value;
  if (app !== undefined) return [finding('ok', 'app_found', { app: app.name, type: app.type })];
  if (login.state === 'granted') return [];
  const { clientId } = target;
  if (hidden.length > 0) return [finding('warning', 'app_unidentified', { clientId, apps: hidden.join(', ') })];
  const { certificateFile = 'server.crt' } = facts;
  return [
    finding('error', 'app_missing', { clientId, admin: org.value.admin, certificateFile, username: target.username }),
  ];
}

/** "App Status" of an External Client App. */
export function checkAppIsEnabled(facts: Facts): Finding[] {
  const found = appOf(facts);
  return found?.app.enabled === false ? [finding(blocking(facts), 'app_disabled', { app: found.app.name })] : [];
}

/** The certificate in the app, compared by its bytes with the key and the file at hand. */
export function checkAppCertificate(facts: Facts): Finding[] {
  const found = appOf(facts);
  if (found === undefined) return [];
  const { app, org } = found;
  const { key, certificate, login, now } = facts;
  const connect = connectCommand(facts, org, app);
  if (org.appCertificate === undefined) {
    const refused =
      login.state === 'refused' && ['grant_type_unsupported', 'signature_mismatch'].includes(login.failure.code);
    return login.state === 'granted'
      ? []
      : [finding(refused ? 'error' : 'warning', 'app_certificate_missing', { app: app.name, connect })];
  }
  const { publicKey, der, notAfter, fingerprint256: fingerprint } = org.appCertificate;
  if (login.state !== 'granted' && key.state === 'usable' && !key.publicKey.equals(publicKey)) {
    return [
      finding('error', 'app_certificate_of_other_key', {
        app: app.name,
        source: key.source,
        fingerprint,
        // With the key beside it, a certificate of some other key is refused: in the app it would end every login.
        connect: connectCommand(facts, org, app, keyWords(facts).flat()),
      }),
    ];
  }
  const ended = notAfter.getTime() < now;
  const values = { app: app.name, fingerprint };
  return [
    ...(ended
      ? [
          finding('warning', 'app_certificate_ended', {
            app: app.name,
            notAfter: notAfter.toISOString(),
            rotate: rotateCommand(facts, org, app),
          }),
        ]
      : []),
    certificate?.state === 'usable' && !certificate.der.equals(der)
      ? finding('warning', 'app_certificate_other_file', { ...values, path: certificate.path })
      : finding('ok', 'app_certificate_matches', values),
  ];
}

/** `refresh_token` must be among the scopes, and one more. */
export function checkAppScopes(facts: Facts): Finding[] {
  const found = appOf(facts);
  if (found === undefined || facts.login.state === 'granted') return [];
  const { app, org } = found;
  const isRefresh = (scope: string): boolean => scope === 'RefreshToken' || scope === 'OfflineAccess';
  if (!app.scopes.some(isRefresh)) {
    const connect = connectCommand(facts, org, app, ['--scope', 'refresh_token', '--scope', 'api']);
    return [
      finding('error', 'app_scopes_without_refresh_token', { app: app.name, scopes: app.scopes.join(', '), connect }),
    ];
  }
  if (!app.scopes.every(isRefresh)) return [];
  const connect = connectCommand(facts, org, app, ['--scope', 'refresh_token', '--scope', 'api', '--scope', 'web']);
  return [finding('error', 'app_scopes_only_refresh_token', { app: app.name, connect })];
}

/** Every address is refused that neither the profile nor the app lets pass. */
export function checkAppIpPolicy(facts: Facts): Finding[] {
  const found = appOf(facts);
  const { login } = facts;
  if (found === undefined || found.app.bypassesIpRanges) return [];
  if (login.state !== 'refused' || login.failure.code !== 'ip_restricted') return [];
  const { app, org } = found;
  const connect = connectCommand(facts, org, app, ['--ip-relaxation', 'bypass']);
  const sourceIp = org.lastLogin?.read === true ? (org.lastLogin.value?.sourceIp ?? '') : '';
  return [finding('error', 'app_enforces_ip', { app: app.name, sourceIp, connect })];
}

/** A JWT login has no step at which a user could raise the session's level. */
export function checkAppSessionPolicy(facts: Facts): Finding[] {
  const found = appOf(facts);
  if (found?.app.requiresHighAssurance !== true || facts.login.state === 'granted') return [];
  return [finding('error', 'app_requires_high_assurance', { app: found.app.name })];
}

export function checkAppTokenFormat(facts: Facts): Finding[] {
  const found = appOf(facts);
  return found?.app.issuesJwtTokens === true
    ? [finding('warning', 'app_issues_jwt_tokens', { app: found.app.name })]
    : [];
}

/** Users who approve the app themselves can't do so in a JWT login; it works only after an approval in a browser. */
export function checkAppApproval(facts: Facts): Finding[] {
  const found = appOf(facts);
  if (found === undefined || found.app.adminApproved) return [];
  const { app, org } = found;
  const { username } = facts.target;
  const severity = facts.login.state === 'granted' || !isRefusedForApproval(facts) ? 'warning' : 'error';
  const connect = connectUserCommand(facts, org, app);
  return [finding(severity, 'app_self_authorized', { app: app.name, username, connect })];
}

function isRefusedForApproval({ login }: Facts): boolean {
  return login.state === 'refused' && ['user_not_approved', 'user_not_admin_approved'].includes(login.failure.code);
}
