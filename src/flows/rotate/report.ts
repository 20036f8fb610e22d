import { Messages } from '../../terminal/messages.js';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import { validityAt } from '../../keys/credential/certificate.js';
import { explain } from '../../terminal/explain.js';
import { outdatedWarnings } from '../outdated-logins.js';
import type { Rotated, RotatedAll, RotationPlan, SwitchedLogin } from './rotation.js';
import type { Output } from '../../terminal/output.js';
import { shellLine, shellQuote } from '../../terminal/shell-quote.js';
import { showTable } from '../../terminal/table.js';
import { answerInWords } from '../../salesforce/token/log-in.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.rotate');

/** What `rotate` does, in the words that a person reads. */

export async function reportRotated(
  output: Output,
  rotated: RotatedAll,
  { dryRun, instanceUrl, username }: { dryRun: boolean; instanceUrl: string; username: string },
): Promise<void> {
  const { status, current, previous, logins, issued, outdated } = rotated;
  const now = {
    name: current.app.name,
    clientId: current.clientId,
    ...keyOf(dryRun ? undefined : issued),
    instanceUrl,
  };
  for (const warning of outdatedWarnings(outdated, now)) output.warn(warning);
  if (status === 'unchanged') {
    output.logSuccess(messages.getMessage('success.unchanged', [current.app.name, dateOf(previous.notAfter)]));
    return;
  }
  if (dryRun) {
    output.logSuccess(messages.getMessage(rotated.resumed ? 'success.dryRun.resumed' : 'success.dryRun'));
    return;
  }
  if (logins.length > 0) await showTable(output, loginTable(rotated));
  for (const warning of warningsOf(rotated)) output.warn(warning);
  output.logSuccess(messages.getMessage('success', [current.app.name]));
  for (const line of closingLines(rotated, { instanceUrl, username })) output.log(line);
}

/** What is worth a word though a rotation is done: logins that aren't in order, and those with an outdated client id. */
export function warningsAbout(rotated: RotatedAll, instanceUrl: string): SfCommand.Warning[] {
  const { current, issued, outdated } = rotated;
  const now = { name: current.app.name, clientId: current.clientId, ...keyOf(issued), instanceUrl };
  return [...outdatedWarnings(outdated, now), ...warningsOf(rotated)];
}

function keyOf(issued: Rotated['issued']): { keyFile: string | undefined; signer: string | undefined } {
  return { keyFile: issued?.places.privateKeyFile, signer: issued?.places.signer };
}

export function planLines({ current, inUse, comes, logins }: RotationPlan, now: Date): string[] {
  const { daysLeft } = validityAt(inUse, now);
  return [
    messages.getMessage('plan', [current.app.name, current.clientId]),
    ...[
      messages.getMessage('plan.certificate', [inUse.fingerprint256, dateOf(inUse.notAfter), daysLeft]),
      ...(comes.signer === undefined
        ? [messages.getMessage('plan.files', [comes.privateKeyFile, comes.certificateFile])]
        : [
            messages.getMessage('plan.signer', [comes.signer]),
            messages.getMessage('plan.signer.certificate', [comes.certificateFile]),
          ]),
      ...logins.map((login) => messages.getMessage('plan.login', [userOf(login)])),
    ].map((line) => `  ${line}`),
  ];
}

/** Whether the new key stands in the login and works. */
export function isInOrder({ login, failure }: SwitchedLogin): boolean {
  return login.ok && failure === undefined;
}

/** One login as the JSON has it. */
export type LoginRow = {
  username: string;
  aliases: string[];
  /** Whether sf reads the key from its file or from a copy of ours; `none`: a signer keeps it. */
  keyStorage: 'path' | 'copy' | 'none';
  /** Whether the login has the new key now. */
  switched: boolean;
  /** Whether a login with the new key succeeded. */
  verified: boolean;
  error?: string;
};

export function loginRow(row: SwitchedLogin): LoginRow {
  const { username, aliases, login, failure } = row;
  const error = failure === undefined ? (login.ok ? undefined : answerInWords(login)) : explain(failure).message;
  return {
    username,
    aliases,
    keyStorage: keyStorageOf(row),
    switched: failure === undefined,
    verified: login.ok,
    ...(error === undefined ? {} : { error }),
  };
}

/** A login that wasn't switched has its key where it had it. */
function keyStorageOf({ isCopy, failure, privateKeyFile, toSigner }: SwitchedLogin): LoginRow['keyStorage'] {
  if (failure === undefined ? toSigner : privateKeyFile === '') return 'none';
  return isCopy ? 'copy' : 'path';
}

/** A row a login. */
function loginTable({ logins }: Rotated) {
  return {
    columns: (['user', 'key', 'login'] as const).map((key) => ({ key, name: messages.getMessage(`table.${key}`) })),
    data: logins.map((row) => ({
      user: userOf(row),
      key: messages.getMessage(row.failure === undefined ? `key.${keyStorageOf(row)}` : 'key.failed'),
      login: messages.getMessage(`verified.${String(row.login.ok)}`),
    })),
  };
}

/** Why a login on this machine isn't in order, and what to do. */
function warningsOf({ logins, issued, current: { clientId } }: Rotated): SfCommand.Warning[] {
  return logins
    .filter((row) => !isInOrder(row))
    .map((row) => {
      const { error = '', switched } = loginRow(row);
      const { keyFile = row.privateKeyFile, signer } = keyOf(issued);
      const words = [row.username, clientId, signer ?? keyFile, row.loginUrl].map((word) => shellQuote(word));
      const key = signer === undefined ? 'warning.login' : 'warning.login.signer';
      return switched
        ? messages.getMessage(key, [row.username, error, ...words])
        : messages.getMessage('warning.switch', [row.username, error]);
    });
}

/** Who proved the new key, and where. */
type Prover = { username: string; instanceUrl: string };

/** What it came to, and what is left to do elsewhere. */
function closingLines(rotated: Rotated, prover: Prover): string[] {
  const { issued, previousKeyFile, previousSigner, gap, current } = rotated;
  if (issued === undefined) return [];
  const { places } = issued;
  return [
    messages.getMessage('clientId', [current.clientId]),
    ...issuedLines(issued),
    ...(gap === undefined ? [] : [messages.getMessage('gap', [(gap / 1000).toFixed(1)])]),
    ...(previousKeyFile === undefined ? [] : [messages.getMessage('previousKey', [previousKeyFile])]),
    ...(previousSigner === undefined ? [] : [messages.getMessage('previousKey.signer', [previousSigner])]),
    ...(places.signer === undefined
      ? nextWithFile(rotated, places.privateKeyFile)
      : nextWithSigner(rotated, places.signer, prover)),
  ];
}

function issuedLines({ certificate, places }: NonNullable<Rotated['issued']>): string[] {
  const certificateWords = [places.certificateFile, dateOf(certificate.notAfter)];
  if (places.signer === undefined) return [messages.getMessage('files', [places.privateKeyFile, ...certificateWords])];
  return [
    messages.getMessage('files.signer', [places.signer]),
    messages.getMessage('files.signer.certificate', certificateWords),
  ];
}

function nextWithFile({ previous }: Rotated, privateKeyFile: string): string[] {
  const key = shellQuote(privateKeyFile);
  return [
    '',
    messages.getMessage('next', [previous.fingerprint256]),
    shellLine(`  GitHub  gh secret set SF_JWT_KEY < ${key}`),
    shellLine(`  GitLab  glab variable set SF_JWT_KEY < ${key}`),
  ];
}

/** Nothing has to be brought anywhere; the sessions of the logins here end, and core renews none of them. */
function nextWithSigner(
  { previous, logins, current }: Rotated,
  signer: string,
  { username: prover, instanceUrl }: Prover,
): string[] {
  const working = logins.filter(isInOrder);
  return [
    ...(working.length === 0 ? [] : ['', messages.getMessage('next.session')]),
    ...working.map(({ username }) => commandLine('next.session.command', [username])),
    '',
    messages.getMessage('next.signer', [previous.fingerprint256]),
    commandLine('next.signer.command', [prover, current.clientId, signer, instanceUrl]),
  ];
}

function commandLine(key: 'next.session.command' | 'next.signer.command', words: string[]): string {
  return shellLine(
    `  ${messages.getMessage(
      key,
      words.map((word) => shellQuote(word)),
    )}`,
  );
}

function userOf({ username, aliases }: Pick<SwitchedLogin, 'username' | 'aliases'>): string {
  return [username, ...aliases.map((alias) => `(${alias})`)].join(' ');
}

function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
