import { Connection } from 'jsforce';
import { expect } from 'chai';
import { startOrg, type Org } from './index.js';

const FIELDS = {
  LastName: 'robot',
  Email: 'ops@acme.example.com',
  Alias: 'robot',
  TimeZoneSidKey: 'Europe/Amsterdam',
  LocaleSidKey: 'en_US',
  EmailEncodingKey: 'UTF-8',
  LanguageLocaleKey: 'en_US',
};

describe('local org: users and their licenses', () => {
  let org: Org;
  let connection: Connection;
  let ProfileId: string;

  beforeEach(async () => {
    org = await startOrg({ kind: 'developer', adminUsername: 'admin@acme.example.com' });
    connection = new Connection({ instanceUrl: org.url, accessToken: org.admin.accessToken, version: '67.0' });
    const name = 'Minimum Access - API Only Integrations';
    const { records } = await connection.query<{ Id: string; PermissionsApiUserOnly: boolean }>(
      `SELECT Id, PermissionsApiUserOnly FROM Profile WHERE Name = '${name}'`,
    );
    expect(records[0]?.PermissionsApiUserOnly).to.equal(true);
    ProfileId = records[0]!.Id;
  });
  afterEach(() => org.stop());

  const insert = async (Username: string, more: object = {}): Promise<string> => {
    const result = await connection.sobject('User').create({ ...FIELDS, ProfileId, Username, ...more });
    return result.id ?? '';
  };

  async function codeOf(action: Promise<unknown>): Promise<string> {
    try {
      await action;
    } catch (error) {
      return (error as { errorCode: string }).errorCode;
    }
    throw new Error('It succeeded');
  }

  const free = async (): Promise<number> => {
    const { records } = await connection.query<{ TotalLicenses: number; UsedLicenses: number }>(
      "SELECT TotalLicenses, UsedLicenses FROM UserLicense WHERE Name = 'Salesforce Integration'",
    );
    return records[0]!.TotalLicenses - records[0]!.UsedLicenses;
  };

  it('inserts a user who takes a license, and gives it back when switched off', async () => {
    expect(await free()).to.equal(5);
    const id = await insert('robot@acme.example.com', { FederationIdentifier: 'mark' });
    expect(await free()).to.equal(4);
    const { records } = await connection.query<{ FederationIdentifier: string }>(
      `SELECT FederationIdentifier FROM User WHERE Id = '${id}'`,
    );
    expect(records[0]?.FederationIdentifier).to.equal('mark');
    await connection.sobject('User').update({ Id: id, IsActive: false });
    expect(await free()).to.equal(5);
  });

  it('refuses what lacks a field, a name that is taken anywhere, a profile that is none, and a sixth license', async () => {
    expect(await codeOf(insert('robot@acme.example.com', { LastName: '' }))).to.equal('REQUIRED_FIELD_MISSING');
    expect(await codeOf(insert('admin@acme.example.com'))).to.equal('DUPLICATE_USERNAME');
    org.data.usernamesElsewhere.add('robot@acme.example.com');
    expect(await codeOf(insert('Robot@acme.example.com'))).to.equal('DUPLICATE_USERNAME');
    expect(await codeOf(insert('other@acme.example.com', { ProfileId: '00e000000000001AAA' }))).to.equal(
      'INVALID_CROSS_REFERENCE_KEY',
    );
    for (let number = 1; number <= 5; number++) await insert(`robot${number}@acme.example.com`);
    expect(await codeOf(insert('robot6@acme.example.com'))).to.equal('LICENSE_LIMIT_EXCEEDED');
  });

  it('lets an integration user have a permission only with the permission set license, and what that may hold', async () => {
    const AssigneeId = await insert('robot@acme.example.com');
    const made = await connection.metadata.create('PermissionSet', {
      fullName: 'Deploys',
      label: 'Deploys',
      userPermissions: [{ enabled: true, name: 'ModifyMetadata' }],
    } as never);
    expect([made].flat()[0]?.success, JSON.stringify(made)).to.equal(true);
    const { records } = await connection.query<{ Id: string }>("SELECT Id FROM PermissionSet WHERE Name = 'Deploys'");
    const assign = (): Promise<unknown> =>
      connection.sobject('PermissionSetAssignment').create({ AssigneeId, PermissionSetId: records[0]!.Id });
    expect(await codeOf(assign())).to.equal('FIELD_INTEGRITY_EXCEPTION');
    const psl = await connection.query<{ Id: string; MaximumPermissionsModifyMetadata: boolean }>(
      'SELECT Id, MaximumPermissionsModifyMetadata FROM PermissionSetLicense' +
        " WHERE DeveloperName = 'SalesforceAPIIntegrationPsl'",
    );
    expect(psl.records[0]?.MaximumPermissionsModifyMetadata).to.equal(true);
    await connection
      .sobject('PermissionSetLicenseAssign')
      .create({ AssigneeId, PermissionSetLicenseId: psl.records[0]!.Id });
    org.switches.integrationMayDeploy = false;
    expect(await codeOf(assign())).to.equal('FIELD_INTEGRITY_EXCEPTION');
    org.switches.integrationMayDeploy = true;
    await assign();
    const user = org.data.userByName('robot@acme.example.com')!;
    expect(org.data.hasPermission(user, 'ModifyMetadata')).to.equal(true);
  });
});
