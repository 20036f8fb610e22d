import { extname } from 'node:path';
import { Failure } from '../../../failure.js';
import { isKeyCopy } from '../../../machine/store/key-copy.js';
import { aliasesOf, readAliases } from '../../../machine/store/aliases.js';
import { readKnownApp } from '../../../machine/store/known-apps.js';
import { readEntries, type JwtLogin } from '../../../machine/store/stored-logins.js';
import type { Column } from '../columns.js';
import { fromFolder } from '../rotate/result.js';

export const EXPORT_FORMATS = ['csv', 'yaml', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What an exported row says of a login; nothing of it is secret. */
export type ExportedRow = Partial<Record<Column, string>> & { username: string };

export type Exported = {
  rows: ExportedRow[];
  /** Usernames of logins whose key is in a copy of ours, or nowhere, which a file can't name. */
  keyless: string[];
  /** Usernames of entries that can't be read. */
  damaged: string[];
};

const COLUMNS: readonly Column[] = [
  'username',
  'instance-url',
  'alias',
  'client-id',
  'jwt-key-file',
  'signer',
  'admin',
  'name',
];

/**
 * The JWT logins that are stored here, as rows of an orgs file from which `fleet grant` makes them anew.
 *
 * @param folder where relative paths of keys will begin; undefined: paths are absolute
 * @throws Failure `store_damaged` for the file of the aliases
 */
export function exportLogins(folder: string | undefined): Exported {
  const aliases = readAliases();
  const exported: Exported = { rows: [], keyless: [], damaged: [] };
  for (const entry of readEntries()) {
    if (entry.type === 'damaged') exported.damaged.push(entry.username);
    if (entry.type !== 'jwt') continue;
    const row = rowOf(entry.login, aliasesOf(entry.username, aliases)[0], folder);
    exported.rows.push(row);
    if (row['jwt-key-file'] === undefined && row.signer === undefined) exported.keyless.push(entry.username);
  }
  return exported;
}

function rowOf(login: JwtLogin, alias: string | undefined, folder: string | undefined): ExportedRow {
  const { username, clientId, loginUrl, instanceUrl, privateKeyFile, signer } = login;
  const { name, admin } = readKnownApp(clientId);
  // A copy is ours, and on no other machine.
  const path = privateKeyFile === undefined || isKeyCopy(privateKeyFile) ? undefined : privateKeyFile;
  const values: Partial<Record<Column, string | undefined>> = {
    'instance-url': (loginUrl || instanceUrl).replace(/\/+$/, ''),
    'alias': alias,
    'client-id': clientId,
    'jwt-key-file': path !== undefined && folder !== undefined ? fromFolder(folder, path) : path,
    'signer': signer?.uri,
    'admin': admin,
    'name': name,
  };
  const known = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return { username, ...(Object.fromEntries(known) as Partial<Record<Column, string>>) };
}

/**
 * The format of a file, by its ending.
 *
 * @throws Failure `orgs_export_format` for another ending
 */
export function exportFormatOf(path: string): ExportFormat {
  const ending = extname(path).toLowerCase();
  const format = ({ '.csv': 'csv', '.yaml': 'yaml', '.yml': 'yaml', '.json': 'json' } as const)[ending];
  if (format === undefined) throw new Failure('orgs_export_format', { path });
  return format;
}

/** The text of an orgs file. Columns of which no row says anything are left out of CSV. */
export async function textOf(rows: readonly ExportedRow[], format: ExportFormat): Promise<string> {
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`;
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    return stringify(rows, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
  }
  const columns = COLUMNS.filter((column) => column === 'username' || rows.some((row) => row[column] !== undefined));
  const lines = rows.map((row) => columns.map((column) => quoted(row[column] ?? '')).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/** RFC 4180, section 2; what a comment begins with is quoted, too. */
function quoted(value: string): string {
  return /[",;\t\n]|^#|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
