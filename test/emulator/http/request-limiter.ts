import type { RequestLimit } from '../switches.js';
import { html, type HttpReply } from './message.js';

/** Counts the requests of a host, and refuses those beyond its limit; the refused ones don't count. */
export class RequestLimiter {
  private taken: number[] = [];

  /** @returns the refusal, or undefined where there is room */
  public refuse(limit: false | RequestLimit, now: number): HttpReply | undefined {
    if (limit === false) return undefined;
    this.taken = this.taken.filter((time) => time > now - limit.windowMs);
    if (this.taken.length < limit.requests) {
      this.taken.push(now);
      return undefined;
    }
    // Whole seconds, rounded up: who comes back then is welcome.
    const seconds = Math.ceil(((this.taken[0] ?? now) + limit.windowMs - now) / 1000);
    const reply = html(
      limit.status,
      `<html><body><h1>${limit.status === 429 ? 'Too Many Requests' : 'Service Unavailable'}</h1></body></html>`,
    );
    if (limit.retryAfter === 'none') return reply;
    const date = new Date(Math.ceil(now / 1000 + seconds) * 1000);
    const value = limit.retryAfter === 'seconds' ? String(seconds) : date.toUTCString();
    return { ...reply, headers: { ...reply.headers, 'retry-after': value } };
  }
}
