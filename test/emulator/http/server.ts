import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { type Fault, faultReply, type Faults } from './faults.js';
import { type HttpReply, type HttpRequest, json, ReplyError } from './message.js';

/** One request and what became of it. */
export interface LoggedRequest {
  time: number;
  method: string;
  /** With query. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** 0 while unanswered, and for connections that were dropped. */
  status: number;
  responseBody: string;
  durationMs: number;
}

export interface ServerOptions {
  handle(request: HttpRequest): Promise<HttpReply>;
  faults: Faults;
  /** Wall clock of the org, for the `Date` header. */
  now(): number;
  onRequest?: (entry: LoggedRequest) => void;
}

/** Real HTTP on loopback. */
export class HttpServer {
  public readonly log: LoggedRequest[] = [];
  private readonly server: Server;
  private readonly stopping = new AbortController();

  public constructor(private readonly options: ServerOptions) {
    this.server = createServer((incoming, outgoing) => void this.serve(incoming, outgoing));
    // Longer than any pause between polls: on a busy machine a client may use a socket just as it's closed for being idle.
    this.server.keepAliveTimeout = 60_000;
  }

  /** A server that does not hold the process lets a test run end although a failed test left its org open. */
  public async listen(port: number, holdsProcess: boolean): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    if (!holdsProcess) this.server.unref();
    return (this.server.address() as AddressInfo).port;
  }

  public async close(): Promise<void> {
    this.stopping.abort();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const started = Date.now();
    try {
      const request = await readRequest(incoming);
      const entry = this.record(request, incoming);
      const reply = await this.answer(request, outgoing);
      entry.durationMs = Date.now() - started;
      if (reply) {
        entry.status = reply.status;
        entry.responseBody = reply.body.toString();
        this.send(outgoing, request, reply);
      }
      this.options.onRequest?.(entry);
    } catch (error) {
      // A client that hangs up while it is being read is no concern of the org.
      if (!incoming.destroyed && !this.stopping.signal.aborted) outgoing.destroy(error as Error);
    }
  }

  private record(request: HttpRequest, incoming: IncomingMessage): LoggedRequest {
    const entry: LoggedRequest = {
      time: this.options.now(),
      method: request.method,
      path: incoming.url ?? '/',
      headers: request.headers,
      body: request.body.toString(),
      status: 0,
      responseBody: '',
      durationMs: 0,
    };
    this.log.push(entry);
    return entry;
  }

  /** Undefined when the connection is gone without an answer. */
  private async answer(request: HttpRequest, outgoing: ServerResponse): Promise<HttpReply | undefined> {
    const fault: Fault | undefined = this.options.faults.take(request);
    const { signal } = this.stopping;
    if (fault?.latencyMs !== undefined) await delay(fault.latencyMs, undefined, { signal });
    if (fault?.hang) return undefined;
    if (fault?.drop === 'before') {
      drop(outgoing);
      return undefined;
    }
    if (fault?.take) {
      await fault.take(outgoing, request, () => this.process(request));
      return undefined;
    }
    const injected = fault && faultReply(fault);
    if (injected) return injected;
    const reply = await this.process(request);
    if (fault?.drop !== 'after') return reply;
    drop(outgoing);
    return undefined;
  }

  private async process(request: HttpRequest): Promise<HttpReply> {
    try {
      return await this.options.handle(request);
    } catch (error) {
      if (error instanceof ReplyError) return error.reply;
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return json(500, [{ errorCode: 'LOCAL_ORG_BUG', message }]);
    }
  }

  private send(outgoing: ServerResponse, request: HttpRequest, reply: HttpReply): void {
    const body = Buffer.isBuffer(reply.body) ? reply.body : Buffer.from(reply.body);
    outgoing.sendDate = false;
    outgoing.writeHead(reply.status, {
      ...reply.headers,
      date: new Date(this.options.now()).toUTCString(),
      ...(reply.status === 204 ? {} : { 'content-length': String(body.length) }),
    });
    outgoing.end(request.method === 'HEAD' ? undefined : body);
  }
}

function drop(outgoing: ServerResponse): void {
  outgoing.socket?.destroy();
}

async function readRequest(incoming: IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  // The sf CLI keeps instance URLs that end with a slash: `//services/data` means `/services/data`.
  const url = new URL((incoming.url ?? '/').replace(/^\/+/, '/'), 'http://localhost');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks),
    remoteAddress: incoming.socket.remoteAddress ?? '127.0.0.1',
  };
}
