/** What a pipeline's user is for. */
export const ROLES = ['deploy', 'scratch-orgs', 'tests', 'read'] as const;
export type Role = (typeof ROLES)[number];

type ObjectRight = 'allowCreate' | 'allowDelete' | 'allowEdit' | 'allowRead' | 'modifyAllRecords' | 'viewAllRecords';

/** The least that a role takes: user permissions by their API names, and rights on objects. */
export type Rights = { permissions: string[]; objects: Array<{ object: string; rights: ObjectRight[] }> };

/**
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_modify_metadata_perm.htm
 * @see https://developer.salesforce.com/docs/atlas.en-us.sfdx_setup.meta/sfdx_setup/sfdx_setup_add_users.htm
 */
export const RIGHTS: Readonly<Record<Role, Rights>> = {
  'deploy': {
    permissions: ['ApiEnabled', 'AuthorApex', 'CustomizeApplication', 'ModifyMetadata', 'ViewSetup'],
    objects: [],
  },
  'scratch-orgs': {
    permissions: ['ApiEnabled'],
    objects: [
      { object: 'ActiveScratchOrg', rights: ['allowRead', 'allowEdit', 'allowDelete', 'viewAllRecords'] },
      {
        object: 'ScratchOrgInfo',
        rights: ['allowRead', 'allowCreate', 'allowEdit', 'allowDelete', 'viewAllRecords'],
      },
    ],
  },
  'tests': { permissions: ['ApiEnabled', 'ViewSetup'], objects: [] },
  'read': { permissions: ['ApiEnabled', 'ViewAllData'], objects: [] },
};

const OBJECT_RIGHTS: ObjectRight[] = [
  ...(['allowCreate', 'allowDelete', 'allowEdit', 'allowRead', 'modifyAllRecords', 'viewAllRecords'] as const),
];

/** The rights as a permission set has them. */
export function permissionSetFields(role: Role, label: string, description: string) {
  const { permissions, objects } = RIGHTS[role];
  return {
    description,
    label,
    ...(objects.length === 0
      ? {}
      : {
          objectPermissions: objects.map(({ object, rights }) => ({
            object,
            ...Object.fromEntries(OBJECT_RIGHTS.map((right) => [right, rights.includes(right)])),
          })),
        }),
    userPermissions: permissions.map((name) => ({ enabled: true, name })),
  };
}
