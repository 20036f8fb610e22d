import { Failure } from '../../failure.js';

const LONGEST_BASE_NAME = 100;

/** Names of devices, which Windows gives to every file of that name whatever its extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Whether extensions can be added to a name. What Windows can't store is refused everywhere, so that a folder of keys can
 * move between systems.
 */
export function isBaseName(name: string): boolean {
  return (
    name.trim() !== '' &&
    name !== '.' &&
    name !== '..' &&
    Buffer.byteLength(name) <= LONGEST_BASE_NAME &&
    !/[/\\:*?"<>|\p{Cc}]/u.test(name) &&
    !DEVICE.test(name)
  );
}

/** @throws Failure `base_name_invalid`. */
export function checkBaseName(name: string): void {
  if (!isBaseName(name))
    throw new Failure('base_name_invalid', { name: JSON.stringify(name), limit: LONGEST_BASE_NAME });
}
