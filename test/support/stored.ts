/** JWT logins in the store of a workplace, as `sf jwt grant` leaves them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CI_USER, type Workplace } from './workplace.js';

/** The path of the stored entry of a user. */
export const entryPath = (home: string, username = CI_USER): string => join(home, '.sfdx', `${username}.json`);

/** Changes the stored entry of a user by hand. */
export async function editEntry(home: string, fields: Record<string, unknown>, username = CI_USER): Promise<void> {
  const path = entryPath(home, username);
  const entry = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...entry, ...fields }, null, 2));
}

/** Stores the entry of a user once more, under another username: quicker than logging in. */
export async function copyEntry(home: string, username: string, fields: Record<string, unknown> = {}): Promise<void> {
  await writeFile(entryPath(home, username), await readFile(entryPath(home), 'utf8'), { mode: 0o600 });
  await editEntry(home, { username, ...fields }, username);
}

/** Every file of sf's state that holds a word, such as a username: paths below the HOME. */
export function filesWith(workplace: Workplace, word: string): string[] {
  return ['.sfdx', '.sf', join('.sf', 'jwt-keys'), join('work', '.sf'), join('work', '.sfdx')].flatMap((folder) => {
    const path = join(workplace.home, folder);
    const entries = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : [];
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.log'))
      .map(({ name }) => join(folder, name))
      .filter((name) => name.includes(word) || readFileSync(join(workplace.home, name), 'utf8').includes(word));
  });
}

/** As if the ten seconds had passed after which core takes the lock of a dead process for stale. */
export async function expireLocks(home: string): Promise<void> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  for (const { name, parentPath } of entries.filter((entry) => entry.isDirectory() && entry.name.endsWith('.lock'))) {
    await utimes(join(parentPath, name), new Date(0), new Date(0));
  }
}
