import { declares } from '../apex/test-methods.js';
import { text } from '../model/apps.js';
import type { Draft, Saved } from './draft.js';
import type { Request } from './rules.js';
import { APEX_CLASS } from './types.js';
import { ComponentProblem, requireElements } from './validate.js';

/**
 * This org compiles nothing: it only looks whether the file declares what its name says. A compiler's words for that
 * are assumed.
 */
export function saveApexClass(draft: Draft, { fullName, fields, merge }: Request): Saved {
  const before = draft.component(APEX_CLASS, fullName);
  const complete = { ...(merge ? before?.fields : {}), ...fields };
  requireElements(complete, APEX_CLASS);
  if (!declares(text(complete, 'content') ?? '', fullName)) {
    throw new ComponentProblem(
      `Invalid type: ${fullName}. The file declares no class, interface or enum of this name.`,
      {
        statusCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        position: { line: 1, column: 1 },
      },
    );
  }
  return draft.save(APEX_CLASS, fullName, complete);
}
