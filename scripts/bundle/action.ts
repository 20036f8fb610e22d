/**
 * Makes `dist/`, which is committed: the action of `action.yml` with all that it needs, since a runner installs nothing. It's what
 * the sources build, byte for byte; a test compares them.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleChunks } from './chunks.js';
import { bundleLibrary, namesAsked, type AddressOf } from './libraries.js';
import { notices } from './notices.js';

const ROOT = join(import.meta.dirname, '..', '..');

const addressOf: AddressOf = (library) => `./${library}-library.cjs`;

// A test names another folder.
const outdir = process.argv[2] ?? join(ROOT, 'dist');
await rm(outdir, { recursive: true, force: true });
const chunks = await bundleChunks({
  entryPoints: [{ in: join('action', 'main.ts'), out: 'main' }],
  outdir,
  chunkNames: '[name]-[hash]',
  minify: true,
  addressOf,
});
const sources = Object.keys(chunks.inputs).filter((path) => /^(src|action)\//.test(path));
const names = namesAsked(sources.map((path) => join(ROOT, path)));
const core = await bundleLibrary('core', names.core, {
  ...{ root: ROOT, outdir, minifyIdentifiers: true },
  ...{ jsforce: names.jsforce, addressOf },
});
await writeFile(join(outdir, 'THIRD-PARTY-NOTICES.txt'), notices(ROOT, [chunks, core]));
