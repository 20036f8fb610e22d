import { type HttpReply, type HttpRequest, json, jsonBody, ReplyError, restError } from '../http/message.js';
import { type AuthorizedCall, dispatch, rest, type Route } from '../http/router.js';
import { findObject } from '../sobjects/catalog.js';
import { RecordError, type Row } from '../sobjects/types.js';
import { createRecord, dataRoutes, deleteRecord, updateRecord } from './data.js';

interface Subrequest {
  method: string;
  url: string;
  body?: unknown;
  richInput?: unknown;
  referenceId?: string;
}

/** Composite resources: several requests, or several records, in one. */
export const compositeRoutes: readonly Route[] = [
  rest('POST', '/composite', composite),
  rest('POST', '/composite/batch', batch),
  rest('POST', '/composite/sobjects', (call) => collection(call, 'create')),
  rest('PATCH', '/composite/sobjects', (call) => collection(call, 'update')),
  rest('DELETE', '/composite/sobjects', deleteCollection),
];

async function composite(call: AuthorizedCall): Promise<HttpReply> {
  const { compositeRequest, allOrNone } = jsonBody(call.request) as {
    compositeRequest?: Subrequest[];
    allOrNone?: boolean;
  };
  const answers: Array<{ body: unknown; httpHeaders: object; httpStatusCode: number; referenceId: string }> = [];
  for (const entry of compositeRequest ?? []) {
    const resolved = substitute(entry, answers);
    const failed = allOrNone === true && answers.some(({ httpStatusCode }) => httpStatusCode >= 400);
    const reply = failed
      ? restError(
          400,
          'PROCESSING_HALTED',
          'The transaction was rolled back since another operation in the same transaction failed.',
        )
      : await perform(call, resolved);
    answers.push({
      body: parse(reply),
      httpHeaders: {},
      httpStatusCode: reply.status,
      referenceId: entry.referenceId ?? '',
    });
  }
  return json(200, { compositeResponse: answers });
}

/** `@{ref.id}` stands for a value of an earlier answer. */
function substitute(entry: Subrequest, answers: Array<{ referenceId: string; body: unknown }>): Subrequest {
  const text = JSON.stringify(entry).replaceAll(
    /@\{(\w+)\.([\w.[\]]+)\}/g,
    (whole, reference: string, path: string) => {
      const start = answers.find(({ referenceId }) => referenceId === reference)?.body;
      const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
      const value = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], start);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
    },
  );
  return JSON.parse(text) as Subrequest;
}

async function batch(call: AuthorizedCall): Promise<HttpReply> {
  const { batchRequests, haltOnError } = jsonBody(call.request) as {
    batchRequests?: Subrequest[];
    haltOnError?: boolean;
  };
  const results: Array<{ statusCode: number; result: unknown }> = [];
  for (const entry of batchRequests ?? []) {
    const halted = haltOnError === true && results.some(({ statusCode }) => statusCode >= 400);
    const url = entry.url.startsWith('/') ? entry.url : `/services/data/${entry.url}`;
    const reply = halted
      ? restError(412, 'BATCH_PROCESSING_HALTED', 'Batch processing halted per request')
      : await perform(call, { ...entry, url, body: entry.richInput });
    results.push({ statusCode: reply.status, result: parse(reply) });
  }
  return json(200, { hasErrors: results.some(({ statusCode }) => statusCode >= 400), results });
}

async function perform(call: AuthorizedCall, { method, url, body }: Subrequest): Promise<HttpReply> {
  const target = new URL(url, 'http://localhost');
  const request: HttpRequest = {
    ...call.request,
    method,
    path: target.pathname,
    query: target.searchParams,
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  };
  try {
    const reply = await dispatch(dataRoutes, { ...call, request });
    return reply ?? restError(404, 'NOT_FOUND', 'The requested resource does not exist');
  } catch (error) {
    if (error instanceof ReplyError) return error.reply;
    throw error;
  }
}

function parse({ body }: HttpReply): unknown {
  const text = body.toString();
  return text === '' ? null : JSON.parse(text);
}

function collection(call: AuthorizedCall, mode: 'create' | 'update'): HttpReply {
  const { records } = jsonBody(call.request) as { records?: Array<Row & { attributes?: { type?: string } }> };
  return json(
    200,
    (records ?? []).map((record) =>
      attempt(() => {
        const object = findObject(
          call.state,
          (record['attributes'] as unknown as { type?: string } | undefined)?.type ?? '',
        );
        if (!object) throw new RecordError('INVALID_TYPE', 'sObject type is not supported.');
        if (mode === 'create') return createRecord(call, object, record);
        const { Id, id, ...values } = record;
        const target = String(Id ?? id);
        updateRecord(call, object, target, values);
        return target;
      }),
    ),
  );
}

function deleteCollection(call: AuthorizedCall): HttpReply {
  const ids = (call.request.query.get('ids') ?? '').split(',').filter((id) => id !== '');
  return json(
    200,
    ids.map((id) =>
      attempt(() => {
        const object = objectOfId(call, id);
        deleteRecord(call, object, id);
        return id;
      }),
    ),
  );
}

const BY_PREFIX: Record<string, string> = {
  '001': 'Account',
  '0Pa': 'PermissionSetAssignment',
  '0PS': 'PermissionSet',
  '0J0': 'SetupEntityAccess',
};

function objectOfId(call: AuthorizedCall, id: string): NonNullable<ReturnType<typeof findObject>> {
  const object = findObject(call.state, BY_PREFIX[id.slice(0, 3)] ?? '');
  if (!object) throw new RecordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  return object;
}

function attempt(run: () => string): object {
  try {
    return { id: run(), success: true, errors: [] };
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return { success: false, errors: [{ statusCode: error.code, message: error.message, fields: error.fields }] };
  }
}
