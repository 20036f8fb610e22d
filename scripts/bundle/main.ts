/**
 * Makes `lib/` as it is published: the commands and the hooks for `sf doctor`, each a small file, and what they share in
 * `lib/chunks/` and `lib/libraries/`. A CI job starts a command anew each time, and what a command does takes less time
 * than loading two thousand modules.
 *
 * - What the sources import dynamically stays a chunk of its own, which is loaded when it's asked for.
 * - The libraries of Salesforce are files of their own, whose modules run when they are first used (`libraries.ts`).
 * - What draws tables, with React, is loaded by `showTable` alone.
 * - The texts of `messages/` are in the chunks, read and checked already.
 * - What programs import is in `lib/api/`, with its types in one file (`declarations.ts`).
 * - Classes and functions keep their names, since error messages and logs show them.
 * - `lib/THIRD-PARTY-NOTICES.txt` has the licences of all that is in these files, since nothing of it is a dependency.
 */
import { globSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile, Plugin } from 'esbuild';
import { bundleChunks, withinProject } from './chunks.js';
import { declarationsOf } from './declarations.js';
import { addressOf, bundleLibrary, namesAsked } from './libraries.js';
import { notices } from './notices.js';

const ROOT = join(import.meta.dirname, '..', '..');
const PLUGINS_CORE = join(ROOT, 'node_modules', '@salesforce', 'sf-plugins-core', 'lib');

const HOOKS = ['src/flows/doctor/before-sf-doctor.ts', 'src/flows/doctor/sf-doctor.ts'];

/** What programs import. Built apart from the commands: what is shared would be cut into more chunks, which each command would load. */
const API = 'src/flows/api/index.ts';

/** Packages that the commands load late are there once: in the chunks of the commands. */
function packagesOf({ outputs }: Metafile): Plugin {
  const chunks = new Map(Object.entries(outputs).map(([path, { entryPoint }]) => [entryPoint, path]));
  return {
    name: 'packages-of-the-commands',
    setup: (bundler) => {
      bundler.onResolve({ filter: /^[^./]/ }, async ({ path, kind, pluginData, ...options }) => {
        if (kind !== 'dynamic-import' || pluginData !== undefined) return undefined;
        const resolved = await bundler.resolve(path, { ...options, kind, pluginData: packagesOf });
        const file = withinProject(resolved.path);
        const chunk = chunks.get(file) ?? chunks.get(`late:${file}`);
        return chunk === undefined ? undefined : { path: chunk.replace('lib/', '../'), external: true };
      });
    },
  };
}

await rm(join(ROOT, 'lib'), { recursive: true, force: true });
const names = namesAsked([
  ...globSync('src/**/*.ts', { cwd: ROOT }).map((path) => join(ROOT, path)),
  ...globSync('**/*.js', { cwd: PLUGINS_CORE }).map((path) => join(PLUGINS_CORE, path)),
]);
// What bin/run.js needs.
names.oclif.add('execute');
names.pretty.add('pino-pretty');
const ours = { outdir: 'lib', addressOf };
const ofCommands = await bundleChunks({
  ...ours,
  oneCommonChunk: true,
  entryPoints: [...globSync('src/commands/**/*.ts', { cwd: ROOT }), ...HOOKS],
  chunkNames: 'chunks/[name]-[hash]',
});
const ofApi = await bundleChunks({
  ...ours,
  entryPoints: [{ in: API, out: join('api', 'index') }],
  chunkNames: 'api/[name]-[hash]',
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [packagesOf(ofCommands)],
});
const metafiles = [ofCommands, ofApi];
await writeFile(join(ROOT, 'lib', 'api', 'index.d.ts'), declarationsOf(join(ROOT, API)));
for (const library of ['oclif', 'pretty', 'core', 'jsforce'] as const)
  metafiles.push(
    await bundleLibrary(library, names[library], {
      root: ROOT,
      jsforce: names.jsforce,
      outdir: join('lib', 'libraries'),
      addressOf,
    }),
  );
await writeFile(join(ROOT, 'lib', 'THIRD-PARTY-NOTICES.txt'), notices(ROOT, metafiles));
