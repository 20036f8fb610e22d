import { setTimeout as delay } from 'node:timers/promises';

import { type Component, escapeXml, zipOf } from './metadata.js';
import type { Received, Sent } from './org-access.js';
import type { Json, RecordedAssertion } from './recording.js';

/** What a request is called in the recording. `repeat`: it takes the place of an earlier one of the same label. */
export interface Notes {
  label: string | ((received: Received) => string);
  files?: Record<string, string>;
  repeat?: boolean;
  /** What of an answer in JSON is recorded; the whole answer unless said. */
  shown?: (json: Json) => Json;
  /** Whose session it carries, if not the admin's. */
  as?: string;
  assertion?: RecordedAssertion;
}

export type Transport = (sent: Sent, notes: Notes) => Promise<Received>;

/** Milliseconds between two looks at something, and until it is given up. */
export interface Pace {
  deploymentPollMs: number;
  loginPollMs: number;
  /** Until a login that should work does. */
  readyMs: number;
  /** Until a login that is refused is believed to stay so. */
  settleMs: number;
}

export interface DeployEnd {
  success: boolean;
  problems: string[];
}

type Fields = Record<string, Json>;

/** Whose session the call carries, if not the admin's, and what that is called. */
type SoapOptions = Pick<Notes, 'repeat' | 'as'> & { token?: string };

const ENVELOPE =
  'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** The requests that probes and clean-up share. None throws because of what the org answers. */
export class OrgApi {
  public constructor(
    private readonly transport: Transport,
    /** For instance `67.0`. */
    public readonly apiVersion: string,
    protected readonly token: string,
    protected readonly pace: Pace,
    protected readonly signal: AbortSignal,
  ) {}

  protected get data(): string {
    return `/services/data/v${this.apiVersion}`;
  }

  public async get(label: string, path: string, token = this.token): Promise<Json | undefined> {
    return jsonOf(await this.transport({ method: 'GET', path: this.data + path, token }, { label }));
  }

  public async post(label: string, path: string, json: Json, token = this.token): Promise<Received> {
    const sent: Sent = { method: 'POST', path: this.data + path, token, body: { type: 'json', json } };
    return this.transport(sent, { label });
  }

  /** Rows of a query, none if it was refused. */
  public async query(
    label: string,
    soql: string,
    options: { tooling?: boolean; repeat?: boolean; token?: string } = {},
  ): Promise<Fields[]> {
    const { tooling = false, repeat = false, token = this.token } = options;
    const path = `${this.data}${tooling ? '/tooling' : ''}/query?q=${encodeURIComponent(soql)}`;
    const answer = jsonOf(await this.transport({ method: 'GET', path, token }, { label, repeat }));
    const records = answer !== null && typeof answer === 'object' && 'records' in answer ? answer['records'] : [];
    return Array.isArray(records) ? (records as Fields[]) : [];
  }

  /** Id of the new record, or undefined if it was refused. */
  public async create(label: string, object: string, fields: Fields): Promise<string | undefined> {
    const answer = jsonOf(await this.post(label, `/sobjects/${object}`, fields));
    const id = answer !== null && typeof answer === 'object' && 'id' in answer ? answer['id'] : undefined;
    return typeof id === 'string' ? id : undefined;
  }

  /** Whether it was taken. */
  public async update(label: string, object: string, id: string, fields: Fields): Promise<boolean> {
    const body = { type: 'json' as const, json: fields };
    const path = `${this.data}/sobjects/${object}/${id}`;
    return (await this.transport({ method: 'PATCH', path, token: this.token, body }, { label })).status < 300;
  }

  public async remove(label: string, object: string, id: string): Promise<boolean> {
    const path = `${this.data}/sobjects/${object}/${id}`;
    return (await this.transport({ method: 'DELETE', path, token: this.token }, { label })).status < 300;
  }

  /** A call of the Metadata API over SOAP; the answer's text. */
  public async soap(label: string, operation: string, inner: string, options: SoapOptions = {}): Promise<string> {
    const { token = this.token, ...notes } = options;
    const header = `<soapenv:Header><SessionHeader><sessionId>${escapeXml(token)}</sessionId></SessionHeader></soapenv:Header>`;
    const body = `<soapenv:Body><${operation}>${inner}</${operation}></soapenv:Body>`;
    const text =
      `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope ${ENVELOPE} xmlns="http://soap.sforce.com/2006/04/metadata">` +
      `${header}${body}</soapenv:Envelope>`;
    const path = `/services/Soap/m/${this.apiVersion}`;
    const sent: Sent = { method: 'POST', path, headers: { soapaction: '""' }, body: { type: 'xml', text } };
    return (await this.transport(sent, { label, ...notes })).text;
  }

  /** Full names of the components of these types. */
  public async list(label: string, types: readonly string[]): Promise<Array<Omit<Component, 'elements'>>> {
    const found: Array<Omit<Component, 'elements'>> = [];
    for (const type of types) {
      const query = `<queries><type>${type}</type></queries><asOfVersion>${this.apiVersion}</asOfVersion>`;
      const text = await this.soap(`${label} ${type}`, 'listMetadata', query);
      for (const [, fullName = ''] of text.matchAll(/<fullName>([^<]+)<\/fullName>/g)) found.push({ type, fullName });
    }
    return found;
  }

  /** Deploys over REST and waits for the end. */
  public async deploy(label: string, files: Record<string, string>, options: Fields = {}): Promise<DeployEnd> {
    const deployOptions = { singlePackage: true, rollbackOnError: true, ...options };
    const path = `${this.data}/metadata/deployRequest`;
    const body = { type: 'multipart' as const, json: { deployOptions }, zip: await zipOf(files) };
    const started = await this.transport({ method: 'POST', path, token: this.token, body }, { label, files });
    const id = started.status === 201 ? (jsonOf(started) as { id: string }).id : undefined;
    if (id === undefined) return { success: false, problems: [started.text] };
    for (;;) {
      const ended = await this.look(label, `${path}/${id}?includeDetails=true`);
      if (ended !== undefined) return ended;
      await delay(this.pace.deploymentPollMs, undefined, { signal: this.signal });
    }
  }

  /** Each status on the way is kept once; the last look has the label `…: end`. */
  private async look(label: string, path: string): Promise<DeployEnd | undefined> {
    const name = (received: Received): string => {
      const seen = resultOf(received);
      return `${label}: ${seen?.done === true ? 'end' : (seen?.status ?? 'no status')}`;
    };
    const sent: Sent = { method: 'GET', path, token: this.token };
    const result = resultOf(await this.transport(sent, { label: name, repeat: true }));
    if (result?.done !== true) return undefined;
    const failures = [result.details?.componentFailures ?? []].flat().map(({ problem }) => problem ?? '');
    const problems = result.errorMessage === undefined ? failures : [result.errorMessage, ...failures];
    return { success: result.success, problems };
  }
}

interface DeployResult {
  done: boolean;
  status: string;
  success: boolean;
  errorMessage?: string;
  details?: { componentFailures?: { problem?: string } | Array<{ problem?: string }> };
}

function resultOf(received: Received): DeployResult | undefined {
  return (jsonOf(received) as unknown as { deployResult?: DeployResult } | undefined)?.deployResult;
}

/** Text in a column of a row, empty if there is none. */
export function cell(row: Fields | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : '';
}

/** JSON of an answer, undefined if it is something else. */
export function jsonOf({ text }: Received): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A page, or nothing.
    return undefined;
  }
}
