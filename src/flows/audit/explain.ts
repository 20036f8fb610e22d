import { adviceOf } from '../../terminal/explain.js';
import { fill } from '../../terminal/fill.js';
import { Messages } from '../../terminal/messages.js';
import type { AuditedApp } from './facts.js';
import type { Finding, Severity } from './finding.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.audit');

/** A finding in words; `actions` say what to do, the first one first. */
export type ExplainedFinding = {
  code: string;
  severity: Severity;
  app: string | undefined;
  message: string;
  actions: string[];
};

/** Puts a finding into the words of `messages/`. In an action, `{name:shell}` is the value as it can be pasted. */
export function explainFinding(
  { code, severity, app, values }: Finding,
  apps: AuditedApp[],
  admin: string,
): ExplainedFinding {
  const { part } = values;
  const audited = apps.find(({ name }) => name === app);
  const words = {
    ...values,
    ...(typeof part === 'string' ? { part: messages.getMessage(`part.${part}`) } : {}),
    app: audited === undefined ? (app ?? '') : nameOf(audited),
    admin,
  };
  const isForeign = audited !== undefined && (audited.settings === undefined || audited.namespace !== undefined);
  return {
    ...{ code, severity, app },
    message: fill(messages.getMessage(`finding.${code}`), words),
    actions: adviceOf(messages.getMessages(isForeign ? 'fix.foreign' : `finding.${code}.fix`), words),
  };
}

/** An app by its API name, with its label where that is another. */
function nameOf({ name, label }: AuditedApp): string {
  return label === name ? name : `${name} ("${label}")`;
}
