import type { ServerResponse } from 'node:http';
import type { HttpReply, HttpRequest } from './message.js';

/** What a test wants to go wrong. Without `respond`, `take`, `drop` or `hang` a fault only adds latency. */
export interface Fault {
  match: ((request: HttpRequest) => boolean) | { method?: string; path: RegExp };
  /** How many requests it hits; all, if absent. */
  times?: number;
  latencyMs?: number;
  respond?: { status: number; headers?: Record<string, string>; body: string };
  /**
   * Answers in the place of the org, byte by byte if it likes, instead of `respond`.
   *
   * @param reply has the org process the request, and says what it would have answered
   */
  take?: (outgoing: ServerResponse, request: HttpRequest, reply: () => Promise<HttpReply>) => void | Promise<void>;
  /** The connection is destroyed before, or after, the org processed the request. */
  drop?: 'before' | 'after';
  /** The request is accepted and never answered. */
  hang?: boolean;
}

export class Faults {
  private readonly active: Array<{ fault: Fault; left: number }> = [];

  /** Returns a function that takes the fault back. */
  public add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.active.push(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  public clear(): void {
    this.active.length = 0;
  }

  /** The fault for this request, if one is due; uses up one of its `times`. */
  public take(request: HttpRequest): Fault | undefined {
    const entry = this.active.find(({ fault, left }) => left > 0 && matches(fault, request));
    if (!entry) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}

function matches({ match }: Fault, request: HttpRequest): boolean {
  if (typeof match === 'function') return match(request);
  if (match.method !== undefined && match.method.toUpperCase() !== request.method) return false;
  return match.path.test(request.path);
}

export function faultReply({ respond }: Fault): HttpReply | undefined {
  return (
    respond && {
      status: respond.status,
      headers: { 'content-type': 'text/html', ...respond.headers },
      body: respond.body,
    }
  );
}
