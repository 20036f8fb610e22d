import { expect } from 'chai';
import { APP, codesOf, doctor, healthyApp } from '../support/doctor.js';
import { ADMIN_ALIAS, Workplace } from '../support/workplace.js';

describe('jwt doctor, a Dev Hub', () => {
  let workplace: Workplace;

  beforeEach(async () => {
    workplace = await Workplace.open({ kind: 'production', devHub: true });
  });

  afterEach(() => workplace.close());

  it('with an External Client App gets the two variables that scratch orgs need', async () => {
    const clientId = healthyApp(workplace);
    const found = await doctor(workplace, clientId, { args: ['--target-org', ADMIN_ALIAS] });
    const finding = found.result.findings.find(({ code }) => code === 'dev_hub_external_client_app');
    expect(finding?.severity).to.equal('warning');
    expect(finding?.fix?.split('\n').slice(-2)).to.deep.equal([
      'export SF_SCRATCH_SIGNUP_CONNECTED_APP=PlatformCLI',
      'export SF_SCRATCH_SIGNUP_CALLBACK_URL=http://localhost:1717/OauthRedirect',
    ]);
    expect(found.result.ok).to.equal(true);
  });

  it('is told from the org itself where no admin looks, and needs nothing with a Connected App', async () => {
    expect(codesOf(await doctor(workplace, healthyApp(workplace)))).to.include('dev_hub_app_type_unknown');
    workplace.org.setup.deleteApp(APP);
    const connected = healthyApp(workplace, {}, 'ConnectedApp');
    expect(codesOf(await doctor(workplace, connected, { args: ['--target-org', ADMIN_ALIAS] })).join()).not.to.contain(
      'dev_hub',
    );
  });
});
