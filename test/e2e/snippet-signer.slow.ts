import { expect } from 'chai';
import { SIGNER_CIS, snippetSigner } from '../../src/flows/snippet/signer.js';
import { openWithApp } from '../support/grant.js';
import { CiServices } from '../support/kms/ci-services.js';
import { signedRun } from '../support/kms/signed-pipeline.js';
import { pipelineText } from '../support/pipelines.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

describe('the jobs of pipelines without a secret', function () {
  this.timeout(600_000);
  let at: { workplace: Workplace; clientId: string };
  let services: CiServices;
  let count = 0;
  beforeEach(async () => {
    at = await openWithApp();
    services = new CiServices((await pairOf()).key);
    await services.listen();
  });
  afterEach(async () => {
    services.close();
    await at.workplace.close();
  });

  for (const ci of SIGNER_CIS) {
    for (const kind of ['awskms', 'azurekms', 'gcpkms', 'hashivault'] as const) {
      it(`for ${ci} log in with the key of ${kind}, work, and take the login back`, async () => {
        await signedRun(ci, services.uris[kind], services, at, at.workplace.home);
      });
    }

    it(`for ${ci} do nothing where the service doesn’t trust them`, async () => {
      const machine = await services.machineOf(ci, at.workplace.home);
      services.vault.idToken = `of another job ${(count += 1)}`;
      const login = { username: CI_USER, clientId: at.clientId, instanceUrl: at.workplace.org.url };
      const signer = snippetSigner(services.uris.hashivault);
      const { status, output, notes } = await machine.runPipeline(ci, await pipelineText(ci, { login }, { signer }));
      expect(status, output).not.to.equal(0);
      expect(output).to.contain('400');
      expect(notes.join('\n')).not.to.match(/sf jwt grant|sf project/);
    });
  }
});
