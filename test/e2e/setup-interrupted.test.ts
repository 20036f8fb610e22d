import { existsSync } from 'node:fs';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { expect } from 'chai';
import { hasBash } from '../support/plugin.js';
import { SetupPlace } from '../support/setup.js';
import { needs } from '../support/tools.js';
import { deployRequests } from '../support/connect.js';

describe('sf jwt setup, after a run that ended on the way', function () {
  this.timeout(120_000);

  let place: SetupPlace;
  before(function () {
    needs(this, hasBash, 'bash');
  });
  beforeEach(async () => (place = await SetupPlace.open()));
  afterEach(() => place.close());

  /** The key that the CI has is that of the app's certificate. */
  async function expectBelongTogether(): Promise<void> {
    const [consumer] = place.workplace.org.data.consumers;
    const certificate = new X509Certificate(consumer!.certificates.at(-1)!.text);
    for (const app of ['actions', 'dependabot'] as const)
      expect(certificate.checkPrivateKey(createPrivateKey(await place.gh.value(app))), app).to.equal(true);
  }

  for (const kill of ['kills-before-actions', 'kills-after-actions', 'kills-after-dependabot']) {
    it(`finishes it with a new certificate, and says so before, where gh ${kill}`, async () => {
      await place.gh.switch(kill);
      const killed = await place.run();
      expect(killed.status).to.equal(null);
      const { consumerKey } = place.workplace.org.apps[0]!;
      const next = await place.run();
      expect(next.status, next.stderr).to.equal(0);
      expect(next.stdout).to.contain('an earlier run was interrupted and its key is gone');
      expect(next.stderr).to.contain('Its key was in memory alone, so a new certificate takes its place.');
      expect(place.workplace.org.apps.map((app) => app.consumerKey)).to.deep.equal([consumerKey]);
      await expectBelongTogether();
      expect(await place.filesWith(await place.gh.value('actions'))).to.deep.equal([]);
      const deployed = deployRequests(place.workplace.org);
      const third = await place.json();
      expect(third.result.status).to.equal('unchanged');
      expect(deployRequests(place.workplace.org)).to.equal(deployed);
    });
  }

  it('goes on after gh has refused one of the two', async () => {
    await place.gh.switch('refuses-dependabot');
    const { status, data, actions } = await place.json();
    expect(status).to.equal(1);
    expect(data).to.deep.include({ code: 'ci_tool_refused', words: 'failed to fetch public key: HTTP 404: Not Found' });
    expect(actions?.join()).to.contain('it goes on from what stands in the org');
    expect(existsSync(place.workplace.path('.github'))).to.equal(false);
    await place.gh.switch('refuses-dependabot', false);
    const { result } = await place.json();
    expect(result).to.deep.include({ verified: true, status: 'updated', key: { source: 'new' } });
    await expectBelongTogether();
  });

  it('writes the pipeline alone, where only that is left to do', async () => {
    expect((await place.run()).status).to.equal(0);
    const { rmSync } = await import('node:fs');
    rmSync(place.workplace.path('.github'), { recursive: true });
    const { result } = await place.json();
    expect(result).to.deep.include({ status: 'updated', changes: [], key: { source: 'kept' } });
    expect(result.pipeline?.status).to.equal('created');
    expect(await place.gh.sets()).to.have.lengthOf(2);
  });
});
