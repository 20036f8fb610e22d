import type { Connection } from '@salesforce/core';

/** The username behind a Metadata API, as commands of advice name it; empty where the connection has none. */
export function adminOf({ _conn }: Connection['metadata']): string {
  const { getUsername } = _conn as { getUsername?: () => string | undefined };
  return getUsername?.call(_conn) ?? '';
}
