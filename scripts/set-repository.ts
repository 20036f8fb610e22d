/**
 * Puts the repository's name into every file that holds it: `npm run set-repository -- OWNER/NAME`. Run in the project's folder; may be run again
 * for another name.
 */
import { readFile, writeFile } from 'node:fs/promises';

/** What holds the repository's address, and the file that holds its owner. */
const WITH_ADDRESS = ['package.json', 'SECURITY.md', '.github/ISSUE_TEMPLATE/config.yml'];
const WITH_OWNER = '.github/CODEOWNERS';
/** Workflows name the action by its repository. */
const WITH_ACTION = 'docs/action.md';

const [wanted = '', ...rest] = process.argv.slice(2);
const [, owner, name] = /^([A-Za-z\d](?:[A-Za-z\d-]{0,37}[A-Za-z\d])?)\/([\w.-]{1,100})$/.exec(wanted) ?? [];
if (owner === undefined || name === undefined || rest.length > 0) {
  process.stderr.write('Say the repository as GitHub has it: npm run set-repository -- OWNER/NAME\n');
  process.exit(2);
}

const { repository } = JSON.parse(await readFile('package.json', 'utf8')) as { repository: { url: string } };
const [, current = '', currentOwner = ''] =
  /^git\+https:\/\/github\.com\/(([^/]+)\/.+)\.git$/.exec(repository.url) ?? [];
if (current === '') throw new Error(`package.json has a repository that isn't at GitHub: ${repository.url}`);

// Everything is read before anything is written.
const changes = await Promise.all([
  ...WITH_ADDRESS.map((file) => changed(file, `github.com/${current}`, `github.com/${owner}/${name}`)),
  changed(WITH_ACTION, `uses: ${current}`, `uses: ${owner}/${name}`),
  changed(WITH_OWNER, `@${currentOwner}`, `@${owner}`),
]);
for (const { file, text } of changes) {
  await writeFile(file, text);
  process.stdout.write(`${file}\n`);
}

async function changed(file: string, from: string, to: string): Promise<{ file: string; text: string }> {
  const text = await readFile(file, 'utf8');
  // Not the beginning of a longer name.
  const whole = new RegExp(`${from.replaceAll('.', '\\.')}(?![\\w-])`, 'g');
  if (!whole.test(text)) throw new Error(`${file} doesn't hold ${from}`);
  return { file, text: text.replaceAll(whole, to) };
}
