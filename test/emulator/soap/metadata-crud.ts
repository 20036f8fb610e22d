import { Draft, type Saved } from '../metadata/draft.js';
import type { Json } from '../metadata/deploy-result.js';
import { renderFields, visibleFields } from '../metadata/render.js';
import { saveComponent } from '../metadata/rules.js';
import { addDefaultPolicies } from '../metadata/rules-eca.js';
import { checkOauthSibling } from '../metadata/rules-eca-global.js';
import { CONNECTED_APP, ECA_GLOBAL, metadataType } from '../metadata/types.js';
import { ComponentProblem, readComplexType } from '../metadata/validate.js';
import { childrenOf, localName, tag, textOf, type XmlElement } from '../metadata/xml.js';
import { nested } from '../model/apps.js';
import { mayUseMetadataApi, NO_METADATA_ACCESS } from '../rest/deploy.js';
import { SoapFault } from './envelope.js';
import type { Operation, SoapContext } from './soap-routes.js';
import { toXml } from './to-xml.js';

const MAX_PER_CALL = 10;

/** The CRUD half of the Metadata API: each component is saved for itself, without a transaction around them. */
export const crudOperations: Record<string, Operation> = {
  readMetadata,
  createMetadata: (context, call) => saveAll(context, call, 'create'),
  updateMetadata: (context, call) => saveAll(context, call, 'update'),
  upsertMetadata: (context, call) => saveAll(context, call, 'upsert'),
  deleteMetadata,
};

/** A component that does not exist comes back as a nil record. */
function readMetadata(context: SoapContext, call: XmlElement): string {
  requireAccess(context);
  const { state, apiVersion } = context;
  const type = metadataType(textOf(call, 'type') ?? '');
  if (!type || Number(apiVersion) < type.since) {
    throw new SoapFault(
      'INVALID_TYPE',
      `This type of metadata is not available for this organization: ${textOf(call, 'type') ?? ''}`,
    );
  }
  const records = namesOf(call).map((fullName) => {
    const component = state.component(type.name, fullName);
    if (!component) return '<records xsi:nil="true"/>';
    const body = renderFields(visibleFields(state, component, apiVersion), type.name);
    return `<records xsi:type="${type.name}">${tag('fullName', component.fullName)}${body}</records>`;
  });
  return `<result>${records.join('')}</result>`;
}

function namesOf(call: XmlElement): string[] {
  const names = childrenOf(call, 'fullNames').map(({ text }) => text);
  if (names.length > MAX_PER_CALL)
    throw new SoapFault('EXCEEDED_ID_LIMIT', 'record limit reached. cannot submit more than 10 records');
  return names;
}

type Mode = 'create' | 'update' | 'upsert';

function saveAll(context: SoapContext, call: XmlElement, mode: Mode): string {
  requireAccess(context);
  const elements = childrenOf(call, 'metadata');
  if (elements.length > MAX_PER_CALL) {
    throw new SoapFault('EXCEEDED_ID_LIMIT', 'record limit reached. cannot submit more than 10 records');
  }
  return elements.map((element) => toXml('result', saveOne(context, element, mode))).join('');
}

function saveOne(context: SoapContext, element: XmlElement, mode: Mode): Json {
  const typeName = localName(Object.entries(element.attributes).find(([key]) => localName(key) === 'type')?.[1] ?? '');
  const type = metadataType(typeName);
  if (!type || Number(context.apiVersion) < type.since) {
    throw new SoapFault('INVALID_TYPE', `This type of metadata is not available for this organization: ${typeName}`);
  }
  const fullName = textOf(element, 'fullName') ?? '';
  const draft = new Draft(context.state, context.user);
  try {
    const { created } = save(draft, element, typeName, fullName, mode);
    draft.commit();
    return { ...(mode === 'upsert' ? { created } : {}), fullName, success: true };
  } catch (error) {
    return { ...(mode === 'upsert' ? { created: false } : {}), errors: describe(error), fullName, success: false };
  }
}

function save(draft: Draft, element: XmlElement, typeName: string, fullName: string, mode: Mode): Saved {
  const exists = draft.component(typeName, fullName) !== undefined;
  if (mode === 'create' && exists) {
    throw new ComponentProblem(`This ${typeName} already exists`, { statusCode: 'DUPLICATE_DEVELOPER_NAME' });
  }
  if (mode === 'update' && !exists) {
    throw new ComponentProblem(`no ${typeName} named ${fullName} found`, { statusCode: 'INVALID_CROSS_REFERENCE_KEY' });
  }
  const { fullName: _, ...fields } = readComplexType(element, typeName);
  // createMetadata is known to ignore isAdminApproved; callers follow it with updateMetadata.
  const config = mode === 'create' && typeName === CONNECTED_APP ? nested(fields, 'oauthConfig') : undefined;
  if (config) delete config['isAdminApproved'];
  const saved = saveComponent(draft, typeName, { fullName, fields, ignoreWarnings: true, merge: exists });
  if (typeName === ECA_GLOBAL) checkOauthSibling(draft, fullName);
  addDefaultPolicies(draft);
  return saved;
}

function deleteMetadata(context: SoapContext, call: XmlElement): string {
  requireAccess(context);
  const type = metadataType(textOf(call, 'type') ?? '');
  if (!type) throw new SoapFault('INVALID_TYPE', `Unknown type: ${textOf(call, 'type') ?? ''}`);
  return namesOf(call)
    .map((fullName) => {
      const draft = new Draft(context.state, context.user);
      if (draft.remove(type.name, fullName)) {
        draft.commit();
        return toXml('result', { fullName, success: true });
      }
      const problem = new ComponentProblem(`no ${type.name} named ${fullName} found`, {
        statusCode: 'INVALID_CROSS_REFERENCE_KEY',
      });
      return toXml('result', { errors: describe(problem), fullName, success: false });
    })
    .join('');
}

function describe(error: unknown): Json {
  if (!(error instanceof ComponentProblem)) throw error;
  return { message: error.message, statusCode: error.statusCode };
}

export function requireAccess(context: SoapContext): void {
  if (!mayUseMetadataApi(context)) throw new SoapFault('INSUFFICIENT_ACCESS', NO_METADATA_ACCESS.replace(/^\w+: /, ''));
}
