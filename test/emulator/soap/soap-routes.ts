import { type HttpReply } from '../http/message.js';
import { type Call, isServed, open, type Route } from '../http/router.js';
import type { User } from '../model/domain.js';
import { METADATA_NS, PARTNER_NS, envelope, faultReply, readEnvelope, SoapFault, type SoapCall } from './envelope.js';
import { crudOperations } from './metadata-crud.js';
import { fileOperations } from './metadata-files.js';
import { partnerOperations } from './partner.js';

export interface SoapContext extends Call {
  user: User;
  apiVersion: string;
  sessionId: string;
}

/** An operation answers with the `<result>` elements of its response. */
export type Operation = (context: SoapContext, call: SoapCall['operation']) => string | Promise<string>;

const METADATA: Record<string, Operation> = { ...fileOperations, ...crudOperations };

export const soapRoutes: readonly Route[] = [
  open('POST', '/services/Soap/m/:version', (call) => serve(call, METADATA, METADATA_NS)),
  open('POST', '/services/Soap/m/:version/:org', (call) => serve(call, METADATA, METADATA_NS)),
  open('POST', '/services/Soap/u/:version', (call) => serve(call, partnerOperations, PARTNER_NS)),
  open('POST', '/services/Soap/u/:version/:org', (call) => serve(call, partnerOperations, PARTNER_NS)),
];

async function serve(call: Call, operations: Record<string, Operation>, namespace: string): Promise<HttpReply> {
  try {
    const { sessionId, operation } = readEnvelope(call.request.body.toString());
    const run = operations[operation.name];
    if (!run)
      throw new SoapFault('Client', `No operation available for request {${namespace}}${operation.name}`, 'soapenv');
    const context = authorize(call, sessionId);
    return envelope(operation.name, namespace, await run(context, operation));
  } catch (error) {
    if (error instanceof SoapFault) return faultReply(error, namespace);
    throw error;
  }
}

/** SOAP takes opaque tokens only; a JWT-format one is an invalid session to it. */
function authorize(call: Call, sessionId: string): SoapContext {
  const { state, params } = call;
  const apiVersion = params['version'] ?? '';
  if (!isServed(state, apiVersion))
    throw new SoapFault('UNSUPPORTED_API_VERSION', `Invalid Api version specified on URL`);
  const session = state.liveSession(sessionId);
  const user = session && state.userById(session.userId);
  const mayUseApi = session?.scopes.some((scope) => scope === 'api' || scope === 'full');
  if (!user || !mayUseApi || session.format === 'jwt') {
    throw new SoapFault('INVALID_SESSION_ID', 'Invalid Session ID found in SessionHeader: Illegal Session');
  }
  return { ...call, user, apiVersion, sessionId };
}
