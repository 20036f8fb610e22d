import { knownClientIds, readKnownApp } from '../../machine/store/known-apps.js';
import type { CopyTarget } from './copy/copy.js';
import type { RowAdmin } from './admins.js';
import type { OrgRow } from './rows.js';

/**
 * The client ids that the app of a row may have: that of the row, the one in the copy, and those of apps of the name that the
 * admin has set up from here. The folder is read once, for the first row.
 */
export function knownIds(
  copy: Pick<CopyTarget, 'known'> | undefined,
): (row: OrgRow, admin: RowAdmin, name: string) => string[] {
  let apps: Map<string, string[]> | undefined;
  const keyOf = (admin: string, name: string): string => `${admin}\n${name.toLowerCase()}`;
  return ({ username, values }, admin, name) => {
    apps ??= Map.groupBy(knownClientIds(), (clientId) => {
      const app = readKnownApp(clientId);
      return keyOf(app.admin ?? '', app.name ?? '');
    });
    const given = [values['client-id'], copy?.known.get(username.toLowerCase())?.['client-id']];
    const known = apps.get(keyOf(admin.username, name)) ?? [];
    return [...new Set([...given.filter((id) => id !== undefined), ...known])];
  };
}
