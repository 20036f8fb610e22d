import type { User } from '../model/domain.js';
import { restDateTime } from '../model/clock.js';
import { to15 } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { RecordError, type SObjectType } from '../sobjects/types.js';

/** What changed in an org that tracks its source (Tooling API, SourceMember). */
export const sourceMember: SObjectType = {
  name: 'SourceMember',
  label: 'Source Member',
  keyPrefix: '0MZ',
  available: tracksSource,
  fields: {
    Id: 'id',
    ChangedBy: 'string',
    IsNameObsolete: 'boolean',
    IsNewMember: 'boolean',
    LastModifiedDate: 'datetime',
    MemberIdOrName: 'string',
    MemberName: 'string',
    MemberType: 'string',
    RevisionCounter: 'int',
    RevisionNum: 'int',
  },
  rows: (state) => state.sourceMembers,
  update: ({ state }, id, values) => {
    const { RevisionCounter: counter, ...others } = values;
    if (Object.keys(others).length > 0 || typeof counter !== 'number') {
      throw new RecordError('INVALID_FIELD_FOR_INSERT_UPDATE', `Unable to create/update fields.`, Object.keys(others));
    }
    Object.assign(state.sourceMembers.find((row) => row.Id === id) ?? {}, { RevisionCounter: counter });
  },
};

/** Scratch orgs track by themselves; sandboxes, where it has to be turned on, don't here. */
export function tracksSource({ identity }: OrgState): boolean {
  return identity.kind === 'scratch';
}

export interface Change {
  type: string;
  fullName: string;
  id: string;
  deleted: boolean;
}

/** Notes a deployed or deleted component under the next revision. */
export function trackChange(state: OrgState, user: User, { type, fullName, id, deleted }: Change): void {
  if (!tracksSource(state)) return;
  const known = state.sourceMembers.find((row) => row['MemberType'] === type && row['MemberName'] === fullName);
  const revision = 1 + Math.max(0, ...state.sourceMembers.map((row) => Number(row['RevisionNum'])));
  const change = {
    ChangedBy: to15(user.id),
    IsNameObsolete: deleted,
    LastModifiedDate: restDateTime(state.clock.now()),
    RevisionCounter: revision,
    RevisionNum: revision,
  };
  if (known) Object.assign(known, change, { IsNewMember: false });
  else {
    const names = { MemberIdOrName: to15(id), MemberName: fullName, MemberType: type, IsNewMember: true };
    state.sourceMembers.push({ Id: state.ids.next('sourceMember'), ...names, ...change });
  }
}
