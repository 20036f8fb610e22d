import { Failure } from '../failure.js';

const LONGEST_BASE_NAME = 100;

/** Names of devices, which Windows gives to every file of that name whatever its extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Checks a name that extensions are added to. What Windows can't store is refused everywhere, so that a folder of keys
 * can move between systems.
 *
 * @throws Failure `base_name_invalid`.
 */
export function checkBaseName(name: string): void {
  const usable =
    name.trim() !== '' &&
    name !== '.' &&
    name !== '..' &&
    Buffer.byteLength(name) <= LONGEST_BASE_NAME &&
    !/[/\\:*?"<>|\p{Cc}]/u.test(name) &&
    !DEVICE.test(name);
  if (!usable) throw new Failure('base_name_invalid', { name: JSON.stringify(name), limit: LONGEST_BASE_NAME });
}
