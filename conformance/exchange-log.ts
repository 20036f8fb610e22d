import { filesOf } from './metadata.js';
import type { Received, Sent } from './org-access.js';
import type { Exchange, Json, RecordedAssertion, RecordedBody, RecordedRequest } from './recording.js';

const REQUEST_HEADERS = ['content-type', 'soapaction'];
const ANSWER_HEADERS = ['content-type', 'location', 'retry-after', 'www-authenticate'];

/** Pages of HTML are cut after so many characters. */
const LONGEST_TEXT = 2000;

export interface Annotations {
  label: string;
  as?: string;
  assertion?: RecordedAssertion;
  /** What is in the zip that was sent. */
  files?: Record<string, string>;
  ms: number;
}

/** One request and its answer as they were, before anything is replaced. */
export async function exchangeOf(sent: Sent, received: Received, notes: Annotations): Promise<Exchange> {
  const { label, as, ms } = notes;
  const request: RecordedRequest = {
    method: sent.method,
    host: sent.host ?? 'org',
    path: decodeURIComponent(sent.path.replaceAll('+', ' ')),
    headers: requestHeaders(sent),
    ...(as === undefined ? {} : { as }),
    ...(sent.body === undefined ? {} : { body: requestBody(sent.body, notes) }),
  };
  const body = await answerBody(received);
  const headers = ANSWER_HEADERS.map((name): [string, string | null] => [name, received.headers.get(name)]);
  const seen = headers.filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    label,
    ms,
    request,
    answer: { status: received.status, headers: Object.fromEntries(seen), ...(body === undefined ? {} : { body }) },
  };
}

function requestHeaders({ headers = {}, body }: Sent): Record<string, string> {
  const types = { json: 'application/json', xml: 'text/xml', form: 'application/x-www-form-urlencoded' };
  const type = body === undefined ? undefined : body.type === 'multipart' ? 'multipart/form-data' : types[body.type];
  const all = { ...(type === undefined ? {} : { 'content-type': type }), ...headers };
  return Object.fromEntries(Object.entries(all).filter(([name]) => REQUEST_HEADERS.includes(name.toLowerCase())));
}

function requestBody(body: NonNullable<Sent['body']>, { assertion, files = {} }: Annotations): RecordedBody {
  if (body.type === 'multipart') return { type: 'files', files, json: body.json };
  if (body.type !== 'form') return body;
  return { type: 'form', fields: body.fields, ...(assertion === undefined ? {} : { assertion }) };
}

async function answerBody({ text, headers }: Received): Promise<RecordedBody | undefined> {
  if (text === '') return undefined;
  const type = headers.get('content-type') ?? '';
  const zip = /<zipFile>([^<]+)<\/zipFile>/.exec(text)?.[1];
  if (zip !== undefined) return { type: 'files', files: await filesOf(Buffer.from(zip, 'base64')) };
  if (type.includes('xml')) return { type: 'xml', text };
  const json = type.includes('json') ? parsed(text) : undefined;
  return json === undefined ? { type: 'text', text: text.slice(0, LONGEST_TEXT) } : { type: 'json', json };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not what the header says: kept as text.
    return undefined;
  }
}
