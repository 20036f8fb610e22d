/**
 * Measures the plugin and writes its figures into docs/benchmarks.md, each part for itself.
 *
 *     npm run bench -- [grant] [commands] [signers] [fleet] [--runs N] [--orgs N] [--before TARBALL]
 *
 * Without a name, all parts are measured. `--runs` is how often each contestant is measured in each row, `--orgs` the
 * size of the fleet, `--before` an earlier packed plugin to which `commands` compares.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { benchCommands } from './bench-commands.js';
import { benchFleet } from './bench-fleet.js';
import { benchGrant } from './bench-grant.js';
import { benchSigners } from './bench-signers.js';

const REPORT = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '9' },
    orgs: { type: 'string', default: '100' },
    before: { type: 'string' },
  },
});
const runs = Number(values.runs);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const PARTS: Record<string, () => Promise<string>> = {
  grant: () => benchGrant(runs, say),
  commands: () => benchCommands({ runs, before: values.before }, say),
  signers: () => benchSigners(runs, say),
  fleet: () => benchFleet({ runs, orgs: Number(values.orgs) }, say),
};

const names = positionals.length === 0 ? Object.keys(PARTS) : positionals;
for (const name of names) {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`No part is named ${name}; there are ${Object.keys(PARTS).join(', ')}.`);
  const markdown = await part();
  say(`\n${markdown}`);
  await writePart(name, markdown);
}

/** Puts a part between its two marks and leaves the others as they are. */
async function writePart(name: string, markdown: string): Promise<void> {
  const report = await readFile(REPORT, 'utf8');
  const [start, end] = [`<!-- ${name} -->`, `<!-- ${name} ends -->`];
  const [before, after] = [report.indexOf(start), report.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${REPORT} has no place for ${name}`);
  const text = `${report.slice(0, before)}${start}\n\n${markdown}\n${report.slice(after)}`;
  await writeFile(REPORT, await format(text, { ...(await resolveConfig(REPORT)), parser: 'markdown' }));
}
