import { Messages } from '@salesforce/core';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import type { Change } from '../app/app.js';
import { isStaleCertificate } from '../token/prover.js';
import type { Trail } from './world.js';
import { verdictOf, type Connected, type ConnectedUser, type Unproven } from './connected.js';
import { explain } from '../explain.js';
import { shellQuote } from '../shell-quote.js';
import type { TokenRefusal } from '../token/endpoint.js';
import { loginFailure, type LoginTarget } from '../token/log-in.js';
import { meaningOf } from '../token/meaning.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

/** What `connect` did, in the words that a person reads. */

export function changeSentence({ key, from, to }: Change): string {
  return from === undefined
    ? messages.getMessage(`change.${key}`, [to])
    : messages.getMessage(`change.${key}.from`, [from, to]);
}

/** The server's own words, or what there was instead of them. */
export function refusalWords(refusal: TokenRefusal): string {
  return refusal.kind === 'oauth' ? `${refusal.error}: ${refusal.errorDescription}` : refusal.kind;
}

/** One user as the JSON has them. */
export function userRow(user: ConnectedUser): {
  username: string;
  assigned: ConnectedUser['assigned'];
  verified: boolean | null;
  error?: string;
} {
  const { refusal } = verdictOf(user);
  const error = refusal === undefined ? (user.error ?? foreseenError(user)) : refusalWords(refusal);
  return {
    username: user.user.username,
    assigned: user.assigned,
    verified: user.login?.ok ?? null,
    ...(error === undefined ? {} : { error }),
  };
}

/** Why an org will refuse an assignment, in our words, since it wasn't asked. */
function foreseenError({ foreseen }: ConnectedUser): string | undefined {
  return foreseen && messages.getMessage('assignment.license', [foreseen.permissionSet, foreseen.license]);
}

/** What a command that fails leaves in the org. */
export function halfDone({ name, deployId, deployed, clientId }: Trail): string {
  if (!deployed) return messages.getMessage('warning.goesOn', [deployId]);
  if (clientId === undefined) return messages.getMessage('warning.deployed', [name, deployId]);
  return messages.getMessage('warning.deployed.clientId', [name, deployId, clientId]);
}

/** A row a user. */
export function userTable({ users, permissionSet }: Connected, dryRun: boolean) {
  return {
    columns: (['user', 'preAuthorized', 'login'] as const).map((key) => ({
      key,
      name: messages.getMessage(`table.${key}`),
    })),
    data: users.map(({ user, assigned, login }) => ({
      user: user.username,
      preAuthorized:
        permissionSet === null
          ? messages.getMessage('assigned.unmanaged')
          : messages.getMessage(`assigned.${assigned}${dryRun ? '.dryRun' : ''}`, [permissionSet]),
      login: messages.getMessage(`verified.${String(login?.ok ?? null)}`),
    })),
  };
}

/** Why a user failed, and what to do; what was deployed but doesn't show. */
export function warningsOf(
  connected: Connected,
  targetOf: (clientId: string, username: string) => LoginTarget,
  keyFile: string | undefined,
): SfCommand.Warning[] {
  const { name, clientId, permissionSet, unconfirmed, unproven, running, missingPermissions } = connected;
  const ofUsers = connected.users.flatMap((user): SfCommand.Warning[] => {
    const { state, refusal } = verdictOf(user);
    const { username } = user.user;
    if (state === 'pending' && refusal !== undefined && isStaleCertificate(refusal))
      return [messages.getMessage('warning.certificateLate', [username, refusalWords(refusal)])];
    if (state === 'failed' && permissionSet === null && refusal !== undefined && isUnapproved(refusal))
      return [approvalWarning(username, name, refusal)];
    if (refusal !== undefined && clientId !== null) return [asWarning(refusal, targetOf(clientId, username), keyFile)];
    const error = user.error ?? foreseenError(user);
    return error === undefined ? [] : [assignmentWarning(username, error)];
  });
  return [
    ...ofUsers,
    ...(missingPermissions.length === 0
      ? []
      : [messages.getMessage('warning.permissions', [missingPermissions.join(', ')])]),
    ...running.map((id) => messages.getMessage('warning.running', [id])),
    ...unconfirmed.map((change) => messages.getMessage('warning.unconfirmed', [changeSentence(change)])),
    ...(unproven === undefined ? [] : [messages.getMessage('warning.unproven', [unprovenWords(unproven)])]),
    ...(permissionSet === null ? [messages.getMessage('warning.selfAuthorized', [name])] : []),
  ];
}

/** The user's license may not allow that of the permission set; then there is a way out. */
function assignmentWarning(username: string, error: string): SfCommand.Warning {
  const message = messages.getMessage('warning.assignment', [username, error]);
  if (!/license/i.test(error)) return message;
  return { name: 'AssignmentWarning', message, actions: messages.getMessages('warning.assignment.license.actions') };
}

function isUnapproved(refusal: TokenRefusal): boolean {
  return meaningOf(refusal).code === 'user_not_approved';
}

/** Here it's the user who has to act, or the admin who has to decide otherwise. */
function approvalWarning(username: string, app: string, refusal: TokenRefusal): SfCommand.Warning {
  return {
    name: 'UserNotApprovedWarning',
    message: messages.getMessage('warning.notApproved', [username, app, refusalWords(refusal)]),
    actions: messages.getMessages('warning.notApproved.actions', [shellQuote(username)]),
  };
}

function unprovenWords(unproven: Unproven): string {
  return typeof unproven === 'string'
    ? messages.getMessage(`unproven.${unproven}`)
    : messages.getMessage('unproven.refused', [refusalWords(unproven)]);
}

function asWarning(refusal: TokenRefusal, target: LoginTarget, keyFile: string | undefined): SfCommand.Warning {
  const { name, message, actions } = explain(loginFailure(refusal, target, { keyFile }));
  return { name, message, ...(actions === undefined ? {} : { actions }) };
}

/** The line that says that all went well; undefined where it didn't. */
export function successOf(connected: Connected, dryRun: boolean): string | undefined {
  const { name, status, users, running } = connected;
  if (running.length > 0) return undefined;
  if (dryRun) return messages.getMessage(status === 'unchanged' ? 'success.dryRun.nothing' : 'success.dryRun');
  if (users.some((user) => verdictOf(user).state !== 'done')) return undefined;
  const proven = users.some(({ login }) => login?.ok === true);
  return messages.getMessage(`success.${status}${proven ? '' : '.unproven'}`, [name]);
}

/** The client id, the line that logs a CI server in, and the one that prints a pipeline for it. */
export function closingLines(
  { clientId, users }: Connected,
  { instanceUrl, keyPath, bin }: { instanceUrl: string; keyPath: string | undefined; bin: string },
): string[] {
  if (clientId === null) return [];
  const { username } = users[0]!.user;
  const grant = ['--username', username, '--client-id', clientId, '--jwt-key-file', keyPath ?? 'server.key'];
  const snippet = ['--for', 'github-actions', '--target-org', username, '--client-id', clientId];
  const line = (command: string, words: string[]): string =>
    [bin, 'jwt', command, ...[...words, '--instance-url', instanceUrl].map((word) => shellQuote(word))].join(' ');
  return [
    messages.getMessage('clientId', [clientId]),
    '',
    messages.getMessage(keyPath === undefined ? 'next.withoutKey' : 'next'),
    `  ${line('grant', grant)}`,
    messages.getMessage('next.pipeline', [line('snippet', snippet)]),
  ];
}
