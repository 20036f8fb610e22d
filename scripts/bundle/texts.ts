import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Messages } from '@salesforce/core';

const require = createRequire(import.meta.url);

/** By which package's name its folder `messages/` is found. */
const FOLDERS: Record<string, string> = {
  'sf-plugin-jwt': join(import.meta.dirname, '..', '..'),
  '@salesforce/sf-plugins-core': dirname(require.resolve('@salesforce/sf-plugins-core')),
};

/** What a chunk imports the texts of one file by. */
export const TEXTS = /^texts:(.+)\/([\w.-]+)$/;

const IMPORT_FOLDER = /^\s*Messages\.importMessagesDirectoryFromMetaUrl\(import\.meta\.url\);$/gm;
const LOAD = /Messages\.loadMessages\('([^']+)', '([\w.-]+)'\)/g;

/** Turns the reading of `messages/` into imports of what was read here, so that a command reads and checks no file. */
export function withTexts(source: string): string {
  const imports: string[] = [];
  // Asked for by a value of theirs, since chunks may run in another order than that of imports that ask for nothing.
  const text = source.replace(IMPORT_FOLDER, '').replace(LOAD, (_, name: string, file: string) => {
    imports.push(`import { bundle as texts${imports.length} } from 'texts:${name}/${file}';`);
    return `Messages.loadMessages(...texts${imports.length - 1})`;
  });
  return imports.join('') + text;
}

/** The module that `texts:PACKAGE/FILE` stands for: it gives core the texts as core itself has read them here. */
export function moduleOfTexts(specifier: string): string {
  const [, name = '', file = ''] = TEXTS.exec(specifier) ?? [];
  const folder = FOLDERS[name];
  if (folder === undefined) throw new Error(`The messages of ${name} are in no folder that is known here`);
  Messages.importMessagesDirectory(folder);
  const { messages } = Messages.loadMessages(name, file) as unknown as { messages: Map<string, string | string[]> };
  const bundle = JSON.stringify(file);
  return `
    import { Messages } from '@salesforce/core';
    Messages.setLoaderFunction(${JSON.stringify(name)}, ${bundle}, (locale) =>
      new Messages(${bundle}, locale, new Map(${JSON.stringify([...messages])})));
    export const bundle = [${JSON.stringify(name)}, ${bundle}];`;
}
