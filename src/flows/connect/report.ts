import { Messages } from '../../terminal/messages.js';
import type { SfCommand } from '@salesforce/sf-plugins-core';
import { isStaleCertificate, targetOf } from '../../salesforce/token/prover.js';
import type { ApplyState } from './dependencies.js';
import { outdatedWarnings } from '../outdated-logins.js';
import { shortfallOf } from './shortfall.js';
import { verdictOf, type Connected, type ConnectedUser, type Unproven } from './connected.js';
import { adviceOf, explain } from '../../terminal/explain.js';
import type { Output } from '../../terminal/output.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import { showTable } from '../../terminal/table.js';
import type { TokenRefusal } from '../../salesforce/token/endpoint.js';
import { loginFailure, type LoginCircumstances, type LoginTarget } from '../../salesforce/token/log-in.js';
import { meaningOf } from '../../salesforce/token/meaning.js';
import { changeSentence, expectedRefusalWords, refusalWords } from './words.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.connect');

/** What `connect` did, in the words that a person reads. */

/** The command's own settings, as far as the report speaks of them. */
type Asked = {
  instanceUrl: string;
  dryRun: boolean;
  /** Undefined where no key was given. */
  keyPath: string | undefined;
  /** URI of the key, where it is kept elsewhere. */
  signer: string | undefined;
  certificateFile: string;
  /** Username of the admin */
  admin: string | undefined;
  /** Where the app's metadata was written, if it was. */
  sourceFolder: string | undefined;
  /** The audience that the environment asks for. */
  audience: string | undefined;
  /** How this program is called, as `sf` */
  bin: string;
};

export async function reportConnected(output: Output, connected: Connected, asked: Asked): Promise<void> {
  const { instanceUrl, dryRun, keyPath, signer, sourceFolder, bin } = asked;
  await showTable(output, userTable(connected, dryRun));
  for (const warning of warningsAbout(connected, asked)) output.warn(warning);
  const success = successOf(connected, dryRun);
  const shortfall = dryRun ? undefined : shortfallOf(connected);
  if (success !== undefined) output.logSuccess(success);
  if (shortfall !== undefined) output.log(shortfall);
  if (!dryRun) for (const line of closingLines(connected, { instanceUrl, keyPath, signer, bin })) output.log(line);
  if (sourceFolder === undefined) return;
  output.log();
  output.log(messages.getMessage('source', [sourceFolder]));
  output.log(`  ${bin} project deploy start --source-dir ${shellQuote(sourceFolder)}`);
}

/** What is worth a word though the work is done: why a user failed, what doesn't show, which logins are outdated. */
export function warningsAbout(
  connected: Connected,
  {
    instanceUrl,
    audience,
    keyPath,
    signer,
    certificateFile,
    admin,
  }: Pick<Asked, 'instanceUrl' | 'audience' | 'keyPath' | 'signer' | 'certificateFile' | 'admin'>,
): SfCommand.Warning[] {
  const target = (clientId: string, username: string): LoginTarget =>
    targetOf(instanceUrl, clientId, username, audience);
  const { name, clientId, outdated } = connected;
  const now = { name, clientId: clientId ?? '', keyFile: keyPath, instanceUrl };
  return [
    ...warningsOf(connected, target, { keyFile: keyPath, signer, certificateFile, adminOrg: admin }),
    ...outdatedWarnings(outdated, now),
  ];
}

/** What a command that fails leaves in the org. */
export function partlyApplied({ name, deployId, deployed, clientId }: ApplyState): string {
  if (!deployed) return messages.getMessage('warning.goesOn', [deployId]);
  if (clientId === undefined) return messages.getMessage('warning.deployed', [name, deployId]);
  return messages.getMessage('warning.deployed.clientId', [name, deployId, clientId]);
}

/** A row a user. */
function userTable({ users, permissionSet }: Connected, dryRun: boolean) {
  return {
    columns: (['user', 'preAuthorized', 'login'] as const).map((key) => ({
      key,
      name: messages.getMessage(`table.${key}`),
    })),
    data: users.map(({ user, assigned, login }) => ({
      user: user.username,
      preAuthorized: preAuthorizedWords(assigned, permissionSet, dryRun ? '.dryRun' : ''),
      login: messages.getMessage(`verified.${String(login?.ok ?? null)}`),
    })),
  };
}

function preAuthorizedWords(
  assigned: ConnectedUser['assigned'],
  permissionSet: string | null,
  form: '' | '.dryRun',
): string {
  if (permissionSet === null) return messages.getMessage('assigned.unmanaged');
  if (assigned === 'failed') return messages.getMessage(`assigned.failed${form}`);
  return messages.getMessage(`assigned.${assigned}${form}`, [permissionSet]);
}

/** Why a user failed, and what to do; what was deployed but doesn't show. */
function warningsOf(
  connected: Connected,
  targetOf: (clientId: string, username: string) => LoginTarget,
  known: LoginCircumstances,
): SfCommand.Warning[] {
  const { name, clientId, permissionSet, unconfirmed, unproven, running, missingPermissions } = connected;
  const ofUsers = connected.users.flatMap((user): SfCommand.Warning[] => {
    const { state, refusal } = verdictOf(user);
    const { username } = user.user;
    if (state === 'pending' && refusal !== undefined && isStaleCertificate(refusal))
      return [messages.getMessage('warning.certificateLate', [username, refusalWords(refusal)])];
    if (state === 'failed' && permissionSet === null && refusal !== undefined && isUnapproved(refusal))
      return [approvalWarning(username, name, refusal)];
    if (refusal !== undefined && clientId !== null) {
      const target = targetOf(clientId, username);
      return [state === 'pending' ? lateWarning(refusal, target, known) : asWarning(refusal, target, known)];
    }
    const error = user.error ?? expectedRefusalWords(user);
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

/** What was changed just now takes its time; only if it stays so is the refusal worth its own advice. */
function lateWarning(refusal: TokenRefusal, target: LoginTarget, known: LoginCircumstances): SfCommand.Warning {
  const { data } = loginFailure(refusal, target, known);
  return {
    name: 'PropagationWarning',
    message: messages.getMessage('warning.late', [target.username, refusalWords(refusal)]),
    actions: adviceOf(messages.getMessages('warning.late.actions'), data),
  };
}

function asWarning(refusal: TokenRefusal, target: LoginTarget, known: LoginCircumstances): SfCommand.Warning {
  const { name, message, actions } = explain(loginFailure(refusal, target, known));
  return { name, message, ...(actions === undefined ? {} : { actions }) };
}

/** The line that says that all went well; undefined where it didn't. */
function successOf(connected: Connected, dryRun: boolean): string | undefined {
  const { name, status, users, running } = connected;
  if (running.length > 0) return undefined;
  if (dryRun) return messages.getMessage(status === 'unchanged' ? 'success.dryRun.nothing' : 'success.dryRun');
  if (users.some((user) => verdictOf(user).state !== 'done')) return undefined;
  const proven = users.some(({ login }) => login?.ok === true);
  return messages.getMessage(`success.${status}${proven ? '' : '.unproven'}`, [name]);
}

/** The client id, the line that logs a CI server in, and the one that prints a pipeline for it. */
function closingLines(
  { clientId, users }: Connected,
  { instanceUrl, keyPath, signer, bin }: Pick<Asked, 'instanceUrl' | 'keyPath' | 'signer' | 'bin'>,
): string[] {
  if (clientId === null) return [];
  const { username } = users[0]!.user;
  const key = signer === undefined ? ['--jwt-key-file', keyPath ?? 'server.key'] : ['--signer', signer];
  const grant = ['--username', username, '--client-id', clientId, ...key];
  const snippet = ['--for', 'github-actions', '--target-org', username, '--client-id', clientId];
  const line = (command: string, words: string[]): string =>
    [bin, 'jwt', command, ...[...words, '--instance-url', instanceUrl].map((word) => shellQuote(word))].join(' ');
  return [
    messages.getMessage('clientId', [clientId]),
    '',
    messages.getMessage(keyPath === undefined && signer === undefined ? 'next.withoutKey' : 'next'),
    `  ${line('grant', grant)}`,
    messages.getMessage('next.pipeline', [line('snippet', snippet)]),
  ];
}
