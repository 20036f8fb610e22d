import { certificateFileBeside } from '../../machine/files/key-input.js';
import { readKnownLogin } from '../../machine/store/known-login.js';
import { shellLine, shellQuote } from '../../terminal/shell-quote.js';
import type { AuditedApp } from './facts.js';

/** Command lines with the org's and this machine's own values, as they can be pasted. */
export type Commands = Record<'rotate' | 'connect' | 'newPair' | 'look' | 'enable' | 'migrate', string>;

/** @param admin how commands name the admin's login */
export function commandsFor(app: AuditedApp, admin: string): Commands {
  const [login] = app.logins;
  const username = login?.username ?? (app.lastLogin || undefined)?.username ?? 'ci@example.com';
  const keyFile = login === undefined ? undefined : readKnownLogin(login.username)?.privateKeyFile;
  const ofApp = ['--target-org', admin, '--name', app.name];
  const certificateFile = (keyFile === undefined ? undefined : certificateFileBeside(keyFile)) ?? 'server.crt';
  // The new pair has a name of its own beside others.
  const pair = `${app.name}-new`;
  return {
    rotate: line('rotate', [
      ...ofApp,
      ...['--username', username],
      // The stored login has its key.
      ...(keyFile === undefined ? ['--jwt-key-file', 'server.key'] : []),
    ]),
    connect: line('connect', [...ofApp, '--certificate-file', certificateFile, '--username', username]),
    newPair: shellLine(
      `${line('keygen', ['--name', pair])} && ` +
        line('connect', [...ofApp, '--certificate-file', `${pair}.crt`, '--username', username]),
    ),
    look: line('disconnect', [...ofApp, '--dry-run']),
    enable: line('disconnect', [...ofApp, '--enable']),
    migrate: line('migrate', [...ofApp, '--dry-run']),
  };
}

function line(command: string, words: string[]): string {
  return ['sf', 'jwt', command, ...words.map((word) => shellQuote(word))].join(' ');
}
