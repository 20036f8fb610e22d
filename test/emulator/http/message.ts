import type { IncomingHttpHeaders } from 'node:http';

import type { Json } from '../metadata/deploy-result.js';

export interface HttpRequest {
  method: string;
  /** Path without query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  remoteAddress: string;
}

export interface HttpReply {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export function json(status: number, value: Json | object, headers: Record<string, string> = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(value),
  };
}

export function html(status: number, body: string): HttpReply {
  return { status, headers: { 'content-type': 'text/html;charset=UTF-8' }, body };
}

export function xml(status: number, body: string): HttpReply {
  return { status, headers: { 'content-type': 'text/xml;charset=utf-8' }, body };
}

export function empty(status: number, headers: Record<string, string> = {}): HttpReply {
  return { status, headers, body: '' };
}

/** The error list of the REST API. */
export function restError(status: number, errorCode: string, message: string, fields?: string[]): HttpReply {
  return json(status, [{ message, errorCode, ...(fields && fields.length > 0 ? { fields } : {}) }]);
}

/** A reply thrown by code that cannot go on. */
export class ReplyError extends Error {
  public constructor(public readonly reply: HttpReply) {
    super(String(reply.body));
  }
}

/** Form fields of the body, whatever the query holds. */
export function formOf(request: HttpRequest): URLSearchParams {
  const type = request.headers['content-type'] ?? '';
  return new URLSearchParams(type.startsWith('application/x-www-form-urlencoded') ? request.body.toString() : '');
}

export function jsonBody(request: HttpRequest): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(request.body.toString() || '{}');
    if (value !== null && typeof value === 'object') return value as Record<string, unknown>;
  } catch {
    // Falls through to the parser error below.
  }
  throw new ReplyError(restError(400, 'JSON_PARSER_ERROR', 'The HTTP entity body is required, but was not valid JSON'));
}
