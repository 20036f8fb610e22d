/** What the orgs file says of each org: named as the flags of `jwt grant` that say the same. */
export const COLUMNS = ['username', 'instance-url', 'alias', 'client-id', 'jwt-key-file', 'audience'] as const;

export type Column = (typeof COLUMNS)[number];

/** The column of a name, however it is spelled: `instance-url`, `instanceUrl`, `INSTANCE_URL` and `Instance URL`. */
export function columnOf(name: string): Column | undefined {
  const letters = lettersOf(name);
  return COLUMNS.find((column) => lettersOf(column) === letters);
}

function lettersOf(name: string): string {
  return name.trim().toLowerCase().replace(/[-_ ]/g, '');
}
