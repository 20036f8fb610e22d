/** A query the org refuses, with the error code of the REST API (HTTP 400). */
export class SoqlError extends Error {
  public constructor(
    public readonly code: 'MALFORMED_QUERY' | 'INVALID_FIELD' | 'INVALID_TYPE',
    message: string,
  ) {
    super(message);
  }
}

export const malformed = (message: string): SoqlError => new SoqlError('MALFORMED_QUERY', message);
