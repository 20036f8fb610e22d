import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The blocks of code of a page of the documentation, in order, without their indent. */
export function codeBlocks(page: string): Array<{ language: string; text: string }> {
  const text = readFileSync(join(import.meta.dirname, '..', '..', page), 'utf8');
  return [...text.matchAll(/^( *)```(\w*)[^\n]*\n([^]*?)^ *```$/gm)].map(
    ([, indent = '', language = '', code = '']) => ({
      language,
      text: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** The one script of a page that begins with this comment below its first line. */
export function scriptIn(page: string, comment: string): string {
  const [script, second] = codeBlocks(page).filter(({ text }) => text.startsWith(`#!/bin/sh\n# ${comment}`));
  if (script === undefined || second !== undefined) throw new Error(`No single script "${comment}" in ${page}`);
  return script.text;
}
