import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pairOf } from './workplace.js';

/** Two JWT logins, one of which has lost its key, and one of another kind. */
export async function storeLogins(folder: string): Promise<void> {
  const store = join(folder, '.sfdx');
  await mkdir(store, { recursive: true });
  const entry = (username: string, fields: object): Promise<void> =>
    writeFile(
      join(store, `${username}.json`),
      JSON.stringify({ username, loginUrl: 'https://acme.my.salesforce.com', ...fields }),
    );
  await writeFile(join(folder, 'server.key'), (await pairOf()).key, { mode: 0o600 });
  await entry('ci@acme.com', { privateKey: join(folder, 'server.key') });
  await entry('lost@acme.com', { privateKey: join(folder, 'lost.key') });
  await entry('web@acme.com', { refreshToken: 'x' });
}
