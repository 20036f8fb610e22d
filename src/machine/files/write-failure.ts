import { getSystemErrorMessage } from 'node:util';
import { Failure, isFailure } from '../../failure.js';

/** Whether an error is one of the operating system's, which has a `code` such as `ENOSPC`. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'errno' in error;
}

/** The operating system's own words and its code: `no space left on device (ENOSPC)`. */
export function reasonOf(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error);
  // What Node.js refuses by itself has a number too, but not one of the system's.
  const words = (error.errno ?? 0) < 0 ? getSystemErrorMessage(error.errno!) : error.message;
  return `${words} (${error.code ?? ''})`;
}

/** Names the file that the user asked for, not the temporary one that the system's message would name. */
export function writeFailure(path: string, error: unknown): Failure {
  return isFailure(error) ? error : new Failure('write_failed', { path, reason: reasonOf(error) }, { cause: error });
}
