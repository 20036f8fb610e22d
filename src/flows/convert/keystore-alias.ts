/**
 * The alias of a key in a keystore, as Salesforce takes it: on import it becomes the certificate's unique name.
 *
 * @see https://help.salesforce.com/s/articleView?id=xcloud.security_keys_export_import_certs_with_a_keystore.htm
 */

/** Begins with a letter; letters, digits and single underscores, none at the end. */
export function isImportableAlias(alias: string): boolean {
  return /^[a-z](_?[a-z0-9])*$/i.test(alias);
}

/** The sizes of an RSA key, in bits, that the import takes. */
export const IMPORTABLE_KEY_SIZES: readonly number[] = [2048, 3072, 4096];

/** An alias that can be imported, as near to a file's name as it gets: `my-app 2.p12` gives `my_app_2`. */
export function aliasFrom(baseName: string): string {
  const words = baseName.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const alias = words.join('_');
  return isImportableAlias(alias) ? alias : ['key', ...words].join('_');
}
