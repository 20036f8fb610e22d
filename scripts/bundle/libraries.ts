/**
 * The libraries of Salesforce that a command runs in, each as one file of `lib/libraries/`. What `tsc` made of them
 * loads everything at once, most of it for commands of others; here each of their modules is run when something of it is
 * first used.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** A file of `lib/libraries/`, and the package whose modules it gives out. */
const LIBRARIES = {
  core: '@salesforce/core',
  jsforce: '@jsforce/jsforce-node',
  oclif: '@oclif/core',
  pretty: 'pino-pretty',
} as const;
export type Library = keyof typeof LIBRARIES;

/** Which library a package's module is in. */
export function libraryOf(specifier: string): Library | undefined {
  const found = Object.entries(LIBRARIES).find(([, name]) => specifier === name || specifier.startsWith(`${name}/`));
  return found?.[0] as Library | undefined;
}

/** By what a library's file is found, wherever the chunk that asks for it stands; see `imports` in package.json. */
export type AddressOf = (library: Library) => string;
export const addressOf: AddressOf = (library) => `#libraries/${library}`;

/** What else is written in the way of `tsc`. */
const TSC_MADE =
  /node_modules[\\/](@salesforce[\\/](core|kit)|@oclif[\\/]core|@jsforce[\\/]jsforce-node)[\\/]lib[\\/].*\.js$/;

/** As `tsc` writes an import, but for the modules of Node.js, which cost nothing. */
const IMPORT = /^(?:const|var) (\w+) = ((?:__importStar|__importDefault)?\(?require\((["'])(?!node:)[^"']+\3\)\)?);$/gm;

/** Turns the imports of a module into what is done when they are first used. */
export function lazily(text: string): string {
  let result = text;
  const loaders: string[] = [];
  for (const [line, name, expression] of text.matchAll(IMPORT)) {
    const numbered = /_\d+$/.test(name!);
    // What isn't numbered is a plain word: `* as`, of which only properties are used, or a `require` that somebody wrote.
    if (!numbered && !expression!.startsWith('__importStar')) continue;
    const uses = new RegExp(`(?<![\\w$'"\`])(?<!(?<!\\.\\.)\\.)${name!}\\b${numbered ? '' : '(?=\\.\\w)'}`, 'g');
    result = result.replace(line, '').replace(uses, `(${name!}())`);
    loaders.push(`let ${name!}_loaded; function ${name!}() { return ${name!}_loaded ??= ${expression!}; }`);
  }
  return ['"use strict";', ...loaders, result].join('\n');
}

/** Only Node.js development tools have these, or other platforms than Node.js. */
const ABSENT = ['typescript', 'ts-node', 'tsx', 'pnpapi', 'encoding', 'bufferutil', 'utf-8-validate'];

/** Reached for by code that never runs here: a browser's file system. */
const NEVER = /^memfs$/;

/** Pino for core's logger: what core would have a worker write is written without one. */
const PINO = `
  const pino = require('pino');
  const { logStream } = require(${JSON.stringify(join(import.meta.dirname, 'log-stream.ts'))});
  const withoutSecrets = (record) => require('./filters').filterSecrets([record])[0][0];
  const pretty = (options) => require(${JSON.stringify('#libraries/pretty')})['pino-pretty'].prettyFactory(options);
  exports.levels = pino.levels;
  exports.pino = ({ transport, ...options }, stream) =>
    pino(options, transport === undefined ? stream : logStream(transport, withoutSecrets, pretty, process.env));`;

/** Where the modules are that have the names: `Connection` → `org/connection.js`. */
function homesOf(library: Library, names: ReadonlySet<string>): Array<[name: string, path: string, whole: boolean]> {
  const index = require.resolve(LIBRARIES[library]);
  const exported = require(index) as Record<string, unknown>;
  const modules = Object.values(require.cache).filter(
    (module) => module?.filename.startsWith(dirname(index)) === true && module.filename !== index,
  );
  return [...names].sort().map((name) => {
    const whole = modules.find((module) => module?.exports === exported[name]);
    const home =
      whole ?? modules.find((module) => (module?.exports as Record<string, unknown>)[name] === exported[name]);
    if (exported[name] === undefined || home === undefined) throw new Error(`${LIBRARIES[library]} has no ${name}`);
    return [name, home.filename, whole !== undefined];
  });
}

/** Getters of names, for core and oclif; of whole modules, for jsforce. */
function entryOf(library: Library, asked: ReadonlySet<string>): string {
  const getter = (name: string, expression: string): string =>
    `get ${JSON.stringify(name)}() { return ${expression}; },`;
  const names =
    library === 'jsforce' || library === 'pretty'
      ? [...asked].sort().map((path) => getter(path, `require(${JSON.stringify(path)})`))
      : homesOf(library, asked).map(([name, path, whole]) =>
          getter(name, `require(${JSON.stringify(path)})${whole ? '' : `.${name}`}`),
        );
  return `module.exports = {\n${names.join('\n')}\n};`;
}

function libraryPlugin(
  library: Library,
  asked: ReadonlySet<string>,
  { jsforce, addressOf }: Pick<Place, 'jsforce' | 'addressOf'>,
): Plugin {
  return {
    name: 'library',
    setup: (bundler) => {
      bundler.onResolve({ filter: /^entry$/ }, () => ({ path: library, namespace: 'entry' }));
      bundler.onLoad({ filter: /./, namespace: 'entry' }, () => ({
        contents: entryOf(library, asked),
        resolveDir: import.meta.dirname,
      }));
      bundler.onResolve({ filter: /^@jsforce\/jsforce-node/ }, ({ path, importer }) => {
        if (library === 'jsforce') return undefined;
        if (importer !== '') jsforce.add(path);
        return { path, namespace: 'jsforce' };
      });
      bundler.onLoad({ filter: /./, namespace: 'jsforce' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(addressOf('jsforce'))})[${JSON.stringify(path)}];`,
      }));
      bundler.onResolve({ filter: NEVER }, ({ path }) => ({ path, namespace: 'never' }));
      bundler.onLoad({ filter: /./, namespace: 'never' }, () => ({ contents: 'module.exports = {};' }));
      bundler.onResolve({ filter: /^pino$/ }, ({ importer, namespace }) =>
        namespace === 'file' && /[\\/]logger[\\/]logger\.js$/.test(importer)
          ? { path: importer, namespace: 'pino' }
          : undefined,
      );
      bundler.onLoad({ filter: /./, namespace: 'pino' }, ({ path }) => ({ contents: PINO, resolveDir: dirname(path) }));
      bundler.onLoad({ filter: TSC_MADE }, async ({ path }) => ({ contents: lazily(await readFile(path, 'utf8')) }));
    },
  };
}

/** Where a library's file goes and how it's found there; `jsforce` gets the paths of the modules that core asks for. */
type Place = {
  root: string;
  outdir: string;
  jsforce: Set<string>;
  addressOf: AddressOf;
  /** Shortens names, which hold paths of modules. */
  minifyIdentifiers?: boolean;
};

/** The names that files import from each library; of jsforce, the paths of its modules. */
export function namesAsked(files: readonly string[]): Record<Library, Set<string>> {
  const names = {
    core: new Set<string>(),
    jsforce: new Set<string>(),
    oclif: new Set<string>(),
    pretty: new Set<string>(),
  };
  for (const file of files) {
    for (const [, list = '', path = ''] of readFileSync(file, 'utf8').matchAll(
      /^import \{([^}]*)\} from '([^']+)'/gm,
    )) {
      const library = libraryOf(path);
      if (library === 'jsforce') names.jsforce.add(path);
      else if (library !== undefined)
        for (const name of list.split(',').map((each) => each.trim().split(' ')[0]!))
          if (name !== '' && name !== 'type') names[library].add(name);
    }
  }
  return names;
}

/**
 * @param asked names for core and oclif, paths of modules for jsforce; those that core asks of jsforce are added
 * @returns what is in it
 */
export async function bundleLibrary(
  library: Library,
  asked: ReadonlySet<string>,
  { root, outdir, minifyIdentifiers = false, ...place }: Place,
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [{ in: 'entry', out: basename(place.addressOf(library), '.cjs') }],
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minifyIdentifiers,
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: true,
    legalComments: 'none',
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: [...ABSENT, '#libraries/*', './*-library.cjs'],
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [libraryPlugin(library, asked, place)],
    metafile: true,
  });
  return metafile;
}
