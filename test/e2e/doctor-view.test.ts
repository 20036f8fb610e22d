import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { codesOf, doctor, healthyApp, PERMISSION_SET } from '../support/doctor.js';
import { ADMIN_ALIAS, CI_USER, Workplace } from '../support/workplace.js';

describe("jwt doctor with an admin's view", () => {
  let workplace: Workplace;
  let other: Workplace | undefined;

  beforeEach(async () => {
    workplace = await Workplace.open();
  });

  afterEach(async () => {
    await workplace.close();
    await other?.close();
    other = undefined;
  });

  it('says what the login history says', async () => {
    const clientId = healthyApp(workplace);
    workplace.org.setup.changeUser(CI_USER, { loginHours: 'closed' });
    const found = await doctor(workplace, clientId, { args: ['--target-org', ADMIN_ALIAS] });
    const finding = found.result.findings.find(({ code }) => code === 'login_history');
    expect(finding?.message).to.contain('Failed: Outside of Login Hours');
  });

  it('of another org than the login leads to says nothing about it', async () => {
    const clientId = healthyApp(workplace);
    other = await Workplace.open({ registry: workplace.org.registry });
    const entry = join(workplace.home, '.sfdx', 'admin@acme.example.com.json');
    const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
    await writeFile(entry, JSON.stringify({ ...fields, instanceUrl: other.org.url, orgId: other.org.orgId }));
    const found = await doctor(workplace, clientId, { args: ['--target-org', ADMIN_ALIAS] });
    expect(found.result.ok).to.equal(true);
    expect(codesOf(found)).to.include('target_org_other').and.not.to.include('app_found');
  });

  it('is a warning for each part that is refused', async () => {
    const clientId = healthyApp(workplace);
    workplace.org.setup.removeAssignment(CI_USER, PERMISSION_SET);
    const refusal = JSON.stringify([{ errorCode: 'INSUFFICIENT_ACCESS', message: 'insufficient access rights' }]);
    workplace.org.faults.add({
      match: ({ query }) => /LoginHistory|UserLogin/.test(query.get('q') ?? ''),
      respond: { status: 403, headers: { 'content-type': 'application/json' }, body: refusal },
    });
    const found = await doctor(workplace, clientId, { args: ['--target-org', ADMIN_ALIAS] });
    expect(codesOf(found)[0]).to.equal('user_unassigned');
    const parts = found.result.findings.filter(({ code }) => code === 'view_incomplete');
    expect(parts).to.have.length(2);
    expect(parts[0]?.message).to.contain('insufficient access rights');
  });

  it('is one warning where the session has ended', async () => {
    const clientId = healthyApp(workplace);
    workplace.org.expireSessions();
    const found = await doctor(workplace, clientId, { args: ['--target-org', ADMIN_ALIAS] });
    expect(found.result.ok).to.equal(true);
    expect(codesOf(found).filter((code) => code === 'target_org_unreadable')).to.have.length(1);
  });

  it('finds the app by its certificate where the org hides client ids', async () => {
    const clientId = healthyApp(workplace);
    workplace.org.switches.consumerKeyReadable = false;
    workplace.org.setup.removeAssignment(CI_USER, PERMISSION_SET);
    const found = await doctor(workplace, clientId, { args: ['--target-org', ADMIN_ALIAS] });
    expect(codesOf(found)[0]).to.equal('user_unassigned');
  });
});
