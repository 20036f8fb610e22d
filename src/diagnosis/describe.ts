import { Messages } from '@salesforce/core';
import { explain } from '../explain.js';
import { fill } from '../fill.js';
import type { Finding, Severity } from './finding.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.doctor');

/** A finding in words. `fix` has a line for each thing to do, the first one first. */
export type DescribedFinding = { code: string; severity: Severity; message: string; fix?: string };

/**
 * Puts a finding into the words of `messages/`: what is in order needs no fix, and neither does a refusal whose cause
 * stands above it. In a fix, `{name:shell}` is the value as it can be pasted.
 */
export function describe(finding: Finding): DescribedFinding {
  const { code, severity } = finding;
  if (finding.failure !== undefined) {
    const { message, actions = [] } = explain(finding.failure);
    return { code, severity, message, ...(finding.explained === true ? {} : { fix: actions.join('\n') }) };
  }
  const values = inWords(finding.values);
  const message = fill(messages.getMessage(`finding.${code}`), values);
  if (severity === 'ok') return { code, severity, message };
  const fix = messages.getMessages(`finding.${code}.fix`).map((line) => fill(line, values));
  return { code, severity, message, fix: fix.join('\n') };
}

/** A part of the org is a name among the facts, and a few words for a person. */
function inWords(values: Record<string, string | number>): Record<string, string | number> {
  const { part } = values;
  return typeof part === 'string' ? { ...values, part: messages.getMessage(`part.${part}`) } : values;
}
