/** `note`: nothing is wrong, and something could be better. */
export type Severity = 'error' | 'warning' | 'note';

type Certificate = { notAfter: string; days: number };

/** Every finding by its stable code, with the values that its text in `messages/jwt.audit.md` names beside those of every finding. */
export type FindingData = {
  app_disabled: { enable: string };
  app_issues_jwt_tokens: NoData;
  app_opens_to_nobody: { connect: string };
  app_requires_high_assurance: NoData;
  app_scopes_full: { scopes: string };
  app_scopes_without_refresh_token: { scopes: string; connect: string };
  app_self_authorized: { connect: string };
  app_unused: { since: string; look: string };
  certificate_ended: Certificate & { rotate: string };
  certificate_ends_soon: Certificate & { rotate: string };
  certificate_not_shown: NoData;
  certificate_of_package_ended: Certificate;
  certificate_shared: { others: string; rotate: string };
  certificate_signature_weak: { algorithm: string; rotate: string };
  certificate_unreadable: { connect: string };
  connected_app: { migrate: string };
  ip_restrictions_bypassed: NoData;
  key_not_rsa: { type: string; connect: string };
  key_weak: { size: number; rotate: string };
  view_incomplete: { part: string; reason: string };
};

type NoData = Record<string, never>;

export type FindingCode = keyof FindingData;

/** One thing that was found out; `app` is the API name of the app that it is about. */
export type Finding = {
  code: FindingCode;
  severity: Severity;
  app: string | undefined;
  values: Record<string, string | number>;
};

export function finding<Code extends FindingCode>(
  severity: Severity,
  code: Code,
  app: string | undefined,
  values: FindingData[Code],
): Finding {
  return { code, severity, app, values };
}
