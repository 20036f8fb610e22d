import type { OrgState } from '../model/org-state.js';
import { apexObjects } from '../apex/apex-objects.js';
import { activeScratchOrg, scratchOrgInfo } from '../scratch-orgs/scratch-org-info.js';
import { sourceMember } from '../scratch-orgs/source-members.js';
import { accessObjects } from './access-objects.js';
import { appObjects } from './app-objects.js';
import { callerObjects } from './caller-objects.js';
import { deploymentObjects } from './deployment-objects.js';
import { licenseObjects } from './user-licenses.js';
import { permissionSetObjects } from './permission-set-objects.js';
import { setupObjects } from './setup-objects.js';
import type { SObjectType } from './types.js';

const ALL: readonly SObjectType[] = [
  ...setupObjects,
  ...permissionSetObjects,
  ...licenseObjects,
  ...accessObjects,
  ...appObjects,
  ...apexObjects,
  scratchOrgInfo,
  activeScratchOrg,
  sourceMember,
  ...callerObjects,
  ...deploymentObjects,
];

/** The objects of this org; a ScratchOrgInfo exists on Dev Hubs only, a SourceMember where source is tracked. */
export function objectsOf(state: OrgState): SObjectType[] {
  return ALL.filter((object) => object.available?.(state) ?? true);
}

export function findObject(state: OrgState, name: string): SObjectType | undefined {
  return objectsOf(state).find((object) => object.name.toLowerCase() === name.toLowerCase());
}
