import type { HttpRequest, HttpResponse } from '@jsforce/jsforce-node/lib/types/index.js';
import { Failure } from '../../failure.js';
import { jsonValue } from '../token/answer.js';
import { oneLine } from './refusal.js';
import { elementsOf, type Elements } from './soap-elements.js';

/** What an answer to a question has to be. Each throws nothing; false: it's no answer to it. */
type Question = { method: string; path: RegExp; isAnswer: (value: unknown, request: HttpRequest) => boolean };

const QUESTIONS: readonly Question[] = [
  { method: 'GET', path: /\/services\/data\/?$/, isAnswer: (value) => isList(value, isVersion) && value.length > 0 },
  { method: 'GET', path: /\/services\/data\/v[\d.]+\/(tooling\/)?query\/?$/, isAnswer: isQueryResult },
  {
    method: 'POST',
    path: /\/metadata\/deployRequest\/?$/,
    isAnswer: (value) => /^0Af\w{12,15}$/.test(text(value, 'id')),
  },
  { method: 'GET', path: /\/metadata\/deployRequest\/\w+$/, isAnswer: isDeployResult },
  { method: 'POST', path: /\/composite\/sobjects\/?$/, isAnswer: isListOfSaveResults },
  { method: 'DELETE', path: /\/composite\/sobjects\/?$/, isAnswer: isListOfDeletions },
  { method: 'POST', path: /\/sobjects\/\w+\/?$/, isAnswer: isSaveResult },
  {
    method: 'GET',
    path: /\/apps\/oauth\/usage$/,
    isAnswer: (value) => isListIn(value, 'apps', (app) => isText(app['developerName']) && isText(app['identifier'])),
  },
  {
    method: 'GET',
    path: /\/apps\/oauth\/credentials\/[^/]+$/,
    isAnswer: (value) => isListIn(value, 'consumers', ({ url, key }) => isText(url) && isTextOrNone(key)),
  },
];

/**
 * The answer, if it's one to this request: a refusal, or what was asked for. A page of a proxy, an empty or cut body and
 * JSON of another kind come with status 200 too.
 *
 * @throws Failure `org_redirects`, `org_answer_strange`
 */
export function checkedAnswer(request: HttpRequest, response: HttpResponse): HttpResponse {
  const { statusCode, headers, body } = response;
  const { origin: instanceUrl, pathname } = new URL(request.url);
  if (statusCode >= 300 && statusCode < 400) {
    throw new Failure('org_redirects', { instanceUrl, location: oneLine(headers['location'] ?? '-') });
  }
  if (statusCode >= 400) return { ...response, headers: refusalHeaders(headers, body) };
  const isSoap = typeof request.body === 'string' && request.body.includes('<soapenv:Envelope');
  if (isSoap && isSoapAnswer(request.body as string, response)) {
    return { ...response, headers: { ...headers, 'content-type': 'text/xml' } };
  }
  if (!isSoap && isRestAnswer(request, pathname, body)) {
    return { ...response, headers: { ...headers, 'content-type': 'application/json' } };
  }
  const words = oneLine(body);
  throw new Failure('org_answer_strange', {
    instanceUrl,
    question: isSoap ? `${methodOf(request.body as string)} (SOAP)` : `${request.method} ${pathname}`,
    answer: `HTTP ${statusCode}${words === '' ? '' : `: ${words}`}`,
  });
}

/** The client library reads a refusal by the type that the server names, and fails on one that isn't of that type. */
function refusalHeaders(headers: HttpResponse['headers'], body: string): HttpResponse['headers'] {
  const type = isRecordOrList(jsonValue(body)) ? 'application/json' : elementsOf(body) ? 'text/xml' : 'text/html';
  return { ...headers, 'content-type': type };
}

function isRestAnswer(request: HttpRequest, path: string, body: string): boolean {
  const value = jsonValue(body);
  if (!isRecordOrList(value)) return false;
  const question = QUESTIONS.find((each) => each.method === request.method && each.path.test(path));
  return question?.isAnswer(value, request) ?? true;
}

/** The call's own response in an envelope, and for `readMetadata` a record, or nil, for each name. */
function isSoapAnswer(envelope: string, { statusCode, body }: HttpResponse): boolean {
  const elements = statusCode === 200 ? elementsOf(body) : undefined;
  if (elements === undefined) return false;
  const method = methodOf(envelope);
  const response = ['Envelope', 'Body', `${method}Response`];
  if (count(elements, response) !== 1) return false;
  if (method !== 'readMetadata') return true;
  return count(elements, [...response, 'result', 'records']) === (envelope.match(/<fullNames>/g)?.length ?? 0);
}

function count(elements: Elements, path: string[]): number {
  return elements.get(path.join('/')) ?? 0;
}

function methodOf(envelope: string): string {
  return /<soapenv:Body[^>]*><(\w+)/.exec(envelope)?.[1] ?? '';
}

/** Every record has every field that the query names, each of the kind that its name promises. */
function isQueryResult(value: unknown, { url }: HttpRequest): boolean {
  const soql = new URL(url).searchParams.get('q') ?? '';
  const fields = /^SELECT (.+?) FROM /i.exec(soql)?.[1]?.split(/\s*,\s*/) ?? [];
  const hasFields = (record: Fields): boolean =>
    fields.every((field) => isAggregate(record, field) ?? isField(record, field.split('.'), true));
  return isFields(value) && typeof value['done'] === 'boolean' && isList(value['records'], hasFields);
}

/** `COUNT(Id) logins`, `MAX(LoginTime) last`: undefined for what is no such field. */
function isAggregate(record: Fields, field: string): boolean | undefined {
  const [, aggregate = '', name] = /^(\w+)\(\w+\) (\w+)$/.exec(field) ?? [];
  if (name === undefined) return undefined;
  return aggregate.startsWith('COUNT') ? typeof record[name] === 'number' : isTextOrNone(record[name]);
}

function isField(record: Fields, [name = '', ...rest]: string[], top: boolean): boolean {
  const value = record[name];
  if (value === undefined) return false;
  if (rest.length > 0) return value === null || (isFields(value) && isField(value, rest, false));
  if (/^(Is[A-Z]|CheckOnly$|Permissions[A-Z])/.test(name)) return typeof value === 'boolean';
  const isNeeded = top && /^(Id|Name|Username|Email|Status|LoginTime|\w+Id)$/.test(name) && name !== 'LicenseId';
  return isText(value) || (value === null ? !isNeeded : !isNeeded && typeof value !== 'object');
}

function isDeployResult(value: unknown): boolean {
  const result = isFields(value) ? value['deployResult'] : undefined;
  if (!isFields(result) || typeof result['done'] !== 'boolean') return false;
  const counts = [result['numberComponentsDeployed'], result['numberComponentsTotal']];
  const parts = isFields(result['details'])
    ? [result['details']['componentFailures'], result['details']['componentSuccesses']]
    : [];
  return (
    isText(result['status']) &&
    (typeof result['success'] === 'boolean' || !result['done']) &&
    counts.every((each) => each === null || each === undefined || typeof each === 'number') &&
    parts.every((each) => each === null || each === undefined || [each].flat().every(isFields))
  );
}

function isListOfSaveResults(value: unknown, { body }: HttpRequest): boolean {
  const sent = jsonValue(typeof body === 'string' ? body : '');
  const records = isFields(sent) ? sent['records'] : undefined;
  return isList(value, isSaveResult) && (!Array.isArray(records) || records.length === value.length);
}

function isListOfDeletions(value: unknown, { url }: HttpRequest): boolean {
  const ids = new URL(url).searchParams.get('ids')?.split(',') ?? [];
  return isList(value, isSaveResult) && value.length === ids.length;
}

function isSaveResult(value: unknown): boolean {
  if (!isFields(value) || typeof value['success'] !== 'boolean') return false;
  const errors = value['errors'] ?? [];
  return isList(errors, ({ message }) => isText(message)) && (value['success'] || errors.length > 0);
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecordOrList(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown, isItem: (item: Fields) => boolean): value is Fields[] {
  return Array.isArray(value) && value.every((item) => isFields(item) && isItem(item));
}

function isListIn(value: unknown, key: string, isItem: (item: Fields) => boolean): boolean {
  return isFields(value) && (value[key] === undefined || isList(value[key], isItem));
}

function isVersion({ version }: Fields): boolean {
  return isText(version) && /^\d{1,3}\.0$/.test(version);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNone(value: unknown): boolean {
  return value === null || value === undefined || isText(value);
}

function text(value: unknown, key: string): string {
  const found = isFields(value) ? value[key] : undefined;
  return isText(found) ? found : '';
}
