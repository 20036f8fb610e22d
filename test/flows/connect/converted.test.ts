import { expect } from 'chai';
import { readCurrentState } from '../../../src/flows/rotate/read.js';
import { startOrg, type Org } from '../../emulator/index.js';
import { adminConnection, connectInProcess } from '../../support/connect-in-process.js';
import { rejectionOf } from '../../support/failures.js';
import { pairOf } from '../../support/workplace.js';

for (const keepsClientId of [true, false]) {
  describe(`A Connected App that was converted and ${keepsClientId ? 'kept' : 'lost'} its client id`, () => {
    let org: Org;
    let before: string;
    let after: string;
    beforeEach(async () => {
      org = await startOrg({ kind: 'developer', switches: { deployMs: 1 } });
      org.setup.createPermissionSet('Ci');
      org.setup.assignPermissionSet(org.admin.username, 'Ci');
      const { certificate } = await pairOf();
      const policy = { adminApproved: true, permissionSets: ['Ci'] };
      before = org.setup.createConnectedApp({ name: 'CiApp', certificate, ...policy });
      after = org.setup.convertToExternalClientApp('CiApp', { keepsClientId });
    });
    afterEach(() => org.stop());

    it('is found by its name, and nothing is made anew', async () => {
      expect(after === before).to.equal(keepsClientId);
      const { clientId, status } = await connectInProcess(org, { app: { name: 'CiApp' } });
      expect([clientId, status]).to.deep.equal([after, 'unchanged']);
      expect(org.apps).to.have.length(1);
    });

    it('is rotated under the client id that it has now', async () => {
      const current = await readCurrentState({ name: 'CiApp', clientId: undefined }, adminConnection(org));
      expect(current).to.include({ type: 'external-client-app', clientId: after });
    });

    it('is no free name for another Connected App', async () => {
      await rejectionOf('app_name_taken', connectInProcess(org, { appType: 'connected-app', app: { name: 'CiApp' } }));
    });

    if (!keepsClientId) {
      it('is told by its new client id where the old one is given', async () => {
        const run = connectInProcess(org, { clientId: before, app: { name: 'CiApp' } });
        expect((await rejectionOf('client_id_differs', run)).data).to.include({ clientId: before, actual: after });
      });
    }
  });
}
