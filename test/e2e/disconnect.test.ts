import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtDisconnectResult } from '../../src/commands/jwt/disconnect.js';
import { connected, deployRequests, fieldsOf, stateOf } from '../support/connect.js';
import { granted, loginFlags } from '../support/grant.js';
import { hasTerminal, type Dialogue } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { entryPath, filesWith } from '../support/stored.js';
import { needs } from '../support/tools.js';
import { ADMIN, ADMIN_ALIAS, CI_USER, Workplace, type Answer } from '../support/workplace.js';

const OTHER = 'other@acme.example.com';
const AT_ORG = ['disconnect', '--target-org', ADMIN_ALIAS];

describe('sf jwt disconnect', () => {
  let workplace: Workplace;
  let clientId: string;
  let before: unknown;

  beforeEach(async () => {
    workplace = await Workplace.open({ users: [{ username: CI_USER }, { username: OTHER }] });
    before = stateOf(workplace.org);
    const made = await connected(workplace, ['--name', 'CiApp', '--label', 'CI of the shop', '--username', CI_USER]);
    clientId = made.clientId!;
  });
  afterEach(() => workplace.close());

  async function disconnected(...args: string[]): Promise<JwtDisconnectResult> {
    const answer = await workplace.json<JwtDisconnectResult>([...AT_ORG, ...args]);
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    expectSchema('jwt-disconnect', answer.result);
    return answer.result;
  }

  async function refused(code: string, ...args: string[]): Promise<Answer<never>> {
    const [state, files] = [stateOf(workplace.org), await workplace.files()];
    const answer = await workplace.json<never>([...AT_ORG, ...args]);
    expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
    expect(answer.status).to.equal(1);
    expect(stateOf(workplace.org)).to.deep.equal(state);
    expect(await workplace.files()).to.deep.equal(files);
    return answer;
  }

  const recordsIn = (): string[] =>
    ['jwt-apps', 'jwt-connections', 'jwt-disconnections'].flatMap((folder) => {
      try {
        return readdirSync(join(workplace.home, '.sf', folder));
      } catch {
        return [];
      }
    });

  it('takes back all that connect made, in one deployment, and a connect makes it anew', async () => {
    await granted(workplace, [...loginFlags(workplace, clientId), '--alias', 'my-ci']);
    const result = await disconnected('--name', 'CiApp');
    const { deployId, ...rest } = result;
    expect(rest).to.deep.equal({
      name: 'CiApp',
      appType: 'external-client-app',
      clientId,
      status: 'removed',
      changes: [
        'Delete the External Client App CiApp',
        `Take the permission set CiApp from ${CI_USER}`,
        'Delete the permission set CiApp',
      ],
      permissionSets: [{ name: 'CiApp', removed: true }],
      users: [{ username: CI_USER, permissionSet: 'CiApp', unassigned: true }],
      logins: [{ username: CI_USER, aliases: ['my-ci'] }],
      tokenUsers: [],
      instanceUrl: workplace.org.url,
      dryRun: false,
    });
    const job = workplace.org.data.deployments.find(({ id }) => id === deployId)!;
    expect(job.messages.filter(({ deleted }) => deleted).map(({ componentType }) => componentType)).to.have.members([
      'ExternalClientApplication',
      'ExtlClntAppOauthSettings',
      'ExtlClntAppGlobalOauthSettings',
      'ExtlClntAppOauthConfigurablePolicies',
      'ExtlClntAppConfigurablePolicies',
      'PermissionSet',
    ]);
    expect(stateOf(workplace.org)).to.deep.equal(before);
    expect(recordsIn()).to.deep.equal([]);
    expect((await workplace.json(['token', '--username', 'my-ci'])).status).to.equal(1);
    const again = await connected(workplace, ['--name', 'CiApp', '--username', CI_USER]);
    expect(again).to.include({ status: 'created' });
    expect(again.clientId).not.to.equal(clientId);
    expect(again.users[0]?.verified).to.equal(true);
  });

  for (const [by, flags] of [
    ['label', () => ['--name', 'ci OF the shop']],
    ['client id', () => ['--client-id', clientId]],
  ] as const) {
    it(`finds the app by its ${by}, and with --dry-run has the org check it and changes nothing`, async () => {
      const state = stateOf(workplace.org);
      const result = await disconnected(...flags(), '--dry-run');
      expect(result).to.deep.include({ name: 'CiApp', status: 'removed', dryRun: true });
      expect(workplace.org.data.deployments.at(-1)?.options.checkOnly).to.equal(true);
      expect(stateOf(workplace.org)).to.deep.equal(state);
    });
  }

  it('names the candidates of a label that several apps have', async () => {
    workplace.org.setup.createConnectedApp({ name: 'Older', label: 'CI of the shop' });
    const { message } = await refused('app_label_ambiguous', '--name', 'CI of the shop');
    expect(message).to.contain('CiApp (external-client-app), Older (connected-app)');
  });

  it('takes a Connected App back too', async () => {
    workplace.org.switches.connectedAppCreation = 'allowed';
    await connected(workplace, ['--name', 'Older', '--app-type', 'connected-app', '--username', OTHER]);
    const result = await disconnected('--name', 'Older');
    expect(result).to.deep.include({ appType: 'connected-app', status: 'removed' });
    expect(workplace.org.apps.map(({ name }) => name)).to.deep.equal(['CiApp']);
    expect(workplace.org.data.componentsOf('PermissionSet').map(({ fullName }) => fullName)).to.deep.equal(['CiApp']);
  });

  it('tells which users have tokens of the app', async () => {
    workplace.org.setup.approve(OTHER, 'CiApp');
    expect((await disconnected('--name', 'CiApp', '--dry-run')).tokenUsers).to.deep.equal([OTHER]);
  });

  const uses: Array<[reason: string, use: () => void]> = [
    [
      'holds',
      () =>
        workplace.org.setup.createPermissionSet('CiApp', { userPermissions: { name: 'ApiEnabled', enabled: 'true' } }),
    ],
    ['holds', () => workplace.org.setup.createPermissionSet('CiApp', { label: 'Of the shop' })],
    ['opensOthers', () => workplace.org.setup.createExternalClientApp({ name: 'Second', permissionSets: ['CiApp'] })],
    ['assignedOtherwise', () => workplace.org.setup.assignPermissionSet(OTHER, 'CiApp')],
  ];
  for (const [reason, use] of uses) {
    it(`keeps a permission set that is of use otherwise (${reason}), and takes back its own assignment`, async () => {
      use();
      const result = await disconnected('--name', 'CiApp');
      expect(result.permissionSets).to.deep.equal([{ name: 'CiApp', removed: false, reason }]);
      expect(result.users).to.deep.equal([{ username: CI_USER, permissionSet: 'CiApp', unassigned: true }]);
      expect(workplace.org.data.componentsOf('PermissionSet')).to.have.lengthOf(1);
      const left = workplace.org.data.assignments.map(({ userId }) => workplace.org.data.userById(userId)?.username);
      expect(left).to.deep.equal(reason === 'assignedOtherwise' ? [OTHER] : []);
    });
  }

  it('leaves the permission set and its assignments alone with --keep-permission-set', async () => {
    const result = await disconnected('--name', 'CiApp', '--keep-permission-set');
    expect(result.permissionSets).to.deep.equal([{ name: 'CiApp', removed: false, reason: 'asked' }]);
    expect(workplace.org.data.assignments).to.have.lengthOf(1);
    expect(workplace.org.apps).to.deep.equal([]);
  });

  it('switches the app off and on, once each, and leaves the rest of its policy', async () => {
    await granted(workplace, [...loginFlags(workplace, clientId), '--alias', 'my-ci']);
    const { isEnabled: _, ...policy } = fieldsOf(workplace.org, 'ExtlClntAppConfigurablePolicies');
    for (const [flag, status, works] of [
      ['--disable', 'disabled', false],
      ['--enable', 'enabled', true],
    ] as const) {
      expect(await disconnected('--name', 'CiApp', flag)).to.include({ status, clientId });
      const login = await workplace.jwt(['doctor', '--username', 'my-ci']);
      expect(login.status === 0, flag).to.equal(works);
      const deployments = deployRequests(workplace.org);
      expect(await disconnected('--name', 'CiApp', flag)).to.deep.include({ status: 'unchanged', changes: [] });
      expect(deployRequests(workplace.org)).to.equal(deployments);
      expect(fieldsOf(workplace.org, 'ExtlClntAppConfigurablePolicies')).to.deep.include(policy);
    }
  });

  it('says of a Connected App that it has no switch, and what can be done', async () => {
    workplace.org.setup.createConnectedApp({ name: 'Older' });
    const { actions } = await refused('app_not_switchable', '--name', 'Older', '--disable');
    expect(actions?.join('\n')).to.contain('OAuth Usage').and.to.contain(`disconnect --target-org ${ADMIN}`);
  });

  it('refuses what it can know before: no such app, a wrong client id, flags that contradict each other', async () => {
    await refused('app_not_found', '--name', 'NotThere');
    await refused('app_not_found', '--client-id', 'c'.repeat(64));
    for (const flags of [
      ['--disable', '--enable'],
      ['--disable', '--keep-permission-set'],
      ['--name', 'CiApp', '--client-id', clientId],
    ]) {
      expect((await workplace.json([...AT_ORG, ...flags])).status, flags.join(' ')).to.equal(2);
    }
  });

  it('changes nothing where the org refuses the deletion', async () => {
    workplace.org.setup.takePermissions(ADMIN, 'CustomizeApplication');
    const state = stateOf(workplace.org);
    const answer = await workplace.json([...AT_ORG, '--name', 'CiApp']);
    expect(answer.status).to.equal(1);
    expect(answer.message).to.contain('insufficient access');
    expect(stateOf(workplace.org)).to.deep.equal(state);
  });

  it('deletes a permission set that somebody has where the org lets it, too', async () => {
    workplace.org.switches.assignedPermissionSetDeletion = 'allowed';
    await disconnected('--name', 'CiApp');
    expect(stateOf(workplace.org)).to.deep.equal(before);
  });

  it('knows by itself which logins end where the org hides client ids', async () => {
    await granted(workplace, loginFlags(workplace, clientId));
    workplace.org.switches.consumerKeyReadable = false;
    const result = await disconnected('--name', 'CiApp', '--dry-run');
    expect(result).to.deep.include({ clientId, logins: [{ username: CI_USER, aliases: [] }] });
  });

  describe('at a terminal', () => {
    beforeEach(async function () {
      needs(this, hasTerminal, 'python3');
      await granted(workplace, [...loginFlags(workplace, clientId), '--alias', 'my-ci']);
    });
    const ask = (dialogue: Dialogue, ...args: string[]): ReturnType<Workplace['onTerminal']> =>
      workplace.onTerminal(['disconnect', ...args], dialogue);

    it('asks for the org and the app, and changes nothing after a no', async () => {
      const state = stateOf(workplace.org);
      const { status, stdout } = await ask([
        { expect: 'Which org', type: 'my-admin\r' },
        { expect: 'Which app', type: '\r' },
        { expect: 'Delete the app CiApp?', type: 'n\r' },
      ]);
      expect(status, stdout).to.equal(1);
      expect(stdout).to.contain('decided against').and.to.contain('(my-ci)');
      expect(stateOf(workplace.org)).to.deep.equal(state);
    });

    it('ends the logins on this machine after two times yes', async () => {
      const { status, stdout } = await ask(
        [
          { expect: 'Delete the app CiApp?', type: 'y\r' },
          { expect: 'on this machine too?', type: '\r' },
        ],
        ...['-o', ADMIN_ALIAS, '-n', 'CiApp'],
      );
      expect(status, stdout).to.equal(0);
      expect(stdout).to.contain(`Ended the login of ${CI_USER}`);
      expect(filesWith(workplace, CI_USER)).to.deep.equal([]);
      expect(stateOf(workplace.org)).to.deep.equal(before);
    });

    it('prints how to end them after a no, and with --no-prompt', async () => {
      const { status, stdout } = await workplace.onTerminal([...AT_ORG, '-n', 'CiApp', '--no-prompt']);
      expect(status, stdout).to.equal(0);
      expect(stdout).to.contain('sf jwt revoke --target-org my-ci').and.not.to.contain('?');
      expect(filesWith(workplace, CI_USER)).to.include(join('.sfdx', `${CI_USER}.json`));
      expect(entryPath(workplace.home)).to.contain(CI_USER);
    });
  });
});
