import { Messages } from '../../terminal/messages.js';
import { explain } from '../../terminal/explain.js';
import type { Output } from '../../terminal/output.js';
import { shellQuote } from '../../terminal/shell-quote.js';
import { showTable } from '../../terminal/table.js';
import { exitCodeOf } from '../connect/connected.js';
import { reportConnected } from '../connect/report.js';
import type { Migrated } from './migrate.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'jwt.migrate');

/** Rows of the login history that are shown; `--json` has all of them. */
const SHOWN = 20;

type Asked = Parameters<typeof reportConnected>[2] & {
  /** How commands name the admin's login */
  adminOrg: string;
  closesAfterDays: number | undefined;
};

/** What a migration did, in the words that a person reads. */
export async function reportMigrated(output: Output, migrated: Migrated, asked: Asked): Promise<void> {
  const { old, connected, logins, leftBehind } = migrated;
  const { dryRun, bin } = asked;
  const { name } = old.settings;
  await reportConnected(output, connected, asked);
  if (leftBehind.length > 0) output.warn(messages.getMessage('warning.leftBehind', [name, leftBehind.join(', ')]));
  for (const { username, aliases, switched, failure, privateKeyFile, signer } of logins) {
    const login = [username, ...aliases.map((alias) => `(${alias})`)].join(' ');
    if (failure !== undefined) output.warn(messages.getMessage('warning.login', [login, explain(failure).message]));
    else if (privateKeyFile === undefined)
      output.warn(messages.getMessage('warning.loginAnew', [login, grantLine({ username, signer }, connected, asked)]));
    else if (dryRun) output.log(messages.getMessage('login.dryRun', [login]));
    else if (switched) output.log(messages.getMessage('login.switched', [login]));
  }
  await reportUse(output, migrated, asked);
  reportOldApp(output, migrated, asked);
  if (dryRun || exitCodeOf(connected) !== 0 || asked.closesAfterDays !== undefined) return;
  const line = ['--target-org', asked.adminOrg, '--name', name, '--new-name', connected.name, '--disable-old'];
  output.log(
    messages.getMessage('next.close', [`${bin} jwt migrate ${line.map((word) => shellQuote(word)).join(' ')}`]),
  );
}

/** The line that logs in with the new app, for a login of which no key is stored. */
function grantLine(
  { username, signer }: { username: string; signer: string | undefined },
  { clientId }: Migrated['connected'],
  { instanceUrl, bin }: Pick<Asked, 'instanceUrl' | 'bin'>,
): string {
  const key = signer === undefined ? ['--jwt-key-file', 'server.key'] : ['--signer', signer];
  const words = ['--username', username, '--client-id', clientId ?? '3MVG9exampleClientId', ...key];
  return [bin, 'jwt grant', ...[...words, '--instance-url', instanceUrl].map((word) => shellQuote(word))].join(' ');
}

/** Where else the old client id is, by who has logged in with it from where. */
async function reportUse(output: Output, { use, old }: Migrated, { dryRun }: Pick<Asked, 'dryRun'>): Promise<void> {
  const { name } = old.settings;
  if (!use.read) {
    output.warn(messages.getMessage('warning.useUnknown', [name, use.reason]));
    return;
  }
  if (use.value.length === 0) {
    output.log(messages.getMessage('use.none', [name]));
    return;
  }
  output.log();
  output.log(messages.getMessage(dryRun ? 'use.dryRun' : 'use', [name]));
  const keys = ['username', 'sourceIp', 'loginUrl', 'logins', 'lastLogin'] as const;
  await showTable(output, {
    columns: keys.map((key) => ({ key, name: messages.getMessage(`table.${key}`) })),
    data: use.value.slice(0, SHOWN).map(({ lastLogin, logins, ...each }) => ({
      ...each,
      logins: String(logins),
      lastLogin: new Date(lastLogin).toISOString().slice(0, 16).replace('T', ' '),
    })),
  });
  if (use.value.length > SHOWN) output.log(messages.getMessage('use.more', [use.value.length - SHOWN]));
}

function reportOldApp(output: Output, { closing, old }: Migrated, { dryRun, adminOrg }: Asked): void {
  const { name, permissionSets, profiles } = old.settings;
  if (closing === undefined) {
    output.log(messages.getMessage('old.open', [name]));
    output.log(messages.getMessage('old.setup', [name]));
    return;
  }
  if (closing.state === 'unchanged') output.log(messages.getMessage('old.unchanged', [name]));
  else if (dryRun) output.log(messages.getMessage('old.wouldClose', [name]));
  else {
    output.logSuccess(messages.getMessage('old.closed', [name]));
    const had = [...permissionSets, ...profiles].join(', ');
    output.log(had === '' ? messages.getMessage('old.wasSelf') : messages.getMessage('old.had', [had]));
  }
  if (closing.stillOpen.length > 0)
    output.warn(messages.getMessage('warning.stillOpen', [name, closing.stillOpen.join(', '), shellQuote(adminOrg)]));
}
