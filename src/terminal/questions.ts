import { existsSync } from 'node:fs';
import { ConfigAggregator, OrgConfigProperties } from '@salesforce/core';
import type { Asker, Check, Choice } from './asker.js';
import {
  certificateChoices,
  failureOf,
  keyFileChoices,
  wrongWithCertificate,
  wrongWithFile,
  wrongWithKey,
} from './file-choices.js';
import { Messages } from './messages.js';
import { isGiven, type Given, type Question } from './question.js';
import { ifReadable } from '../machine/store/admin-login.js';
import { aliasesOf, readAliases } from '../machine/store/aliases.js';
import { knownClientIds, readKnownApp } from '../machine/store/known-apps.js';
import { findJwtLogin, readEntries, type Entry, type JwtLogin } from '../machine/store/stored-logins.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'questions');

/** What commands ask for, with the choices that this machine knows. */

/** The org that an admin works in, where none is configured: logins of people before those of programs. */
export const targetOrgQuestion: Question = {
  name: 'target-org',
  isMissing: async (given) => !isGiven(given, 'target-org') && (await configuredOrg()) === undefined,
  ask: (asker, _given, check) => {
    const orgs = storedOrgs(({ type }) => type !== 'damaged').sort((a, b) => Number(a.isJwt) - Number(b.isJwt));
    return oneOf(asker, messages.getMessage('ask.target-org'), orgs, check);
  },
};

/** The user who logs in: the name of a stored JWT login, or with a client id any username. */
export const loginQuestion = (name: string, isMissing?: Question['isMissing']): Question => ({
  name,
  ...(isMissing === undefined ? {} : { isMissing }),
  ask: (asker, given, check) => {
    const logins = storedOrgs(({ type }) => type === 'jwt');
    if (isGiven(given, 'client-id')) return asker.find(messages.getMessage('ask.username'), byUsername(logins), check);
    return oneOf(asker, messages.getMessage('ask.login'), logins, both(check, wrongWithLogin));
  },
});

/** The user of a login that is new to this machine. */
export const usernameQuestion: Question = {
  name: 'username',
  ask: (asker, _given, check) =>
    asker.find(messages.getMessage('ask.username'), byUsername(storedOrgs(({ type }) => type !== 'damaged')), check),
};

/** The client id of an app: those of logins and apps that are known here. */
export const clientIdQuestion: Question = {
  name: 'client-id',
  ask: (asker, _given, check) => {
    const stored = jwtLogins().map(({ clientId }) => clientId);
    const known = ifReadable(knownClientIds) ?? [];
    const choices = [...new Set([...known, ...stored])].filter(Boolean).map((value) => {
      const { name } = readKnownApp(value);
      return { value, name: name === undefined ? value : messages.getMessage('choice.app', [name, value]) };
    });
    return asker.find(messages.getMessage('ask.client-id'), choices, check);
  },
};

/** The same unless a stored login is named, from which everything is taken. */
export const ifDescribed = (question: Question): Question => ({
  ...question,
  isMissing: (given) => !isGiven(given, question.name) && !isGiven(given, 'target-org'),
});

/** The private key, where neither a flag nor the environment has one. */
export const keyFileQuestion: Question = {
  name: 'jwt-key-file',
  isMissing: (given) =>
    !['jwt-key-file', 'signer'].some((flag) => isGiven(given, flag)) &&
    !['SF_JWT_KEY', 'SF_JWT_SIGNER'].some((name) => process.env[name]),
  ask: (asker, _given, check) =>
    asker.find(messages.getMessage('ask.jwt-key-file'), keyFileChoices(), both(check, wrongWithKey)),
};

/** The same for a command that takes the key of a stored login, if that has one. */
export const unstoredKeyFileQuestion: Question = {
  ...keyFileQuestion,
  isMissing: async (given, inConversation) =>
    (await keyFileQuestion.isMissing!(given, inConversation)) &&
    (isGiven(given, 'client-id') || !hasKey(loginNamed(given['username'] ?? given['target-org']))),
};

/** The certificate that goes into an app. */
export const certificateFileQuestion: Question = {
  name: 'certificate-file',
  isMissing: (given) => !isGiven(given, 'certificate-file') && !existsSync('server.crt'),
  ask: (asker, _given, check) =>
    asker.find(messages.getMessage('ask.certificate-file'), certificateChoices(), both(check, wrongWithCertificate)),
};

/** A file that a command reads, one of those in the current folder or another. */
export const fileQuestion = (name: string, question: string, choices: () => Array<Choice<string>>): Question => ({
  name,
  ask: (asker, _given, check) => asker.find(question, choices(), both(check, wrongWithFile)),
});

/** The org that sf takes where none is named. */
export async function configuredOrg(): Promise<string | undefined> {
  const value = (await ConfigAggregator.create()).getPropertyValue(OrgConfigProperties.TARGET_ORG);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The org that the command line names, or sf takes. */
export async function targetOrgIn(given: Given): Promise<string | undefined> {
  const name = given['target-org'];
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : configuredOrg();
}

/** One stored login, by its first name as commands take it. */
export type StoredOrgChoice = Choice<string> & { username: string; isJwt: boolean };

/** The logins of the auth store, by alias where they have one. */
export function storedOrgs(isMeant: (entry: Entry) => boolean): StoredOrgChoice[] {
  const aliases = ifReadable(readAliases) ?? {};
  return (ifReadable(readEntries) ?? []).filter(isMeant).map((entry) => {
    const { username } = entry;
    const [alias] = aliasesOf(username, aliases);
    return {
      username,
      isJwt: entry.type === 'jwt',
      value: alias ?? username,
      name: alias === undefined ? username : messages.getMessage('choice.org', [alias, username]),
      description: entry.type === 'damaged' ? undefined : siteOf(entry),
    };
  });
}

function siteOf(entry: Exclude<Entry, { type: 'damaged' }>): string {
  return entry.type === 'jwt' ? entry.login.instanceUrl : entry.instanceUrl;
}

function byUsername(orgs: StoredOrgChoice[]): Array<Choice<string>> {
  return orgs.map(({ username, name, description }) => ({ value: username, name, description }));
}

function jwtLogins(): JwtLogin[] {
  return (ifReadable(readEntries) ?? []).flatMap((entry) => (entry.type === 'jwt' ? [entry.login] : []));
}

/** Only a JWT login that is stored has the client id and the rest. */
async function wrongWithLogin(name: string): Promise<string | undefined> {
  return failureOf(() => findJwtLogin(name));
}

function loginNamed(name: Given[string]): JwtLogin | undefined {
  if (typeof name !== 'string') return undefined;
  const username = (ifReadable(readAliases) ?? {})[name] ?? name;
  return jwtLogins().find((login) => login.username === username);
}

/** Whether it's known where the key of a stored login is. */
function hasKey(login: JwtLogin | undefined): boolean {
  return login?.privateKeyFile !== undefined || login?.signer !== undefined;
}

/** One of these, or another that is typed; undefined where there are none to choose from. */
async function oneOf(
  asker: Asker,
  question: string,
  choices: Array<Choice<string>>,
  check: Check,
): Promise<string | undefined> {
  return choices.length === 0 ? undefined : asker.find(question, choices, check);
}

/** What either of the two finds wrong. */
export function both(first: Check, second: Check): Check {
  return async (answer) => (await first(answer)) ?? second(answer);
}
