import { text } from '../model/apps.js';
import type { Draft, Saved } from './draft.js';
import type { Request } from './rules.js';
import { PERMISSION_SET } from './types.js';
import { ComponentProblem, requireElements } from './validate.js';

export function savePermissionSet(draft: Draft, { fullName, fields, merge }: Request): Saved {
  if (!/^[A-Za-z](_?[A-Za-z0-9])*(__[A-Za-z]\w*)?$/.test(fullName)) {
    throw new ComponentProblem(
      'Permission Set Name: The Permission Set Name can only contain underscores and alphanumeric characters. It must ' +
        'be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two ' +
        'consecutive underscores.',
      { statusCode: 'FIELD_INTEGRITY_EXCEPTION' },
    );
  }
  const before = draft.component(PERMISSION_SET, fullName);
  const complete = { hasActivationRequired: 'false', ...(merge ? before?.fields : {}), ...fields };
  requireElements(complete, PERMISSION_SET);
  const license = text(complete, 'license');
  const { licenses, permissionSetLicenses } = draft.state;
  if (license !== undefined && ![...licenses, ...permissionSetLicenses].some(({ name }) => name === license)) {
    throw new ComponentProblem(`In field: license - no UserLicense named ${license} found`, {
      statusCode: 'INVALID_CROSS_REFERENCE_KEY',
    });
  }
  if (before && text(before.fields, 'license') !== license) {
    throw new ComponentProblem("You can't change the license of a permission set.", {
      statusCode: 'FIELD_INTEGRITY_EXCEPTION',
    });
  }
  return draft.save(PERMISSION_SET, fullName, complete);
}
