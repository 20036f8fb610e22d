/** A query the org refuses, with the error code of the REST API (HTTP 400). */
export class SoqlError extends Error {
  public constructor(
    public readonly code: 'MALFORMED_QUERY' | 'INVALID_FIELD' | 'INVALID_TYPE' | 'EXCEEDED_ID_LIMIT',
    message: string,
  ) {
    super(message);
  }
}

/** The words for an object that the org lacks, or the caller may not query: the query's line, and a mark below the name. */
export function unsupported(soql: string, name: string): SoqlError {
  const at = Math.max(soql.search(new RegExp(`\\b${name}\\b`, 'i')), 0);
  return new SoqlError(
    'INVALID_TYPE',
    `\n${soql}\n${' '.repeat(at)}^\nERROR at Row:1:Column:${at + 1}\nsObject type '${name}' is not supported. If you are ` +
      "attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL " +
      'or the describe call for the appropriate names.',
  );
}

export const malformed = (message: string): SoqlError => new SoqlError('MALFORMED_QUERY', message);
