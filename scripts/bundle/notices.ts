import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';

const HEADER = `sf-plugin-jwt contains the packages below, in whole or in part, as files of lib/.
`;

/** The folder of the package that a file belongs to. */
const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** A file that says under which terms a package is given out. */
const TERMS = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

type Package = { title: string; terms: string };

/** The licences of all packages that are in the files of these builds, each text once, below the packages that it is for. */
export function notices(root: string, metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap((metafile) =>
    Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs)),
  );
  const folders = inputs
    .map((path) => PACKAGE.exec(path.replace(/^[\w-]+:/, ''))?.[0])
    .filter((folder) => folder !== undefined);
  const packages = [...new Set(folders)].map((folder) => packageIn(resolve(root, folder)));
  const byTerms = Map.groupBy(
    packages.sort((a, b) => (a.title < b.title ? -1 : 1)),
    ({ terms }) => terms,
  );
  const parts = [...byTerms].map(([terms, those]) => {
    const titles = [...new Set(those.map(({ title }) => title))];
    return `${'='.repeat(80)}\n${titles.join('\n')}\n${'-'.repeat(80)}\n${terms}\n`;
  });
  return [HEADER, ...parts].join('\n');
}

function packageIn(folder: string): Package {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string | { type: string };
    author?: string | { name: string };
  };
  const licence = typeof license === 'object' ? license.type : license;
  if (licence === undefined) throw new Error(`${folder} has no license in its package.json`);
  const files = readdirSync(folder)
    .filter((file) => TERMS.test(file))
    .sort();
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const owner = typeof author === 'object' ? author.name : author;
  const terms =
    texts.length > 0
      ? texts.join('\n\n')
      : [`Licence: ${licence}`, owner].filter((line) => line !== undefined).join('\nCopyright: ');
  return { title: `${name} ${version} (${licence})`, terms };
}
