/** What the orgs file says of each org: named as the flags that say the same. Each command takes those that it knows. */
export const COLUMNS = [
  'username',
  'instance-url',
  'alias',
  'client-id',
  'jwt-key-file',
  'audience',
  'admin',
  'name',
  'app-type',
  'users',
  'permission-set',
  'signer',
  'days',
] as const;

export type Column = (typeof COLUMNS)[number];

/** Columns of which a row may have several values, with white space, commas or semicolons between them, or as a list. */
const OF_SEVERAL: readonly Column[] = ['users', 'permission-set'];

/** What Setup, the CLI's older commands and the flags of single commands call the same. */
const OTHER_NAMES: Record<string, Column | undefined> = {
  consumerkey: 'client-id',
  setalias: 'alias',
  targetorg: 'admin',
  permissionsets: 'permission-set',
};

/** The column of a name, however it is spelled: `instance-url`, `instanceUrl`, `INSTANCE_URL` and `Instance URL`. */
export function columnOf(name: string): Column | undefined {
  const letters = lettersOf(name);
  return COLUMNS.find((column) => lettersOf(column) === letters) ?? OTHER_NAMES[letters];
}

/** Whether a row may have several values of a column. */
export function takesSeveral(column: Column): boolean {
  return OF_SEVERAL.includes(column);
}

/** The values of a column that takes several. */
export function severalIn(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(/[\s,;]+/).filter((each) => each !== '');
}

function lettersOf(name: string): string {
  return name.trim().toLowerCase().replace(/[-_ ]/g, '');
}
