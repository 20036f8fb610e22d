/**
 * Makes `jwt grant` start fast: rewrites `lib/commands/jwt/grant.js` as one file with all of ours and sf-plugins-core in
 * it. A CI job runs this command each time, and what it does takes less time than loading two thousand modules.
 *
 * - `@salesforce/core` stays a dependency, but of its index only the modules that are really used are loaded, each when
 *   it is first asked for; the index loads jsforce, zod and streaming clients at once. A name whose module is somewhere
 *   else in another version of core is taken from the index.
 * - `@oclif/table`, which draws tables with React, is left out: this command draws none.
 *
 * Part of `npm pack`; the tests of the packed plugin run what this makes. Everything else runs what `tsc` made.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');
const COMMAND = join(ROOT, 'lib', 'commands', 'jwt', 'grant.js');

const CORE = /^@salesforce\/core(\/\w+)?$/;
const LAZY = 'lazy';

/** What stands in for core: every name of its index as a getter. CommonJS, so that the bundler keeps it lazy. */
function lazyCore(): string {
  const require = createRequire(import.meta.url);
  const index = require.resolve('@salesforce/core');
  const core = require(index) as Record<string, unknown>;
  const modules = Object.values(require.cache).filter(
    (module) => module?.filename.startsWith(dirname(index)) === true && module.filename !== index,
  );
  const getters = Object.keys(core).map((name) => {
    const home = modules.find((module) => (module?.exports as Record<string, unknown>)[name] === core[name]);
    const path = relative(dirname(index), home?.filename ?? index);
    return `lazy(${JSON.stringify(name)}, ${JSON.stringify(path.replaceAll('\\', '/'))});`;
  });
  return `
    const { dirname, join } = require('node:path');
    const folder = dirname(require.resolve('@salesforce/core'));
    const load = (path) => {
      try {
        return require(join(folder, path));
      } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') throw error;
        return require('@salesforce/core');
      }
    };
    const lazy = (name, path) =>
      Object.defineProperty(exports, name, { enumerable: true, get: () => load(path)[name] });
    Object.defineProperty(exports, '__esModule', { value: true });
    ${getters.join('\n')}`;
}

const TABLELESS = `
  const none = () => { throw new Error('This command draws no tables'); };
  export { none as makeTable, none as printTable };`;

/** sf-plugins-core finds its messages beside its own files, and now its code is beside ours. */
const OWN_MESSAGES = 'Messages.importMessagesDirectoryFromMetaUrl(import.meta.url)';
const THEIR_MESSAGES = `Messages.importMessagesDirectory(require('node:path').dirname(require.resolve('@salesforce/sf-plugins-core')))`;

const BANNER = `/* Contains @salesforce/sf-plugins-core, Copyright Salesforce, Inc., Apache License 2.0. Made by scripts/bundle.ts. */
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

const lean: Plugin = {
  name: 'lean',
  setup: (bundler) => {
    bundler.onResolve({ filter: CORE }, () => ({ path: 'core', namespace: LAZY }));
    bundler.onResolve({ filter: /^@oclif\/table$/ }, () => ({ path: 'table', namespace: LAZY }));
    // All other packages stay where they are.
    bundler.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'entry-point' || path === '@salesforce/sf-plugins-core' ? undefined : { path, external: true },
    );
    bundler.onLoad({ filter: /^core$/, namespace: LAZY }, () => ({ contents: lazyCore(), loader: 'js' }));
    bundler.onLoad({ filter: /^table$/, namespace: LAZY }, () => ({ contents: TABLELESS, loader: 'js' }));
    bundler.onLoad({ filter: /sf-plugins-core[\\/]lib[\\/].*\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(OWN_MESSAGES, THEIR_MESSAGES),
      loader: 'js',
    }));
  },
};

await build({
  entryPoints: [COMMAND],
  outfile: COMMAND,
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  banner: { js: BANNER },
  plugins: [lean],
});
