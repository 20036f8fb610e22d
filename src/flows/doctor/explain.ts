import { Messages } from '../../terminal/messages.js';
import { adviceOf, explain } from '../../terminal/explain.js';
import { fill } from '../../terminal/fill.js';
import type { Finding, Severity } from './finding.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.doctor');

/** A finding in words. `fix` has a line for each thing to do, the first one first; `actions` has them as errors have them. */
export type ExplainedFinding = {
  code: string;
  severity: Severity;
  message: string;
  causedBy?: string;
  fix?: string;
  actions: string[];
};

/**
 * Puts a finding into the words of `messages/`: what is in order needs no fix, and neither does what follows from a
 * finding above it. In a fix, `{name:shell}` is the value as it can be pasted.
 */
export function explainFinding(finding: Finding): ExplainedFinding {
  const { code, severity, causedBy } = finding;
  const { message, fix } = wordsOf(finding);
  if (causedBy !== undefined) return { code, severity, message, causedBy, actions: [] };
  return {
    code,
    severity,
    message,
    ...(fix === undefined ? {} : { fix: fix.join('\n') }),
    actions: actionsOf(fix ?? []),
  };
}

function wordsOf(finding: Finding): { message: string; fix?: string[] } {
  if (finding.failure !== undefined) {
    const { message, actions = [] } = explain(finding.failure);
    return { message, fix: actions };
  }
  const { code, severity } = finding;
  const values = inWords(finding.values);
  const message = fill(messages.getMessage(`finding.${code}`), values);
  if (severity === 'ok') return { message };
  return { message, fix: adviceOf(messages.getMessages(`finding.${code}.fix`), values) };
}

/** A line that ends with a colon leads to those after it. */
function actionsOf(fix: string[]): string[] {
  const actions: string[] = [];
  for (const line of fix) {
    const last = actions.at(-1);
    if (last?.endsWith(':') === true) actions.splice(-1, 1, `${last} ${line}`);
    else actions.push(line);
  }
  return actions;
}

/** A part of the org is a name among the facts, and a few words for a person. */
function inWords(values: Record<string, string | number>): Record<string, string | number> {
  const { part } = values;
  return typeof part === 'string' ? { ...values, part: messages.getMessage(`part.${part}`) } : values;
}
