import { existsSync } from 'node:fs';
import { Failure } from '../../failure.js';
import { requireNoSecret, requirePath, type PathUse } from '../../machine/files/path-value.js';

/**
 * How every flag reads the text that it's given. White space around it is no part of it, and in names, URLs and paths
 * neither are quotes: a CI's variables, Windows line ends and shells leave them there. An empty flag is what an unset
 * variable gives: it counts as not given, but where it would name what the command acts on.
 */

/** What an empty value is: as if the flag weren't there, or a mistake. Required flags and those with a default refuse it. */
export type Empty = 'absent' | 'refused';

/** What oclif tells `parse` about the flag. */
type Definition = { required?: boolean; multiple?: boolean; default?: unknown };

type Parse = (value: string, context?: unknown, flag?: Definition) => Promise<string | undefined>;

const AROUND_NAMES = /^[\s"'“”‘’]+|[\s"'“”‘’]+$/g;

/** A name, a URL or a path without what stands around it. */
export const bare = (value: string): string => value.replaceAll(AROUND_NAMES, '');

/**
 * For `parse` of a flag or an argument whose value is a path. A key, a token or a passphrase that got there is refused
 * before anything could repeat it. A file that has just this name is meant, whatever stands around it.
 *
 * @param name what the messages call it, such as `--jwt-key-file`
 * @throws Failure those of `requirePath`; `flag_empty`
 */
export const asPath = (name: string, use: PathUse = 'input', empty: Empty = 'absent'): Parse =>
  reading(name, empty, (value) => {
    const path = value !== '' && existsSync(value) ? value : bare(value);
    requirePath(path, name, use);
    return path;
  });

/** The same for an argument, which is there or refused. */
export const asPathArgument =
  (name: string) =>
  async (value: string): Promise<string> => {
    const path = await asPath(name)(value, undefined, { required: true });
    return path!;
  };

/**
 * For `parse` of a flag whose value is a name: a key or a token that got there is refused before anything could repeat it.
 *
 * @throws Failure those of `requireNoSecret`; `flag_empty`
 */
export const asText = (name: string, empty: Empty = 'absent'): Parse =>
  reading(name, empty, (value) => {
    const text = bare(value);
    requireNoSecret(text, name);
    return text;
  });

/**
 * For `parse` of a flag whose value is free text, in which quotes mean themselves.
 *
 * @throws Failure `flag_empty`
 */
export const asWords = (name: string, empty: Empty = 'absent'): Parse => reading(name, empty, (value) => value.trim());

/**
 * For `parse` of a flag whose value is the URI of a signer. In the command line of `exec:` quotes mean themselves.
 *
 * @throws Failure those of `requireNoSecret`
 */
export const asSigner = (name: string): Parse =>
  reading(name, 'absent', (value) => {
    const uri = /^\s*exec:/i.test(value) ? value.trim() : bare(value);
    requireNoSecret(uri, name);
    return uri;
  });

function reading(name: string, empty: Empty, read: (value: string) => string): Parse {
  return async (value, _context, { required, multiple, default: fallback } = {}) => {
    const text = read(value);
    if (text !== '') return Promise.resolve(text);
    if (empty === 'refused' || required === true || multiple === true || fallback !== undefined)
      throw new Failure('flag_empty', { flag: name });
    return undefined;
  };
}
