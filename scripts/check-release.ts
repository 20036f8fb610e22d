/**
 * Says whether a tag can be published: `npm run check-release -- vX.Y.Z OWNER/NAME`. With `--notes`, prints what the changelog says of the version.
 * Run in the project's folder.
 */
import { readFile } from 'node:fs/promises';

const [tag = '', repository = ''] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const asksForNotes = process.argv.includes('--notes');

type Manifest = { version: string; repository: { url: string } };
const { version, repository: stated } = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
const { version: locked } = JSON.parse(await readFile('package-lock.json', 'utf8')) as Manifest;
const changelog = await readFile('CHANGELOG.md', 'utf8');
const sections = changelog.split(/^## /m).slice(1);
const [heading, notes] = splitOnce(sections.find((section) => section.startsWith(`${version} `)) ?? '', '\n');

const url = `git+https://github.com/${repository}.git`;
const faults = [
  tag === `v${version}` ? [] : [`The tag is ${tag || 'missing'}, and package.json says version ${version}.`],
  locked === version ? [] : [`package-lock.json says version ${locked}: run npm install.`],
  stated.url === url
    ? []
    : [`package.json has the repository ${stated.url}: run npm run set-repository -- ${repository || 'OWNER/NAME'}`],
  /^\S+ - \d{4}-\d\d-\d\d$/.test(heading.trim()) && notes.trim() !== ''
    ? []
    : [`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD" with what has changed.`],
].flat();

for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else process.stdout.write(`${asksForNotes ? notes.trim() : `${tag} can be published.`}\n`);

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
