import { type HttpReply, json, jsonBody, empty, restError } from '../http/message.js';
import { type AuthorizedCall, open, rest, type Route } from '../http/router.js';
import { sameId } from '../model/ids.js';
import { findObject, objectsOf } from '../sobjects/catalog.js';
import { mayRead, RecordError, type Row, type SObjectType } from '../sobjects/types.js';
import { SoqlError, unsupported } from '../soql/errors.js';
import { attributesOf, describeColumns, runQuery } from '../soql/evaluate.js';

const NOT_FOUND = 'The requested resource does not exist';
const RELEASES = ['Spring', 'Summer', 'Winter'];
const PAGE = 2000;

/** Versions, resources, query and records of the REST API. */
export const dataRoutes: readonly Route[] = [
  open('GET', '/services/data', ({ state }) => json(200, versions(state.switches.maxApiVersion))),
  rest('GET', '', ({ apiVersion, state, user }) =>
    json(200, resources(apiVersion, state.origin, state.orgId, user.id)),
  ),
  rest('GET', '/query', dataQuery),
  rest('GET', '/queryAll', (call) => query(call, call.request.query.get('q') ?? '', 0)),
  rest('GET', '/query/:locator', (call) => queryMore(call)),
  rest('GET', '/tooling/query', toolingQuery),
  rest('PATCH', '/tooling/sobjects/:object/:id', (call) =>
    withObject(call, (object) => {
      updateRecord(call, object, call.params['id'] ?? '', body(call));
      return empty(204);
    }),
  ),
  rest('GET', '/limits', () => json(200, { DailyApiRequests: { Max: 15000, Remaining: 14998 } })),
  rest('GET', '/sobjects', ({ state }) =>
    json(200, {
      encoding: 'UTF-8',
      maxBatchSize: 200,
      sobjects: objectsOf(state).map(({ name, label }) => ({ name, label })),
    }),
  ),
  rest('GET', '/sobjects/:object', (call) => withObject(call, (object) => json(200, basicInformation(call, object)))),
  rest('GET', '/sobjects/:object/describe', (call) => withObject(call, (object) => json(200, describe(object)))),
  rest('POST', '/sobjects/:object', (call) =>
    withObject(call, (object) => created(createRecord(call, object, body(call)))),
  ),
  rest('GET', '/sobjects/:object/:id', (call) => withObject(call, (object) => read(call, object))),
  rest('PATCH', '/sobjects/:object/:id', (call) =>
    withObject(call, (object) => {
      updateRecord(call, object, call.params['id'] ?? '', body(call));
      return empty(204);
    }),
  ),
  rest('DELETE', '/sobjects/:object/:id', (call) =>
    withObject(call, (object) => {
      deleteRecord(call, object, call.params['id'] ?? '');
      return empty(204);
    }),
  ),
];

function versions(max: number): object[] {
  return Array.from({ length: max - 30 }, (_, index) => {
    const version = index + 31;
    // Winter '26 is 65, Spring '26 is 66, Summer '26 is 67.
    const release = RELEASES[version % 3] ?? '';
    const year = 26 + Math.floor((version - 65) / 3);
    return { label: `${release} '${year}`, url: `/services/data/v${version}.0`, version: `${version}.0` };
  });
}

function resources(version: string, origin: string, orgId: string, userId: string): Record<string, string> {
  const base = `/services/data/v${version}`;
  const names = ['tooling', 'metadata', 'composite', 'query', 'queryAll', 'sobjects', 'limits', 'apps'];
  return {
    ...Object.fromEntries(names.map((name) => [name, `${base}/${name}`])),
    identity: `${origin}/id/${orgId}/${userId}`,
  };
}

export function query(call: AuthorizedCall, soql: string, offset: number, tooling = false): HttpReply {
  try {
    if (call.request.query.get('columns') === 'true') return json(200, describeColumns(call.state, soql));
    const { totalSize, records } = runQuery(call.state, soql, call.apiVersion, { caller: call.user, tooling });
    const page = records.slice(offset, offset + PAGE);
    const done = offset + PAGE >= records.length;
    const locator = Buffer.from(JSON.stringify({ soql, offset: offset + PAGE })).toString('base64url');
    const next = done ? {} : { nextRecordsUrl: `/services/data/v${call.apiVersion}/query/${locator}` };
    return json(200, { totalSize, done, ...next, records: page });
  } catch (error) {
    if (error instanceof SoqlError) return restError(400, error.code, error.message);
    throw error;
  }
}

function queryMore(call: AuthorizedCall): HttpReply {
  try {
    const text = Buffer.from(call.params['locator'] ?? '', 'base64url').toString();
    const { soql, offset } = JSON.parse(text) as { soql: string; offset: number };
    return query(call, soql, offset);
  } catch {
    return restError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
  }
}

/** A SourceMember is in the Tooling API only. */
function dataQuery(call: AuthorizedCall): HttpReply {
  const soql = call.request.query.get('q') ?? '';
  if (/\bFROM\s+SourceMember\b/i.test(soql)) {
    const { code, message } = unsupported(soql, 'SourceMember');
    return restError(400, code, message);
  }
  return query(call, soql, 0);
}

/** SetupEntityAccess, Organization, External Client Apps and their kin are not in the Tooling API. */
function toolingQuery(call: AuthorizedCall): HttpReply {
  const soql = call.request.query.get('q') ?? '';
  const object = /\bFROM\s+(\w+)/i.exec(soql)?.[1] ?? '';
  if (/^(SetupEntityAccess|Organization|ExternalClient|ExtlClntApp|ScratchOrgInfo|ActiveScratchOrg)/i.test(object)) {
    const { code, message } = unsupported(soql, object);
    return restError(400, code, message);
  }
  return query(call, soql, 0, true);
}

/** "sObject Basic Information" of the REST API Developer Guide; nobody has looked at a record in this org. */
function basicInformation({ apiVersion }: AuthorizedCall, object: SObjectType): object {
  const sobject = `/services/data/v${apiVersion}/sobjects/${object.name}`;
  const urls = { sobject, describe: `${sobject}/describe`, rowTemplate: `${sobject}/{ID}` };
  return { objectDescribe: { ...propertiesOf(object), urls }, recentItems: [] };
}

function propertiesOf(object: SObjectType): object {
  return {
    name: object.name,
    label: object.label,
    keyPrefix: object.keyPrefix,
    createable: object.create !== undefined,
    updateable: object.update !== undefined,
    deletable: object.remove !== undefined,
    queryable: true,
  };
}

function describe(object: SObjectType): object {
  return {
    ...propertiesOf(object),
    fields: Object.entries(object.fields).map(([name, type]) => ({ name, type, label: name })),
    childRelationships: [],
  };
}

function withObject(call: AuthorizedCall, handle: (object: SObjectType) => HttpReply): HttpReply {
  const object = findObject(call.state, call.params['object'] ?? '');
  if (!object || !mayRead(call.state, object, call.user)) return restError(404, 'NOT_FOUND', NOT_FOUND);
  try {
    return handle(object);
  } catch (error) {
    if (error instanceof RecordError) return restError(error.status, error.code, error.message, error.fields);
    throw error;
  }
}

const body = (call: AuthorizedCall): Row => jsonBody(call.request) as Row;

function created(id: string): HttpReply {
  return json(201, { id, success: true, errors: [] });
}

function read(call: AuthorizedCall, object: SObjectType): HttpReply {
  const row = existing(call, object, call.params['id'] ?? '');
  const wanted = call.request.query.get('fields')?.split(',');
  const fields = Object.entries(row).filter(([name]) => wanted?.includes(name) ?? true);
  return json(200, { attributes: attributesOf(object, row, call.apiVersion), ...Object.fromEntries(fields) });
}

function existing(call: Pick<AuthorizedCall, 'state'>, object: SObjectType, id: string): Row {
  const row = object.rows(call.state).find((entry) => typeof entry['Id'] === 'string' && sameId(entry['Id'], id));
  if (!row) throw new RecordError('NOT_FOUND', NOT_FOUND, [], 404);
  return row;
}

export function createRecord(call: AuthorizedCall, object: SObjectType, values: Row): string {
  if (!object.create) throw notSupported('create', object);
  return object.create(call, knownFields(object, values));
}

export function updateRecord(call: AuthorizedCall, object: SObjectType, id: string, values: Row): void {
  if (!object.update) throw notSupported('update', object);
  object.update(call, String(existing(call, object, id)['Id']), knownFields(object, values));
}

export function deleteRecord(call: AuthorizedCall, object: SObjectType, id: string): void {
  if (!object.remove) throw notSupported('delete', object);
  object.remove(call, String(existing(call, object, id)['Id']));
}

function notSupported(action: string, object: SObjectType): RecordError {
  return new RecordError(
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    `entity type ${object.name} does not support ${action}`,
  );
}

function knownFields(object: SObjectType, values: Row): Row {
  const { attributes: _, ...fields } = values as Row & { attributes?: unknown };
  for (const name of Object.keys(fields)) {
    if (object.fields[name] !== undefined) continue;
    throw new RecordError('INVALID_FIELD', `No such column '${name}' on sobject of type ${object.name}`, [name]);
  }
  return fields;
}
