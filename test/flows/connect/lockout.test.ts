import { expect } from 'chai';
import { tellConnect } from '../../../src/flows/connect/tell.js';
import type { AppType } from '../../../src/salesforce/app/app.js';
import { startOrg, type Org } from '../../emulator/index.js';
import { stateOf } from '../../support/connect.js';
import { connectInProcess } from '../../support/connect-in-process.js';
import { rejectionOf } from '../../support/failures.js';
import { pairOf } from '../../support/workplace.js';

const [ANN, BEN, CAT, DAN] = ['ann', 'ben', 'cat', 'dan'].map((name) => `${name}@acme.example.com`) as [
  string,
  string,
  string,
  string,
];

for (const appType of ['external-client-app', 'connected-app'] satisfies AppType[]) {
  describe(`connect that ends self-authorization of an app of the type ${appType}`, () => {
    let org: Org;
    let told: Array<string[] | undefined>;
    beforeEach(async () => {
      told = [];
      const users = [ANN, BEN, CAT, DAN].map((username) => ({ username, email: 'team@acme.example.com' }));
      org = await startOrg({ kind: 'developer', users, switches: { connectedAppCreation: 'allowed', deployMs: 1 } });
      const app = { name: 'CiApp', label: "The team's app", certificate: (await pairOf()).certificate };
      if (appType === 'connected-app') org.setup.createConnectedApp(app);
      else org.setup.createExternalClientApp(app);
      org.setup.createPermissionSet('Ci');
    });
    afterEach(() => org.stop());

    const run = (goesOn = true, asked: Parameters<typeof connectInProcess>[1] = {}): Promise<unknown> =>
      connectInProcess(
        org,
        { appType, usernames: [ANN], app: { name: 'CiApp', permissionSets: ['Ci'] }, ...asked },
        {
          onLockout: (_name, usernames) => {
            told.push(usernames);
            return Promise.resolve(goesOn);
          },
        },
      );

    it('names those who have approved it and are not pre-authorized, before anything is changed', async () => {
      for (const user of [ANN, BEN, CAT, DAN]) org.setup.approve(user, 'CiApp');
      org.setup.assignPermissionSet(CAT, 'Ci');
      org.setup.changeUser(DAN, { active: false });
      const before = stateOf(org);
      await rejectionOf('lockout_declined', run(false));
      expect(told).to.deep.equal([[BEN]]);
      expect(stateOf(org)).to.deep.equal(before);
      await run(true);
      expect(org.apps[0]?.adminApproved).to.equal(true);
    });

    it('says that it does not know who, where the org does not tell', async () => {
      org.faults.add({
        match: ({ query }) => /FROM OauthToken/.test(query.get('q') ?? ''),
        respond: {
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: '[{"errorCode":"INVALID_TYPE","message":"sObject type \'OauthToken\' is not supported."}]',
        },
      });
      await run();
      expect(told).to.deep.equal([undefined]);
    });

    it('says nothing where nobody loses anything, nor a second time', async () => {
      org.setup.approve(ANN, 'CiApp');
      await run();
      org.setup.approve(BEN, 'CiApp');
      await run();
      expect(told).to.deep.equal([]);
    });

    it('leaves the policy alone, and says nothing of it, where no flag asks for pre-authorization', async () => {
      org.setup.approve(BEN, 'CiApp');
      await run(false, { usernamesAsked: false, app: { name: 'CiApp' } });
      expect(told).to.deep.equal([]);
      expect(org.apps[0]?.adminApproved).to.equal(false);
    });
  });
}

describe('The warning before users lose an app', () => {
  const warnings: string[] = [];
  const output = {
    jsonEnabled: () => true,
    log: () => undefined,
    logSuccess: () => undefined,
    logToStderr: () => undefined,
    warn: (text: unknown) => {
      warnings.push(String(text));
      return text as string;
    },
  };
  const progress = { start: () => undefined, stop: () => undefined, status: undefined };
  const place = { admin: 'admin@acme.example.com', sourceFolder: undefined, dryRun: false, wait: 0 };

  it('asks where somebody can answer, and goes on where nobody can', async () => {
    const asked: string[] = [];
    const confirm = (question: string): Promise<boolean> => {
      asked.push(question);
      return Promise.resolve(false);
    };
    expect(await tellConnect(output, progress, { ...place, confirm }).onLockout('CiApp', [BEN])).to.equal(false);
    expect(await tellConnect(output, progress, place).onLockout('CiApp', undefined)).to.equal(true);
    expect(asked).to.have.length(1);
    expect(warnings[0]).to.contain(BEN).and.to.contain('CiApp');
    expect(warnings[1]).to.contain('CiApp');
  });
});
