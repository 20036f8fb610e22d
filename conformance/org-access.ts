import type { HostRole, Json } from './recording.js';

/** The admin's session at the org, with what is known about both. */
export interface OrgAccess {
  instanceUrl: string;
  accessToken: string;
  username: string;
}

/** Where the generic hosts are; undefined: they aren't asked. */
export type LoginHosts = Partial<Record<'login' | 'test', string>>;

export type SentBody =
  | { type: 'json'; json: Json }
  | { type: 'xml'; text: string }
  | { type: 'form'; fields: Record<string, string> }
  | { type: 'multipart'; json: Json; zip: Buffer };

export interface Sent {
  method: string;
  host?: HostRole;
  /** With its query, encoded. */
  path: string;
  headers?: Record<string, string>;
  /** Of whose session; none: no `Authorization`. */
  token?: string;
  body?: SentBody;
}

export interface Received {
  status: number;
  headers: Headers;
  text: string;
}

/** Sends one request as it is. A redirect is an answer. */
export async function sendTo(url: string, sent: Sent, signal: AbortSignal): Promise<Received> {
  const { method, path, headers = {}, token, body } = sent;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    signal,
    headers: { ...authorization, ...contentType(body), ...headers },
    ...(body === undefined ? {} : { body: payload(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function contentType(body: SentBody | undefined): Record<string, string> {
  if (body?.type === 'json') return { 'content-type': 'application/json' };
  return body?.type === 'xml' ? { 'content-type': 'text/xml; charset=UTF-8' } : {};
}

function payload(body: SentBody): string | URLSearchParams | FormData {
  if (body.type === 'json') return JSON.stringify(body.json);
  if (body.type === 'xml') return body.text;
  if (body.type === 'form') return new URLSearchParams(body.fields);
  const form = new FormData();
  form.append('json', new Blob([JSON.stringify(body.json)], { type: 'application/json' }));
  form.append('file', new Blob([new Uint8Array(body.zip)], { type: 'application/zip' }), 'deploy.zip');
  return form;
}
