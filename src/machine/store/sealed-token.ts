import { ConfigFile } from '@salesforce/core';
import { keyChainPath, makeKeyChain } from './key-chain.js';
import { whileLocked } from './state-files.js';

/** A configuration file of core's whose secrets core encrypts as it does in entries, with the key of its key chain. */
class Sealed extends ConfigFile {
  protected static override readonly encryptedKeys = [/token/i];
}

/**
 * Access tokens as entries have them. Two first logins at once would each make a key chain, and one of them couldn't read its
 * token again.
 */
export async function sealTokens(accessTokens: readonly string[]): Promise<string[]> {
  return whileLocked(keyChainPath(), async () => {
    makeKeyChain();
    // It's never written; the name is only there because core asks for one.
    const file = await Sealed.create({ isGlobal: true, filename: 'jwt-sealed.json' });
    return accessTokens.map((accessToken) => {
      file.set('accessToken', accessToken);
      return file.getContents()['accessToken'] as string;
    });
  });
}
