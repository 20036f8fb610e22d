/**
 * What went wrong and what to do, in words. `code` is stable, and is what programs should look at; docs/error-codes.md lists
 * them all.
 */
export class JwtError extends Error {
  public override readonly name: string = 'JwtError';
  /** Lower case with underscores, such as `user_not_approved`. */
  public readonly code: string;
  /** Sentences, many of them with a command to paste. May be empty. */
  public readonly actions: string[];
  /** The values that the message names; of a refused login the server's `error` and `error_description`. No secret. */
  public readonly data: Record<string, unknown>;

  public constructor(
    message: string,
    { code, actions, data }: { code: string; actions: string[]; data: Record<string, unknown> },
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.actions = actions;
    this.data = data;
  }
}
