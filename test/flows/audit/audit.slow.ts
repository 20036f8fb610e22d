import { expect } from 'chai';
import { audit } from '../../../src/flows/audit/audit.js';
import { startOrg } from '../../emulator/index.js';
import { adminConnection } from '../../support/connect-in-process.js';
import { pairOf } from '../../support/workplace.js';

describe('an audit of hundreds of apps', function () {
  this.timeout(120_000);

  it('tells of each, by requests of ten', async () => {
    const org = await startOrg({ kind: 'production' });
    const { certificate } = await pairOf();
    for (let number = 0; number < 400; number++) {
      const create = number % 2 === 0 ? 'createExternalClientApp' : 'createConnectedApp';
      org.setup[create]({ name: `App${number}`, certificate });
    }
    const since = org.requests.length;
    const { facts, findings } = await audit(
      { admin: 'admin', expiresWithin: 30, now: new Date() },
      adminConnection(org),
    );
    expect(facts.apps).to.have.length(400);
    expect(findings.filter(({ code }) => code === 'app_self_authorized')).to.have.length(400);
    expect(org.requests.length - since).to.be.below(140);
    await org.stop();
  });
});
