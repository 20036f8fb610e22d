import { readEntries, type JwtLogin } from '../../machine/store/stored-logins.js';
import type { OrgRow } from './rows.js';

/**
 * Lays what is stored of a login under what its row says: client id, URL and key, where neither the row nor a flag has a
 * client id. The store is read once, for the first row that needs it.
 *
 * @param given the flags that go before the store
 */
export function storedValues(given: {
  clientId: string | undefined;
  instanceUrl: URL | undefined;
  keyFile: string | undefined;
  signer: string | undefined;
}): (row: OrgRow) => OrgRow {
  let stored: Map<string, JwtLogin> | undefined;
  const find = (username: string): JwtLogin | undefined => {
    stored ??= new Map(readEntries().flatMap((entry) => (entry.type === 'jwt' ? [[entry.username, entry.login]] : [])));
    return stored.get(username);
  };
  return (row) => {
    const { values, username } = row;
    if (values['client-id'] !== undefined || given.clientId) return row;
    const login = find(username);
    if (login === undefined) return row;
    const { clientId, loginUrl, instanceUrl, privateKeyFile, signer: stored } = login;
    const { 'instance-url': ofUrl, 'jwt-key-file': ofKey, 'signer': ofSigner } = values;
    const url = ofUrl ?? (given.instanceUrl === undefined ? loginUrl || instanceUrl : undefined);
    const isGiven = Boolean(ofKey ?? ofSigner ?? given.keyFile ?? given.signer);
    const keyFile = ofKey ?? (isGiven ? undefined : privateKeyFile);
    const signer = ofSigner ?? (isGiven ? undefined : stored?.uri);
    return {
      ...row,
      values: {
        ...values,
        'client-id': clientId,
        ...(url === undefined ? {} : { 'instance-url': url }),
        ...(keyFile === undefined ? {} : { 'jwt-key-file': keyFile }),
        ...(signer === undefined ? {} : { signer }),
      },
    };
  };
}
