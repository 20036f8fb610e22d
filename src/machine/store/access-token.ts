import { AuthInfo } from '@salesforce/core';
import { keepSecret } from '../../keys/secrets.js';

/** An access token that core has decrypted, none where the entry has none, or why it can't be read. */
export type StoredToken = { accessToken: string | undefined } | { reason: string };

/** The access token of a stored login. It asks no org. */
export async function readAccessToken(username: string): Promise<StoredToken> {
  try {
    const { accessToken } = (await AuthInfo.create({ username })).getFields(true);
    keepSecret(accessToken ?? '');
    return { accessToken: accessToken === '' ? undefined : accessToken };
  } catch (error) {
    return { reason: (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim() };
  }
}
