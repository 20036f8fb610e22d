import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { JwtGrantResult } from '../../src/commands/jwt/grant.js';
import { fieldsOf } from '../support/connect.js';
import { expectAllRan, hasShell, openRecipe, type Recipe } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { CI_USER, pairOf, Workplace } from '../support/workplace.js';

describe('the recipe for those who come from a Connected App', () => {
  let workplace: Workplace;
  let recipe: Recipe;
  let oldClientId: string;
  let login: string[];

  before(function () {
    needs(this, hasShell, 'bash, curl or jq');
  });
  beforeEach(async () => {
    workplace = await Workplace.open();
    const { setup, url } = workplace.org;
    setup.createPermissionSet('Ci');
    setup.assignPermissionSet(CI_USER, 'Ci');
    const { certificate } = await pairOf();
    oldClientId = setup.createConnectedApp({
      name: 'CiApp',
      certificate,
      adminApproved: true,
      permissionSets: ['Ci'],
    });
    login = ['--username', CI_USER, '--client-id', oldClientId, '--jwt-key-file', 'server.key', '--instance-url', url];
    recipe = openRecipe('from-connected-app', workplace);
  });
  afterEach(() => workplace.close());

  it('updates the app in place and renews its certificate under the same client ID', async () => {
    const before = fieldsOf(workplace.org, 'ConnectedApp')['oauthConfig'] as Record<string, unknown>;
    const outcomes = await recipe.run('Stay: bring the app up to date');
    expect(outcomes).to.have.length(2);
    const after = fieldsOf(workplace.org, 'ConnectedApp')['oauthConfig'] as Record<string, unknown>;
    expect(after).to.include({ consumerKey: oldClientId, callbackUrl: before['callbackUrl'] });
    expect(after['certificate']).not.to.equal(before['certificate']);
    expect(workplace.org.apps).to.have.length(1);
    const { data } = await workplace.json(['grant', ...login]);
    expect(data?.code).to.equal('signature_mismatch');
  });

  it('moves in one go, and closes the old app when it is idle', async () => {
    await workplace.json(['grant', ...login, '--alias', 'ci']);
    const [move, close] = recipe.section('Move in one go');
    const moved = await recipe.runBlock(move!);
    expect(moved.status, moved.stderr).to.equal(0);
    expect(moved.stdout).to.contain('uses the new app now');
    const early = await recipe.runBlock(close!);
    expect([early.status, early.stderr.includes('logged in with it on')]).to.deep.equal([1, true]);
    for (const each of workplace.org.data.loginHistory) each.time -= 8 * 86_400_000;
    const closed = await recipe.runBlock(close!);
    expect(closed.status, closed.stderr).to.equal(0);
    expect((await workplace.json(['grant', ...login])).data?.code).to.equal('user_not_admin_approved');
  });

  it('moves without a moment in which the old client ID fails', async () => {
    const works = async (): Promise<void> => {
      const { status, result } = await workplace.json<JwtGrantResult>(['grant', ...login, '--alias', 'ci']);
      expect([status, result.clientId]).to.deep.equal([0, oldClientId]);
    };
    await works();
    const [connect, grant, list] = recipe.section('Move: an External Client App beside it');
    const run = async (block: typeof connect): Promise<string> => {
      const { status, stdout, stderr } = await recipe.runBlock(block!);
      expect(status, stderr).to.equal(0);
      return stdout;
    };
    await run(connect);
    await works();
    const app = workplace.org.apps.find(({ kind }) => kind === 'external-client-app');
    const clientId = app?.consumerKey ?? '';
    expect(clientId).not.to.be.oneOf(['', oldClientId]);
    expect(await run(list)).to.equal(`${CI_USER}\t${oldClientId}\n`);
    recipe.values.set('3MVG9exampleClientId', clientId);
    await run(grant);
    expect(await run(list)).to.equal(`${CI_USER}\t${clientId}\n`);
    await works();
    expect(readFileSync(workplace.path('server.key'), 'utf8')).to.equal((await pairOf()).key);
    expect(workplace.org.apps).to.have.length(2);
  });

  it('has no command that no test runs', () => expectAllRan('from-connected-app'));
});
