import { expect } from 'chai';
import { CONNECT, connected, deployRequests, refused } from '../support/connect.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

describe('sf jwt connect, run by an admin who lacks a permission', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
  });
  afterEach(() => workplace.close());

  const cases: Array<{ lacks: string[]; missing: string; words: string; deployments: number }> = [
    {
      lacks: ['ModifyMetadata', 'ModifyAllData'],
      missing: 'Modify Metadata Through Metadata API Functions',
      words: 'use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions',
      deployments: 0,
    },
    {
      lacks: ['CustomizeApplication'],
      missing: 'Customize Application',
      words: 'ExternalClientApplication JwtBearer: insufficient access rights on object id; ExtlClntApp',
      deployments: 1,
    },
    {
      lacks: ['ExternalClientAppDeveloper', 'ModifyAllData'],
      missing: 'Create, edit, and delete External Client Apps',
      words: 'insufficient access rights on object id',
      deployments: 1,
    },
    {
      lacks: ['ViewSetup'],
      missing: 'View Setup and Configuration',
      words: "INVALID_TYPE: sObject type 'PermissionSet' is not supported.",
      deployments: 0,
    },
  ];
  for (const { lacks, missing, words, deployments } of cases) {
    it(`names "${missing}", and changes nothing`, async () => {
      workplace.org.setup.takePermissions(ADMIN, ...lacks);
      const { data, message, actions } = await refused(workplace, 'admin_permission_missing', []);
      expect(data).to.deep.include({ missing, username: ADMIN });
      expect(message)
        .to.contain(words)
        .and.to.contain(`(Permissions that are missing, as far as the org tells: ${missing}.)`);
      expect(message).not.to.contain('\n');
      expect(actions?.[0]).to.contain(`Give ${ADMIN} the permissions that are missing`);
      // once for a person, once for a script
      expect(deployRequests(workplace.org)).to.equal(2 * deployments);
    });
  }

  it('names several, and finds out in a dry run too', async () => {
    workplace.org.setup.takePermissions(
      ADMIN,
      'ViewSetup',
      'CustomizeApplication',
      'AssignPermissionSets',
      'ManageUsers',
    );
    const { data } = await refused(workplace, 'admin_permission_missing', ['--dry-run']);
    expect(data?.['missing']).to.equal('Customize Application, View Setup and Configuration, Assign Permission Sets');
  });

  it('names those that the org tells of, where it does not know all of them', async () => {
    workplace.org.setup.takePermissions(ADMIN, 'ViewSetup');
    const inquiry = (name: string): RegExp => new RegExp(`/query.*Permissions${name} `);
    const refusing = (name: string): void => {
      workplace.org.faults.add({
        match: ({ path, query }) => inquiry(name).test(`${path}?${query.get('q')}`),
        respond: {
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: `[{"errorCode":"INVALID_FIELD","message":"No such column 'Permissions${name}'"}]`,
        },
      });
    };
    refusing('ExternalClientAppDeveloper');
    const known = await workplace.json(CONNECT);
    expect(known.data).to.include({ code: 'admin_permission_missing', missing: 'View Setup and Configuration' });
    refusing('ViewSetup');
    const unknown = await workplace.json(CONNECT);
    expect(unknown.data).to.include({ code: 'admin_permission_missing', missing: '-' });
    expect(unknown.actions?.[0]).to.contain('"View Setup and Configuration"');
  });

  it('ends with 68 without "Assign Permission Sets", names it, and does the rest the next time', async () => {
    workplace.org.setup.takePermissions(ADMIN, 'AssignPermissionSets', 'ManageUsers');
    const first = await connected(workplace, ['--username', CI_USER], { exitCode: 68 });
    expect(first.users).to.deep.equal([
      {
        username: CI_USER,
        assigned: 'failed',
        verified: null,
        error: 'insufficient access rights on cross-reference id',
      },
    ]);
    const { stderr } = await workplace.jwt([...CONNECT, '--username', CI_USER]);
    expect(stderr.replace(/\s+/g, ' ')).to.contain(
      'The user of the target org lacks the permission that this takes: Assign Permission Sets.',
    );
    workplace.org.user(ADMIN)?.permissions.add('AssignPermissionSets');
    const second = await connected(workplace, ['--username', CI_USER]);
    expect(second).to.deep.include({ status: 'updated', clientId: first.clientId });
    expect(second.users).to.deep.equal([{ username: CI_USER, assigned: 'assigned', verified: true }]);
  });
});
