import type { AppInUse } from '../../salesforce/app/app-in-use.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import type { Facts, OrgFacts } from './facts.js';

/** Command lines with the user's own values, as they can be pasted. */

/** The line that brings an app in line; `more` are words that go at its end. */
export function connectCommand(facts: Facts, org: OrgFacts, app: AppInUse, more: string[] = []): string {
  return line('jwt connect', [
    ['--target-org', org.admin],
    ['--name', app.name],
    ...(app.type === 'connected-app' ? [['--app-type', app.type]] : []),
    ['--certificate-file', facts.ownCertificateFile ?? 'server.crt'],
    more,
  ]);
}

/** As {@link connectCommand}, so that the app lets the user of the login in. */
export function connectUserCommand(facts: Facts, org: OrgFacts, app: AppInUse, more: string[] = []): string {
  return connectCommand(facts, org, app, ['--username', facts.target.username, ...more]);
}

/** The line that logs in as described, at another URL or for another audience. */
export function grantCommand(
  { target, keyFile, signer, passphraseFile }: Facts,
  instanceUrl: string,
  audience?: string,
): string {
  return line('jwt grant', [
    ['--username', target.username],
    ['--client-id', target.clientId],
    ...keyWords({ keyFile, signer }),
    ...(passphraseFile === undefined ? [] : [['--passphrase-file', passphraseFile]]),
    ['--instance-url', instanceUrl],
    ...(audience === undefined ? [] : [['--audience', audience]]),
  ]);
}

/** The flag that names the key, where one was named. */
export function keyWords({ keyFile, signer }: Pick<Facts, 'keyFile' | 'signer'>): string[][] {
  if (signer !== undefined) return [['--signer', signer]];
  return keyFile === undefined ? [] : [['--jwt-key-file', keyFile]];
}

/** The line that gives the app a new key and certificate. */
export function rotateCommand({ keyFile, signer, target }: Facts, org: OrgFacts, app: AppInUse): string {
  return line('jwt rotate', [
    ['--target-org', org.admin],
    ['--name', app.name],
    ['--username', target.username],
    ...keyWords({ keyFile, signer }),
  ]);
}

export function assignCommand({ target }: Facts, org: OrgFacts, permissionSet: string): string {
  return line('org assign permset', [
    ['--target-org', org.admin],
    ['--name', permissionSet],
    ['--on-behalf-of', target.username],
  ]);
}

export function queryCommand(org: OrgFacts, soql: string): string {
  return line('data query', [
    ['--target-org', org.admin],
    ['--query', soql],
  ]);
}

export function updateCommand(org: OrgFacts, sobject: string, where: string, values: string): string {
  return line('data update record', [
    ['--target-org', org.admin],
    ['--sobject', sobject],
    ['--where', where],
    ['--values', values],
  ]);
}

function line(command: string, words: string[][]): string {
  return ['sf', command, ...words.flat().map((word) => shellQuote(word))].join(' ');
}
