import type { Fields } from '../model/domain.js';
import type { Draft, Saved } from './draft.js';
import { saveApexClass } from './rules-apex-class.js';
import { saveConnectedApp } from './rules-connected-app.js';
import { saveHeader, saveOauthPolicy, saveOauthSettings, savePolicy } from './rules-eca.js';
import { saveGlobalSettings } from './rules-eca-global.js';
import { savePermissionSet } from './rules-permission-set.js';
import * as types from './types.js';
import { ComponentProblem } from './validate.js';

/** One component to be saved: what the caller sent, and under which conditions. */
export interface Request {
  fullName: string;
  fields: Fields;
  ignoreWarnings: boolean;
  /** CRUD updates change the given fields only; a deployment describes the whole component. */
  merge: boolean;
}

export type Rule = (draft: Draft, request: Request) => Saved;

const RULES: Record<string, Rule> = {
  [types.PERMISSION_SET]: savePermissionSet,
  [types.ECA]: saveHeader,
  [types.ECA_OAUTH]: saveOauthSettings,
  [types.ECA_GLOBAL]: saveGlobalSettings,
  [types.ECA_OAUTH_POLICY]: saveOauthPolicy,
  [types.ECA_POLICY]: savePolicy,
  [types.CONNECTED_APP]: saveConnectedApp,
  [types.APEX_CLASS]: saveApexClass,
  [types.SETTINGS]: (draft, { fullName, fields }) =>
    draft.save(types.SETTINGS, fullName, { ...draft.component(types.SETTINGS, fullName)?.fields, ...fields }),
};

export function saveComponent(draft: Draft, type: string, request: Request): Saved {
  const rule = RULES[type];
  if (!rule) throw new ComponentProblem(`Entity type: '${type}' is unknown`, { statusCode: 'INVALID_TYPE' });
  const namespace = /^([A-Za-z]\w*?)__/.exec(request.fullName)?.[1];
  if (type.startsWith('Ext') && namespace !== undefined) {
    if (draft.component(type, request.fullName)) return rule(draft, request);
    throw new ComponentProblem(
      `Cannot create a new component with the namespace: ${namespace}. Only components in the same namespace as the ` +
        'organization can be created through the API',
    );
  }
  if (!/^[A-Za-z](_?[A-Za-z0-9])*$/.test(request.fullName) && type !== types.PERMISSION_SET) {
    throw new ComponentProblem(
      'The API name can only contain underscores and alphanumeric characters. It must begin with a letter, not include ' +
        'spaces, not end with an underscore, and not contain two consecutive underscores.',
      { statusCode: 'FIELD_INTEGRITY_EXCEPTION' },
    );
  }
  return rule(draft, request);
}
