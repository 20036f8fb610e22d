import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { JwtAuditResult } from '../../src/commands/jwt/audit.js';
import { ADMIN_HERE, grant, nameAdmin } from '../support/advice/errors.js';
import { Pasting } from '../support/advice/paste.js';
import { commandsIn, templatesIn } from '../support/advice/templates.js';
import { certificateOf } from '../support/certificates.js';
import { hasBash } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { needs } from '../support/tools.js';
import { ADMIN, ADMIN_ALIAS, CI_USER, pairOf, Workplace } from '../support/workplace.js';

const AUDIT = ['audit', '--target-org', ADMIN_ALIAS];

/** What the command line says of an audit; what an audit finds is in `test/flows/audit`. */
describe('sf jwt audit', () => {
  let workplace: Workplace;
  let certificate: string;
  before(async () => {
    ({ certificate } = await pairOf());
  });
  beforeEach(async () => {
    workplace = await Workplace.open();
    workplace.org.setup.createPermissionSet('Ci');
    workplace.org.setup.assignPermissionSet(CI_USER, 'Ci');
  });
  afterEach(() => workplace.close());

  const healthy = (): string =>
    workplace.org.setup.createExternalClientApp({
      ...{ name: 'CiApp', label: 'CI of the web shop', certificate },
      ...{ adminApproved: true, permissionSets: ['Ci'] },
    });

  it('shows a line an app, and ends with 0 where nothing is wrong', async () => {
    const clientId = healthy();
    const answer = await workplace.json(grant({ workplace, clientId }, '--alias', 'ci'));
    expect(answer.status, JSON.stringify(answer)).to.equal(0);
    workplace.org.setup.createConnectedApp({ name: 'BrowserOnly' });
    const { status, stdout } = await workplace.jwt(AUDIT);
    expect(status, stdout).to.equal(0);
    const today = new Date().toISOString().slice(0, 10);
    expect(stdout).to.match(/App +│ Type +│ Ends +│ Days +│ Who may enter +│ Users +│ Last login +│ Here/);
    expect(stdout).to.match(
      new RegExp(`CI of the web shop │ ECA +│ [\\d-]+ │ 36\\d +│ pre-authorized │ 1 +│ ${today} ${CI_USER} │ ci `),
    );
    expect(stdout.trim().split('\n').at(-1)).to.equal(
      `The org of ${ADMIN}: 1 app for JWTs to enter, nothing to mend. 1 app without a certificate left out.`,
    );
    const { result, status: code } = await workplace.json<JwtAuditResult>(AUDIT);
    expectSchema('jwt-audit', result);
    expect([code, result.ok, result.findings]).to.deep.equal([0, true, []]);
    expect(result.apps[0]?.logins).to.deep.equal([{ username: CI_USER, aliases: ['ci'] }]);
  });

  it('is loud where anybody may authorize themselves, and ends with 1', async () => {
    workplace.org.setup.createConnectedApp({ name: 'Old', certificate });
    const { status, stdout, stderr } = await workplace.jwt(AUDIT);
    expect(status, stderr).to.equal(1);
    expect(stderr).to.equal('');
    expect(stdout).to.contain('│ self-authorized │').and.to.contain('✗ error    Old is open to everybody');
    expect(stdout).to.contain(`The org of ${ADMIN}: 1 app for JWTs to enter, 1 of them with errors.`);
    const { result } = await workplace.json<JwtAuditResult>(AUDIT);
    expectSchema('jwt-audit', result);
    expect(result.ok).to.equal(false);
  });

  it('takes days with a d behind them, and nothing else', async () => {
    healthy();
    const { result } = await workplace.json<JwtAuditResult>([...AUDIT, '--expires-within', '400d']);
    expect(result.findings.map(({ code }) => code)).to.include('certificate_ends_soon');
    for (const days of ['soon', '-1', '3.5', '30x', '']) {
      const answer = await workplace.json([...AUDIT, '--expires-within', days]);
      expect(answer.status, days).to.equal(2);
    }
  });

  it('writes what it found to a file', async () => {
    workplace.org.setup.createConnectedApp({ name: 'Old', certificate });
    const { status, stdout } = await workplace.jwt([...AUDIT, '--report', 'audit.json']);
    expect(status, stdout).to.equal(1);
    const report = JSON.parse(readFileSync(workplace.path('audit.json'), 'utf8')) as Record<string, unknown>;
    const [row] = report['rows'] as Array<Record<string, unknown>>;
    expect(row).to.deep.include({ org: ADMIN_ALIAS, app: 'Old', state: 'error' });
    expect(row!['command']).to.match(/^sf jwt connect --target-org my-admin-org --name Old /);
    expect(JSON.stringify(row!['findings'])).to.contain('app_self_authorized');
    expect(row!['certificate']).to.include({ notAfter: (await pairOf()).notAfter.toISOString() });
  });

  it('says what is missing to an admin who may not read metadata, and how to go on', async () => {
    workplace.org.setup.takePermissions(ADMIN, 'ModifyMetadata', 'ModifyAllData');
    const { status, stderr } = await workplace.jwt(AUDIT);
    expect(status).to.equal(1);
    expect(stderr.match(/^Error.*$/gm)).to.have.length(1);
    expect(stderr).to.contain('Try this:');
  });
});

describe('advice of audit', function () {
  this.timeout(180_000);

  it('works as it stands, for each finding', async function () {
    needs(this, hasBash, 'bash');
    const workplace = await Workplace.open();
    await nameAdmin(workplace);
    const { org } = workplace;
    try {
      const pair = await pairOf();
      const key = createPrivateKey(pair.key);
      org.setup.createPermissionSet('Ci');
      org.setup.assignPermissionSet(CI_USER, 'Ci');
      const policy = { adminApproved: true, permissionSets: ['Ci'] };
      const make = (name: string, certificate = pair.certificate): string =>
        org.setup.createExternalClientApp({ name, certificate, ...policy });
      make('Bypasses');
      org.setup.changePolicy('Bypasses', { ipRelaxationPolicyType: 'Bypass' });
      make('Assured');
      org.setup.changePolicy('Assured', { requiredSessionLevel: 'HIGH_ASSURANCE', policyAction: 'Block' });
      make('Full');
      org.setup.changeScopes('Full', ['Full', 'RefreshToken']);
      make('Scopes');
      org.setup.changeScopes('Scopes', ['Api']);
      make('Tokens');
      org.setup.changeGlobalSettings('Tokens', { isNamedUserJwtEnabled: 'true' });
      make('Off');
      org.setup.setEnabled('Off', false);
      org.setup.createExternalClientApp({ name: 'Nobody', certificate: pair.certificate, adminApproved: true });
      org.setup.createConnectedApp({ name: 'Open', certificate: pair.certificate });
      make('Ended', await certificateOf(key, 'ended', 30));
      org.setup.createConnectedApp({ name: 'acme__Loader', certificate: pair.certificate });
      const clientId = make('Soon', await certificateOf(key, 'soon', 3650));
      await workplace.json(grant({ workplace, clientId }));
      // What nobody has logged in with names no user.
      make('Unused');
      const { id: userId } = org.user(CI_USER)!;
      for (const [index, { fullName, type }] of [...org.data.components.values()].entries()) {
        if (!/^(ConnectedApp|ExternalClientApplication)$/.test(type) || fullName === 'Unused') continue;
        const [id, time] = [org.data.ids.next('loginHistory'), Date.now() - index * 1000];
        const from = { status: 'Success', sourceIp: '203.0.113.7', loginUrl: 'acme.my.salesforce.com' };
        org.data.loginHistory.push({ id, userId, time, application: fullName, ...from });
      }
      const audit = ['audit', '--target-org', ADMIN_HERE, '--expires-within', '10000'];
      const { result } = await workplace.json<JwtAuditResult>(audit);
      const pasting = new Pasting(['jwt.audit']);
      const codes = [...new Set(result.findings.map(({ code }) => code))];
      expect(codes).to.have.members([
        ...['app_disabled', 'app_issues_jwt_tokens', 'app_opens_to_nobody', 'app_requires_high_assurance'],
        ...['app_scopes_full', 'app_scopes_without_refresh_token', 'app_self_authorized', 'app_unused'],
        ...['certificate_ended', 'certificate_ends_soon', 'certificate_not_shown', 'certificate_shared'],
        ...['connected_app', 'ip_restrictions_bypassed'],
      ]);
      for (const code of codes) {
        // The app with the stored login last: it is rotated, and its key is another then.
        const found = result.findings.filter((each) => each.code === code && each.app !== 'acme__Loader');
        const [finding] = code === 'certificate_ends_soon' ? found.filter(({ app }) => app === 'Soon') : found;
        for (const command of commandsIn(finding?.actions ?? [])) {
          expect(await pasting.paste(workplace, command), command).to.equal(0);
        }
      }
      for (const command of commandsIn(result.findings.find(({ app }) => app === 'acme__Loader')!.actions))
        await pasting.paste(workplace, command);
      const unseen = 'finding.view_incomplete.fix: sf jwt audit --help';
      const unshown = templatesIn('jwt.audit').filter(({ key: text }) => text === 'finding.certificate_not_shown.fix');
      expect(
        pasting.left().filter((line) => line !== unseen && !unshown.some(({ key: text }) => line.startsWith(text))),
      ).to.deep.equal([]);
    } finally {
      await workplace.close();
    }
  });
});
