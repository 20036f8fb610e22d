/** What is packed of our own sources: chunks that are loaded when they're asked for, and ask for the libraries of Salesforce in turn. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { isCommonJs, namesOf } from './common-js.js';
import { libraryOf, type AddressOf } from './libraries.js';
import { moduleOfTexts, TEXTS, withTexts } from './texts.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** `Ux` of sf-plugins-core, imported by that name, can draw tables; the one behind `SfCommand` can't. */
const WITH_TABLES = { withTables: true };
const TABLELESS = `
  const none = () => { throw new Error('showTable draws tables'); };
  export { none as makeTable, none as printTable };`;

const tables: Plugin = {
  name: 'tables',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^@oclif\/table$/ }, ({ path, pluginData }) =>
      pluginData === WITH_TABLES ? undefined : { path, namespace: 'tableless' },
    );
    bundler.onLoad({ filter: /./, namespace: 'tableless' }, () => ({ contents: TABLELESS, loader: 'js' }));
    bundler.onResolve({ filter: /^@salesforce\/sf-plugins-core\/Ux$/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === WITH_TABLES) return undefined;
      const resolved = await bundler.resolve(path, { ...options, pluginData: WITH_TABLES });
      return { ...resolved, suffix: '?with-tables', pluginData: WITH_TABLES };
    });
  },
};

/** What a module of `lib/libraries/` is to the chunks: getters of its names. */
const librariesAt = (addressOf: AddressOf): Plugin => ({
  name: 'libraries',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^@/ }, ({ path, kind }) => {
      if (libraryOf(path) === undefined) return undefined;
      // It would come without its names.
      if (kind === 'dynamic-import') return { errors: [{ text: 'A library is lazy as it is: import it statically.' }] };
      return { path, namespace: 'library' };
    });
    bundler.onLoad({ filter: /./, namespace: 'library' }, ({ path }) => {
      const library = libraryOf(path)!;
      const whole = `require(${JSON.stringify(addressOf(library))})`;
      const contents = library === 'jsforce' ? `${whole}[${JSON.stringify(path)}]` : whole;
      return { contents: `module.exports = ${contents};`, loader: 'js' };
    });
  },
});

/** CommonJS packages of which only names are imported, never the default, and which run when something of them is used. */
const LAZY = ['cli-progress', '@salesforce/kit', '@salesforce/ts-types'];

/** Other CommonJS packages. Those that are imported dynamically have their names, as in Node.js. */
const commonJs: Plugin = {
  name: 'common-js',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^[^./]/ }, async ({ path, kind, pluginData: found, ...options }) => {
      const late = kind === 'dynamic-import';
      if (found !== undefined || !(late || (kind === 'import-statement' && LAZY.includes(path)))) return undefined;
      const resolved = await bundler.resolve(path, { ...options, kind, pluginData: commonJs });
      if (resolved.namespace !== 'file' || !isCommonJs(resolved.path)) return undefined;
      const pluginData: Found = { file: resolved.path };
      return { path: withinProject(resolved.path), namespace: late ? 'late' : 'lazy', pluginData };
    });
    bundler.onLoad({ filter: /./, namespace: 'lazy' }, ({ pluginData }) => {
      const { file } = pluginData as Found;
      return {
        contents: `
        const whole = () => require(${JSON.stringify(file)});
        ${namesOf(file)
          .map(
            (name) =>
              `Object.defineProperty(exports, ${JSON.stringify(name)}, { enumerable: true, get: () => whole().${name} });`,
          )
          .join('\n')}`,
        resolveDir: dirname(file),
      };
    });
    bundler.onLoad({ filter: /./, namespace: 'late' }, ({ pluginData }) => {
      const { file } = pluginData as Found;
      return {
        contents: `
        import whole from ${JSON.stringify(file)};
        export default whole;
        export const { ${namesOf(file).join(', ')} } = whole;`,
        resolveDir: dirname(file),
      };
    });
  },
};

/** A package's file, wherever it really is. */
type Found = { file: string };

/** A path as it's called in every checkout, so that each makes the same. */
export function withinProject(path: string): string {
  return path.replaceAll(sep, '/').replace(/^.*?\/(?=node_modules\/)/, '');
}

const BANNER = `/* Made by scripts/bundle; for what is in it besides sf-plugin-jwt, see THIRD-PARTY-NOTICES.txt. */
import { createRequire as createRequireOfChunk } from 'node:module';
const require = createRequireOfChunk(import.meta.url);`;

/** sf-plugins-core imports it late, which here it needn't. */
const LATE_CORE = "await import('@salesforce/core')";

/**
 * Small files that most commands use. The bundler makes a chunk of what the same files use, and each of these would be one: a
 * command would load twenty chunks of a kilobyte. Used by all, they are one. None of them imports another file than these.
 */
const COMMON = [
  ...['failure', 'failure-data', 'keys/secrets', 'keys/assertion/assertion', 'keys/assertion/audience'],
  ...['keys/credential/secret-text', 'keys/signer/signer', 'machine/stored-signer', 'machine/files/path-value'],
  ...['machine/files/write-failure', 'salesforce/hosts', 'salesforce/page', 'salesforce/token/answer'],
  ...[
    'salesforce/token/endpoint',
    'salesforce/token/login-url',
    'salesforce/token/network',
    'salesforce/token/session',
  ],
  ...['terminal/messages', 'terminal/one-line', 'terminal/printable', 'terminal/progress', 'terminal/table'],
].map((name) => join(ROOT, 'src', ...name.split('/')) + '.ts');

/** The hook that runs before every command of the CLI loads as little as it can. */
const ALONE = join(ROOT, 'src', 'flows', 'doctor', 'before-sf-doctor.ts');

const together: Plugin = {
  name: 'together',
  setup: (bundler) => {
    const imports = COMMON.map((path) => `import ${JSON.stringify(path)};`).join('');
    bundler.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      if (COMMON.includes(path) || path === ALONE || !path.startsWith(join(ROOT, 'src'))) return undefined;
      return { contents: `${withTexts(readFileSync(path, 'utf8'))}\n${imports}`, loader: 'ts' };
    });
  },
};

/** Sources, and sf-plugins-core, whose texts are seen to here. */
const sources: Plugin = {
  name: 'sources',
  setup: (bundler) => {
    bundler.onResolve({ filter: TEXTS }, ({ path }) => ({ path, namespace: 'texts' }));
    bundler.onLoad({ filter: /./, namespace: 'texts' }, ({ path }) => ({
      contents: moduleOfTexts(path),
      resolveDir: import.meta.dirname,
      loader: 'js',
    }));
    bundler.onLoad({ filter: /[\\/](sf-plugins-core[\\/]lib|src)[\\/].*\.[jt]s$/ }, ({ path, pluginData: data }) => ({
      contents: withTexts(readFileSync(path, 'utf8')).replaceAll(LATE_CORE, "require('@salesforce/core')"),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
      pluginData: data as unknown,
    }));
  },
};

/** The bundler writes `var JwtGrant = class _JwtGrant`, and stack traces would show it. */
function withCommandNames(text: string): string {
  return text.replace(/\b_(Jwt[A-Z]\w*)\b/g, '$1');
}

export type Chunks = Pick<
  BuildOptions,
  'entryPoints' | 'outdir' | 'chunkNames' | 'minify' | 'minifyWhitespace' | 'minifySyntax' | 'plugins'
> & {
  /** Whether what most of them use is one chunk. */
  oneCommonChunk?: boolean;
  /** What a library is required by, from every chunk. */
  addressOf: AddressOf;
};

export async function bundleChunks({
  plugins = [],
  addressOf,
  oneCommonChunk = false,
  ...chunks
}: Chunks): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    ...chunks,
    absWorkingDir: ROOT,
    outbase: 'src',
    bundle: true,
    splitting: true,
    keepNames: true,
    legalComments: 'none',
    platform: 'node',
    format: 'esm',
    target: 'node22',
    banner: { js: BANNER },
    external: ['#libraries/*', './*-library.cjs', 'react-devtools-core'],
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [...plugins, tables, librariesAt(addressOf), commonJs, ...(oneCommonChunk ? [together] : []), sources],
    write: false,
    metafile: true,
  });
  for (const { path, text } of outputFiles) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, withCommandNames(text));
  }
  return metafile;
}
