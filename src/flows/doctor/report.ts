import { Messages } from '../../terminal/messages.js';
import { StandardColors } from '@salesforce/sf-plugins-core';
import type { Output } from '../../terminal/output.js';
import { wrap } from '../../terminal/wrap.js';
import type { Link } from './chain.js';
import type { Examination } from './doctor.js';
import type { ExplainedFinding } from './explain.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.doctor');

/** Columns of the severity and the space after it, which fixes are indented by. */
const LABEL_WIDTH = 11;

/** Columns below which a terminal isn't worth breaking lines for. */
const LEAST_WIDTH = 30;

const COLORS = {
  error: StandardColors.error,
  warning: StandardColors.warning,
  ok: StandardColors.success,
  unknown: StandardColors.info,
};

/**
 * Prints what was found out, as a person reads it: a mark for each finding, below it what to do and what follows from it;
 * what the login hangs on, and where that breaks; and the verdict.
 *
 * @param width columns of the terminal; undefined: it isn't one
 */
export function report(
  output: Output,
  { ok, findings, chain, blind }: Examination,
  username: string,
  width?: number,
): void {
  for (const finding of findings.filter(({ causedBy }) => causedBy === undefined)) {
    const { code, severity, message, fix } = finding;
    const followers = findings.filter(({ causedBy }) => causedBy === code);
    const lines = [
      message,
      ...(fix?.split('\n') ?? []),
      ...followers.map((one) => messages.getMessage('follows', [one.message])),
    ].flatMap((line) => wrap(line, width && Math.max(width - LABEL_WIDTH, LEAST_WIDTH)));
    const label = messages.getMessage(`severity.${severity}`).padEnd(LABEL_WIDTH);
    output.log(`${COLORS[severity](label)}${lines.join(`\n${' '.repeat(LABEL_WIDTH)}`)}`);
  }
  output.log();
  for (const line of chainLines(chain, width)) output.log(line);
  output.log();
  for (const line of [
    ...(blind ? [messages.getMessage('hint.targetOrg')] : []),
    messages.getMessage(ok ? verdictOf(findings) : 'verdict.fails', [username]),
  ])
    output.log(wrap(line, width).join('\n'));
}

/** The key and its certificate are a pair; every other link leads to the next. A link and its mark stay together. */
function chainLines(chain: readonly Link[], width: number | undefined): string[] {
  const parts = chain.map(({ name, state }, index) => {
    const arrow = name === 'certificate' ? '⇄' : '→';
    const link = `${messages.getMessage(`link.${name}`)}\u00a0${messages.getMessage(`mark.${state}`)}`;
    return index === 0 ? link : `${arrow}\u00a0${link}`;
  });
  const states = chain.map(({ state }) => state);
  // Colors come last, since they would count as columns.
  return wrap(parts.join(' '), width).map((line) =>
    line
      .split(' ')
      .map((part) => part.replace(/\u00a0(\S+)$/, (_, mark: string) => ` ${COLORS[states.shift()!](mark)}`))
      .join(' ')
      .replaceAll('\u00a0', ' '),
  );
}

function verdictOf(findings: ExplainedFinding[]): string {
  return findings.some(({ severity }) => severity === 'warning') ? 'verdict.works.warnings' : 'verdict.works';
}
