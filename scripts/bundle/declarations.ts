/**
 * The types of the programmatic API as one file that imports nothing but Node.js: what the entry exports, and the types that
 * this names. Made without the type checker, which `tsc -p test` is.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const RELATIVE = /^(?:import|export) [^;]*? from ["'](\.[^"']+)\.js["'];\n/gm;
const NODE_IMPORT = /^import (?:type )?\{([^}]*)\} from ["'](node:[^"']+)["'];\n/gm;

/** What another file than the entry declares besides types is of no use to those who read them. */
const VALUE = /^(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?export declare (?:function|const) [^]*?;\n(?! )/gm;

/**
 * @param entry path of the module that programs import
 * @throws Error where a declaration needs the type checker, or imports a package
 */
export function declarationsOf(entry: string): string {
  const texts = new Map<string, string>();
  read(entry, texts);
  const [own = '', ...others] = texts.values();
  const exported = own.replace(/^export (type )?(\{[^}]*\}) from ["']\.[^"']+["'];/gm, 'export $1$2;');
  const parts = [
    exported,
    ...others.map((text) => text.replace(VALUE, '').replace(/^export (?=type|declare|interface)/gm, '')),
  ];
  const nodeImports = new Set(parts.flatMap(importedFromNode));
  const body = parts
    .map((text) =>
      text
        .replace(RELATIVE, '')
        .replace(NODE_IMPORT, '')
        .replace(/^export \{\};\n/gm, '')
        .trim(),
    )
    .filter((text) => text !== '')
    .join('\n\n');
  const [foreign] = /^import .*$/m.exec(body) ?? [];
  if (foreign !== undefined) throw new Error(`The types of the API have an import: ${foreign}`);
  return ['/// <reference types="node" />', ...nodeImports, body, ''].join('\n');
}

/** A module's declarations, and those of all that they import, the importing one first. */
function read(path: string, texts: Map<string, string>): void {
  if (texts.has(path)) return;
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(path, 'utf8'), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext, verbatimModuleSyntax: true },
  });
  const [problem] = diagnostics;
  if (problem !== undefined) throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`);
  texts.set(path, outputText);
  for (const [, target = ''] of outputText.matchAll(RELATIVE)) read(join(dirname(path), `${target}.ts`), texts);
}

/** A line for each name, so that each is there once. */
function importedFromNode(text: string): string[] {
  return [...text.matchAll(NODE_IMPORT)].flatMap(([, names = '', module = '']) =>
    names.split(',').map((name) => `import type { ${name.replace(/\btype\b/, '').trim()} } from '${module}';`),
  );
}
