import { isFailure, type Failure } from '../../failure.js';

/** Something that was read, or the reason why it couldn't be: every step of gathering may fail by itself. */
export type Reading<T> = { read: true; value: T } | { read: false; reason: string };

/** Runs one step of gathering; what it throws becomes the reason why there is no value. */
export async function attemptReading<T>(step: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { read: true, value: await step() };
  } catch (error) {
    return { read: false, reason: reasonOf(error) };
  }
}

/** The server's or the system's words, on one line. */
function reasonOf(error: unknown): string {
  if (isFailure(error)) return wordsOf(error);
  const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout';
  const words = cause instanceof Error && message === 'fetch failed' ? cause.message : message;
  return words.replace(/\s+/g, ' ').trim() || name;
}

/** What a failure of an org's answer quotes; its sentence is for a command that ends with it. */
function wordsOf({ code, data }: Failure): string {
  const values: Record<string, unknown> = { ...data };
  const words = values['words'] ?? values['reason'] ?? values['answer'] ?? values['location'];
  return typeof words === 'string' ? words : code;
}
