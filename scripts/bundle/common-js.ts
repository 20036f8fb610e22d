import 'reflect-metadata';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Whether Node.js takes a file for CommonJS. */
export function isCommonJs(path: string): boolean {
  if (!path.endsWith('.js')) return path.endsWith('.cjs');
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type !== 'module';
    if (folder === dirname(folder)) return true;
  }
}

/** What a CommonJS module exports, by name, besides the default. */
export function namesOf(path: string): string[] {
  const exported = require(path) as object;
  return Object.keys(exported).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default');
}
