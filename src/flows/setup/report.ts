import { existsSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { Messages } from '../../terminal/messages.js';
import type { Output } from '../../terminal/output.js';
import { shellLine, shellQuote } from '../../terminal/shell-quote.js';
import { explain } from '../../terminal/explain.js';
import type { Connected } from '../connect/connected.js';
import { changeSentence, refusalWords } from '../connect/words.js';
import type { FileStatus } from './files.js';
import { importFileOf } from './finish.js';
import { isDone, type SetupPlan } from './plan.js';
import { BASE_NAME } from './read.js';
import { signerOfPair, targetNameOf } from './request.js';
import type { SetupDone } from './setup.js';
import { importCommand } from './stores/jenkins.js';
import { IN_ONE_LINE } from './stores/store.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.setup');

/** What `setup` will do and did, in the words that a person reads. */

type Context = { admin: string; instanceUrl: string; bin: string };

/** What will be done, a line each; one line where nothing is left to do. */
export function planLines(plan: SetupPlan, { admin, instanceUrl }: Context): string[] {
  if (isDone(plan)) return [messages.getMessage('plan.nothing', [plan.request.name, admin])];
  const { request, changes } = plan;
  return [
    messages.getMessage('plan', [admin, instanceUrl]),
    ...[
      keyLine(plan),
      ...userSentences(plan),
      ...changes.map(changeSentence),
      ...secretLines(plan),
      ...fileLines(plan),
      ...(plan.keyPlan.key.source === 'kept' ? [] : [messages.getMessage('plan.login', [request.username])]),
    ].map((line) => `  ${line}`),
  ];
}

export function userSentences({ user }: SetupPlan): string[] {
  return user.map(({ key, values }) => messages.getMessage(`plan.user.${key}`, values));
}

function keyLine({ keyPlan: { key }, keyFiles, request }: SetupPlan): string {
  if (key.source === 'kept')
    return messages.getMessage('plan.key.kept', [request.repository || targetNameOf(request.ci)]);
  if (key.source === 'given') return messages.getMessage('plan.key.given', [request.given?.input.source ?? '']);
  const reason = messages.getMessage(`plan.key.${key.reason}`);
  const place =
    keyFiles === undefined
      ? messages.getMessage('plan.key.memory')
      : messages.getMessage('plan.key.files', [keyFiles.privateKeyFile, keyFiles.certificateFile]);
  return `${reason} ${place}`;
}

function secretLines({ secret, keyPlan, request }: SetupPlan): string[] {
  if (secret === undefined) return [];
  const { store, places, manual } = secret;
  if (manual !== undefined) return [messages.getMessage('plan.secret.manual', [request.secretName, store.where])];
  return places.map(({ name, exists }) => {
    if (!keyPlan.setsSecret) return messages.getMessage('plan.secret.keep', [request.secretName, store.where, name]);
    const how = exists ? 'replace' : 'create';
    return messages.getMessage(`plan.secret.${how}`, [request.secretName, store.where, name, store.tool]);
  });
}

function fileLines({ file, ignore }: SetupPlan): string[] {
  return [
    ...(file === undefined ? [] : [messages.getMessage(`plan.file.${file.status}`, [file.path])]),
    ...(ignore === undefined ? [] : [messages.getMessage('plan.ignore', [ignore.file.path, ignore.lines.join(', ')])]),
  ];
}

/** Warnings that stand whether or not anything was changed. */
export function planWarnings({ secret, keyPlan, file, loss }: SetupPlan): string[] {
  const manual = secret?.manual;
  return [
    ...(manual === undefined ? [] : [explain(manual).message]),
    ...(keyPlan.key.source === 'new' && keyPlan.key.reason === 'lost' ? [messages.getMessage('warning.lost')] : []),
    ...(loss.length === 0 ? [] : [loss.join(' ')]),
    ...(file?.status === 'edited' ? [messages.getMessage('warning.edited', [file.path])] : []),
  ];
}

export function reportSetup(output: Output, done: SetupDone, context: Context, trust: string | undefined): void {
  const { plan, connected, login, unseen, file } = done;
  const { request } = plan;
  output.log();
  if (request.dryRun) {
    output.logSuccess(messages.getMessage('success.dryRun'));
  } else {
    for (const name of unseen) output.warn(messages.getMessage('warning.unseen', [request.secretName, name]));
    if (login?.ok === false) output.warn(messages.getMessage('warning.login', [request.username, refusalWords(login)]));
    const proven = login?.ok === true ? 'proven' : 'unproven';
    output.logSuccess(messages.getMessage(`success.${statusOf(done)}.${proven}`, [connected.name, request.username]));
    output.log(messages.getMessage('clientId', [connected.clientId]));
    if (plan.keyPlan.key.source === 'kept') output.log(messages.getMessage('kept'));
    if (plan.keyFiles !== undefined) output.log(messages.getMessage('keyFile', [plan.keyFiles.privateKeyFile]));
  }
  const byHand = handWorkOf(plan, context.bin);
  if (byHand.length > 0) {
    output.log();
    output.log(messages.getMessage(`byHand.${targetNameOf(request.ci)}`, [request.secretName]));
    for (const line of byHand) output.log(`  ${line}`);
  }
  if (trust !== undefined) {
    output.log();
    output.log(`${messages.getMessage('trust')}\n\n${trust.trimEnd()}`);
  }
  for (const { name, description } of plan.others) output.log(messages.getMessage('others', [name, description]));
  if (isDone(plan) && !request.dryRun) return;
  output.log();
  output.log(messages.getMessage('commands'));
  for (const line of commandsOf(plan, connected, context)) output.log(`  ${line}`);
  if (request.dryRun || file === undefined || file.status === 'unchanged' || request.ci === 'shell') return;
  output.log();
  const path = shellQuote(relative(process.cwd(), file.path) || file.path);
  output.log(messages.getMessage('next'));
  output.log(
    shellLine(`  git add ${path} && git commit --message ${shellQuote(messages.getMessage('commit'))} && git push`),
  );
}

/** The commands that do the same one by one. Words in upper case are to be replaced. */
export function commandsOf(plan: SetupPlan, connected: Connected, { admin, instanceUrl, bin }: Context): string[] {
  const { request, keyPlan, secret, keyFiles, file } = plan;
  const folder = request.keyFolder === undefined ? [] : ['--output-dir', request.keyFolder];
  const free = existsSync(`${BASE_NAME}.key`) ? request.name : BASE_NAME;
  const base = keyFiles === undefined ? free : basename(keyFiles.privateKeyFile, '.key');
  const keyFile = keyFiles?.privateKeyFile ?? request.given?.input.path ?? `${base}.key`;
  const certificate = keyFile.replace(/\.[^./\\]+$/, '.crt');
  const line = (words: string[]): string => [bin, 'jwt', ...words.map((word) => shellQuote(word))].join(' ');
  const { username, name, ci } = request;
  const target = ['--client-id', connected.clientId ?? 'CLIENT_ID', '--instance-url', instanceUrl];
  const signer = signerOfPair(request.given);
  const key = signer === undefined ? ['--jwt-key-file', keyFile] : ['--signer', signer];
  const certificateFile = signer === undefined ? certificate : (request.given?.certificateFile ?? certificate);
  const app = ['--target-org', admin, '--certificate-file', certificateFile, ...key, '--name', name];
  const pipeline =
    file === undefined || ci === 'none'
      ? []
      : [
          line([
            'snippet',
            '--for',
            ci,
            '--target-org',
            username,
            ...target,
            '--output-file',
            file.path,
            ...(signer === undefined ? [] : key),
            ...request.shape.flags,
          ]),
        ];
  return [
    ...(keyPlan.key.source === 'given'
      ? []
      : [line(['keygen', ...(base === BASE_NAME ? [] : ['--name', base]), ...folder])]),
    line(['connect', ...app, '--username', username]),
    ...(secret?.store.byHand(printKey(keyFile, bin)) ?? []).map((each) => shellLine(each)),
    ...pipeline,
    line(['grant', '--username', username, ...target, ...key]),
  ];
}

const printKey = (keyFile: string, bin: string): string =>
  `${bin} jwt snippet --secret-value --jwt-key-file ${shellQuote(keyFile)}`;

/** What is left to a person, as lines to paste. */
export function handWorkOf(plan: SetupPlan, bin: string): string[] {
  return handLines(plan, bin).map((line) => shellLine(line));
}

function handLines({ secret, request, keyFiles }: SetupPlan, bin: string): string[] {
  const keyFile = keyFiles?.privateKeyFile ?? request.given?.input.path;
  const isScript = request.ci === 'shell';
  if ((secret?.manual === undefined && !isScript) || keyFile === undefined) return [];
  if (isScript) return [`export ${request.secretName}="$(${printKey(keyFile, bin)})"`];
  const file = importFileOf({ request, secret, keyFiles });
  if (file !== undefined) return [importCommand(shellQuote(file))];
  const lines = secret?.store.byHand(printKey(keyFile, bin)) ?? [];
  return lines.length > 0 ? lines : [`${printKey(keyFile, bin)} | ${IN_ONE_LINE}`];
}

/** Over all that there is: app, secret and files. */
export function statusOf({ connected, plan, file }: SetupDone): 'created' | 'updated' | 'unchanged' {
  if (connected.status === 'created') return 'created';
  const written: FileStatus[] = ['created', 'updated'];
  const changed =
    connected.status === 'updated' ||
    plan.user.length > 0 ||
    (plan.keyPlan.setsSecret && plan.secret !== undefined && plan.secret.manual === undefined) ||
    (file !== undefined && written.includes(file.status)) ||
    plan.ignore !== undefined;
  return changed ? 'updated' : 'unchanged';
}
