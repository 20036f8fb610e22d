import { nested, text } from '../model/apps.js';
import { BASE62, randomText } from '../model/ids.js';
import type { Draft } from './draft.js';
import { CONNECTED_APP, ECA_GLOBAL } from './types.js';
import { ComponentProblem } from './validate.js';

/** 85 characters that start with `3MVG9`, as server-made keys do. */
export const newConsumerKey = (): string => `3MVG9${randomText(80, `${BASE62}._`)}`;

export const newConsumerSecret = (): string => randomText(64, '0123456789ABCDEF');

/** Keys are unique across all orgs, and within the package that is being deployed. */
export function checkKeyUnused(draft: Draft, key: string): void {
  const inDraft = [
    ...draft.componentsOf(ECA_GLOBAL).map(({ fields }) => text(fields, 'consumerKey')),
    ...draft.componentsOf(CONNECTED_APP).map(({ fields }) => text(nested(fields, 'oauthConfig'), 'consumerKey')),
  ];
  if (!draft.state.registry.isTaken(key) && !inDraft.includes(key)) return;
  throw new ComponentProblem('The consumer key is already taken.', { statusCode: 'DUPLICATE_VALUE' });
}
