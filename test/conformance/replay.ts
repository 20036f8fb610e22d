import JSZip from 'jszip';

import type {
  Exchange,
  Json,
  RecordedAssertion,
  RecordedBody,
  RecordedRequest,
  Recording,
} from '../../conformance/recording.js';
import { childOf, parseXml, textOf } from '../emulator/metadata/xml.js';
import { type Claims, signAssertion, type TestKey } from '../emulator/testkit/keys.js';
import { zip } from '../emulator/testkit/packages.js';
import { type Bindings, Unbound } from './bindings.js';
import { compareBodies, type Difference } from './compare.js';

/** The local org, as a replay sees it. */
export interface ReplayTarget {
  /** Origins by the part that a host plays in a recording. */
  hosts: Partial<Record<RecordedRequest['host'], string>>;
  /** The session of whoever asks, by what `as` says. */
  tokenOf: (as: string) => string;
  /** By the placeholder's name, such as `key-1`. */
  keyOf: (name: string) => Pick<TestKey, 'privateKey'>;
  bindings: Bindings;
}

/** One exchange, asked again. */
export interface Replayed {
  probe: string;
  label: string;
  /** `unserved`: the local org doesn't know the request. `unrepeatable`: nobody can send it again from its recording. */
  outcome: 'asked' | 'unserved' | 'unrepeatable';
  differences: Difference[];
}

/** The local org speaks HTTP where a real one speaks HTTPS; to a recording that is no difference. */
const toLocal = (text: string): string =>
  text.replaceAll('https://localhost:', 'http://localhost:').replaceAll('HTTPS://LOCALHOST:', 'HTTP://LOCALHOST:');
const fromLocal = (text: string): string => text.replaceAll('http://localhost:', 'https://localhost:');

interface Answer {
  status: number;
  body: RecordedBody | undefined;
}

/** Asks the local org everything that was recorded, in the same order, and compares the answers. */
export async function replay(recording: Recording, target: ReplayTarget): Promise<Replayed[]> {
  const replayed: Replayed[] = [];
  for (const { probe, exchanges } of recording.probes) {
    for (const exchange of exchanges)
      replayed.push({ probe, label: exchange.label, ...(await again(exchange, target)) });
  }
  return replayed;
}

async function again(exchange: Exchange, target: ReplayTarget): Promise<Pick<Replayed, 'outcome' | 'differences'>> {
  const { body } = exchange.request;
  const isChanged = body?.type === 'form' && body.assertion?.changed === true;
  if (isChanged) return { outcome: 'unrepeatable', differences: [] };
  try {
    return await askUntilAlike(exchange, target);
  } catch (error) {
    if (error instanceof Unbound) return { outcome: 'unrepeatable', differences: [] };
    throw error;
  }
}

/** What only looks is asked again for a while: it may have been on its way to what was recorded. */
async function askUntilAlike(
  exchange: Exchange,
  target: ReplayTarget,
): Promise<Pick<Replayed, 'outcome' | 'differences'>> {
  const until = Date.now() + (onlyLooks(exchange.request) ? WAIT_MS : 0);
  for (;;) {
    let differences: Difference[] = [];
    let status = 0;
    await target.bindings.keepIf(async () => {
      const answer = await askOnce(exchange, target);
      ({ status } = answer);
      differences = compare(exchange, answer, target.bindings);
      return differences.length === 0 || Date.now() >= until;
    });
    if (status === 501) return { outcome: 'unserved', differences: [] };
    if (differences.length === 0 || Date.now() >= until) return { outcome: 'asked', differences };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const WAIT_MS = 3000;

const onlyLooks = ({ method, body }: RecordedRequest): boolean =>
  method === 'GET' || (body?.type === 'xml' && /<(check\w+Status|readMetadata|listMetadata)>/.test(body.text));

function compare({ answer: recorded }: Exchange, local: Answer, bindings: Bindings): Difference[] {
  const differs = recorded.status !== local.status;
  const status = { where: 'status', recorded: String(recorded.status), local: String(local.status) };
  // A look at a deployment on its way says something of that moment.
  if (isDone(recorded.body) === false && isDone(local.body) === true) return differs ? [status] : [];
  return [...(differs ? [status] : []), ...compareBodies(recorded.body, local.body, bindings)];
}

async function askOnce(exchange: Exchange, target: ReplayTarget): Promise<Answer> {
  const { request, answer } = exchange;
  if (request.body?.type === 'xml' && answer.body?.type === 'files') return filesOf(request, target);
  if (request.body?.type === 'files' && answer.body === undefined) return deployWhole(request, target);
  return ask(request, target);
}

/** Whether a deployment or a retrieve has ended, as far as a body tells of one. */
function isDone(body: RecordedBody | undefined): boolean | undefined {
  if (body?.type === 'xml') {
    const done = /<done>(true|false)<\/done>/.exec(body.text)?.[1];
    return done === undefined ? undefined : done === 'true';
  }
  if (body?.type !== 'json' || typeof body.json !== 'object') return undefined;
  const { deployResult } = (body.json ?? {}) as { deployResult?: { done?: boolean } };
  return deployResult?.done;
}

/**
 * The files of a retrieve: of its end, or, where the recording has only its request and the files, of both together.
 */
async function filesOf(request: RecordedRequest, target: ReplayTarget): Promise<Answer> {
  const asked = await ask(request, target);
  const id =
    asked.body?.type === 'xml' && /<retrieveResponse>/.test(asked.body.text) ? resultOf(asked.body.text, 'id') : '';
  const ended = id === '' || id === undefined ? asked : await check('checkRetrieveStatus', id, request, target);
  const archive = ended.body?.type === 'xml' ? resultOf(ended.body.text, 'zipFile') : undefined;
  if (archive === undefined) return ended;
  return { status: ended.status, body: { type: 'files', files: await unzipped(archive) } };
}

/** A deployment over SOAP of which no answer was kept: what follows it needs its end. */
async function deployWhole(request: RecordedRequest, target: ReplayTarget): Promise<Answer> {
  const started = await ask(request, target);
  const id = started.body?.type === 'xml' ? resultOf(started.body.text, 'id') : undefined;
  for (let tries = 1; id !== undefined && tries < 1000; tries++) {
    if (isDone((await check('checkDeployStatus', id, request, target)).body) !== false) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return started;
}

async function check(operation: string, id: string, request: RecordedRequest, target: ReplayTarget): Promise<Answer> {
  const text = soapEnvelope(`<${operation}><asyncProcessId>${id}</asyncProcessId></${operation}>`);
  return ask({ ...request, body: { type: 'xml', text } }, target);
}

const soapEnvelope = (operation: string): string =>
  '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><SessionHeader><sessionId>{admin-token}</sessionId>' +
  `</SessionHeader></Header><Body>${operation}</Body></Envelope>`;

/** A text in the `<result>` of an answer's only operation. */
function resultOf(envelope: string, name: string): string | undefined {
  return textOf(childOf(childOf(parseXml(envelope), 'Body')?.children[0], 'result'), name);
}

async function unzipped(base64: string): Promise<Record<string, string>> {
  const { files } = await JSZip.loadAsync(base64, { base64: true });
  const entries = Object.values(files).filter(({ dir }) => !dir);
  const read = entries.map(async (file): Promise<[string, string]> => [file.name, await file.async('text')]);
  return Object.fromEntries(await Promise.all(read));
}

async function ask(request: RecordedRequest, target: ReplayTarget): Promise<Answer> {
  const { bindings, hosts } = target;
  const host = hosts[request.host];
  if (host === undefined) return { status: 501, body: undefined };
  const token = request.as === undefined ? undefined : target.tokenOf(request.as);
  const sent = await bodyOf(request, target);
  const headers = {
    ...(sent instanceof FormData ? {} : request.headers),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(host + encoded(toLocal(bindings.fill(request.path))), {
    method: request.method,
    headers,
    redirect: 'manual',
    ...(sent === undefined ? {} : { body: sent }),
  });
  return {
    status: answer.status,
    body: bodyIn(answer.headers.get('content-type') ?? '', fromLocal(await answer.text())),
  };
}

/** A recorded path is decoded; only a query in SOQL has characters in it that would end it. */
function encoded(path: string): string {
  const [before = '', soql] = path.split(/(?<=\/query(?:All)?\?q=)/);
  if (soql !== undefined) return before + encodeURIComponent(soql);
  return encodeURI(decodeURI(path));
}

function bodyIn(contentType: string, text: string): RecordedBody | undefined {
  if (text === '') return undefined;
  if (contentType.includes('json')) return { type: 'json', json: JSON.parse(text) as Json };
  return contentType.includes('xml') ? { type: 'xml', text } : { type: 'text', text };
}

async function bodyOf({ path, body }: RecordedRequest, target: ReplayTarget): Promise<string | FormData | undefined> {
  const { bindings } = target;
  if (body === undefined) return undefined;
  if (body.type === 'xml' || body.type === 'text') return bindings.fill(body.text);
  if (body.type === 'json') return JSON.stringify(bindings.fillJson(body.json));
  if (body.type === 'files') {
    const entries = Object.entries(body.files).map(([name, text]) => [bindings.fill(name), bindings.fill(text)]);
    const archive = await zip(Object.fromEntries(entries) as Record<string, string>);
    const options = JSON.stringify(bindings.fillJson(body.json ?? {}));
    return path.startsWith('/services/Soap/') ? soapDeploy(archive, options, bindings) : multipart(archive, options);
  }
  if (body.assertion !== undefined) {
    const placeholder = (body.fields['assertion'] ?? '{assertion-1}').slice(1, -1);
    // The same assertion once more is the same text.
    if (bindings.get(placeholder) === undefined) bindings.set(placeholder, signed(body.assertion, target));
  }
  const fields = Object.entries(body.fields).map(([name, value]): [string, string] => [name, bindings.fill(value)]);
  return new URLSearchParams(fields).toString();
}

function signed(assertion: RecordedAssertion, { bindings, keyOf }: ReplayTarget): string {
  const { claims, header, signedBy, expUnit } = assertion;
  const filled = bindings.fillJson(claims) as Record<string, Json>;
  const now = Date.now() / 1000;
  const times = Object.entries(filled).map(([name, value]): [string, Json] => {
    const isTime = ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number';
    return [name, isTime ? Math.floor((now + value) * (expUnit === 'ms' ? 1000 : 1)) : localAudience(value)];
  });
  const key = keyOf(signedBy.replaceAll(/[{}]/g, ''));
  return signAssertion(key, Object.fromEntries(times) as Claims, header as Record<string, string>);
}

const localAudience = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(localAudience);
  return typeof value === 'string' ? toLocal(value) : value;
};

function multipart(archive: Buffer, options: string): FormData {
  const form = new FormData();
  form.append('json', new Blob([options], { type: 'application/json' }));
  form.append('file', new Blob([new Uint8Array(archive)], { type: 'application/zip' }), 'deploy.zip');
  return form;
}

function soapDeploy(archive: Buffer, options: string, bindings: Bindings): string {
  const { deployOptions = {} } = JSON.parse(options) as { deployOptions?: Record<string, unknown> };
  const elements = Object.entries(deployOptions).map(([name, value]) => `<${name}>${String(value)}</${name}>`);
  return bindings.fill(
    soapEnvelope(
      `<deploy><ZipFile>${archive.toString('base64')}</ZipFile><DeployOptions>${elements.join('')}</DeployOptions></deploy>`,
    ),
  );
}
