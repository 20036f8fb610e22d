/** Runs a pipeline without a secret as its CI does, and expects of it what it is for. */
import { expect } from 'chai';
import type { SignerCi } from '../../../src/flows/snippet/signer.js';
import { snippetSigner } from '../../../src/flows/snippet/signer.js';
import type { CiRun } from '../ci-machine.js';
import { pipelineText } from '../pipelines.js';
import { CI_USER, type Workplace } from '../workplace.js';
import type { CiServices } from './ci-services.js';

type At = { workplace: Workplace; clientId: string };

/** What the job did, in a HOME of its own. */
export async function signedRun(ci: SignerCi, uri: string, services: CiServices, at: At, home: string): Promise<CiRun> {
  const machine = await services.machineOf(ci, home);
  const login = { username: CI_USER, clientId: at.clientId, instanceUrl: at.workplace.org.url };
  const content = await pipelineText(ci, { login }, { signer: snippetSigner(uri) });
  const before = at.workplace.org.data.sessions.size;
  const run = await machine.runPipeline(ci, content);
  expect(run.status, run.output).to.equal(0);
  expect(run.notes, run.output).to.include(`USED ${CI_USER} true`);
  expect(run.notes).to.include(`sf jwt revoke --target-org ${CI_USER} --no-prompt`);
  expect(at.workplace.org.data.sessions.size, 'the session is taken back').to.equal(before);
  expect(await machine.leftovers()).to.deep.equal([]);
  expect(run.output).not.to.contain('signature-of-the-ci').and.not.to.contain('hvs.');
  return run;
}
