/**
 * The org's time. `skewMs` shifts only what the server believes and tells (the `Date` header, `exp` checks);
 * `advance` lets time pass for everything, propagation and session lifetime included.
 */
export class Clock {
  public skewMs = 0;
  private advancedMs = 0;

  /** The server's wall clock. */
  public now(): number {
    return this.elapsed() + this.skewMs;
  }

  /** Time that passes; a skewed clock does not move it. */
  public elapsed(): number {
    return Date.now() + this.advancedMs;
  }

  public advance(ms: number): void {
    this.advancedMs += ms;
  }

  public iso(): string {
    return new Date(this.now()).toISOString();
  }
}

/** `2026-05-09T16:19:01.000+0000`, the form of date-times in REST records. */
export function restDateTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000');
}

/** `2026-05-09T16:19:01.000Z` without fractions, the form of date-times in Metadata API answers. */
export function metadataDateTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}.000Z`;
}
