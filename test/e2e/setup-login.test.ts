import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { hasBash } from '../support/plugin.js';
import { ONE_LINE, SetupPlace } from '../support/setup.js';
import { needs } from '../support/tools.js';
import { CI_USER } from '../support/workplace.js';

describe('sf jwt setup, where the login is late or refused', function () {
  this.timeout(120_000);

  let place: SetupPlace;
  before(function () {
    needs(this, hasBash, 'bash');
  });
  beforeEach(async () => (place = await SetupPlace.open()));
  afterEach(() => place.close());

  it('hands over the key all the same where the org is late, and ends with 69', async () => {
    place.workplace.org.switches.propagationMs = 600_000;
    const { status, result, warnings } = await place.json([...ONE_LINE, '--wait', '0']);
    expect(status).to.equal(69);
    expect(result).to.deep.include({ verified: false, status: 'created' });
    expect(warnings?.join()).to.contain("couldn't log in as the pipeline will");
    expect(await place.gh.sets()).to.have.lengthOf(2);
    expect(existsSync(result.pipeline!.file)).to.equal(true);
    place.workplace.org.switches.propagationMs = 0;
    const again = await place.json();
    expect(again.status).to.equal(0);
    expect(again.result).to.deep.include({ status: 'unchanged', key: { source: 'kept' } });
  });

  it('gives the CI nothing where the user cannot log in, and goes on when that is mended', async () => {
    const user = place.workplace.org.data.userByName(CI_USER)!;
    user.frozen = true;
    const { status, data, actions } = await place.json();
    expect(status).to.equal(1);
    expect(data).to.deep.include({ code: 'setup_login_refused', username: CI_USER });
    expect(actions?.join('\n')).to.contain('--output-dir .');
    expect(await place.gh.sets()).to.deep.equal([]);
    user.frozen = false;
    const { result } = await place.json();
    expect(result).to.deep.include({ verified: true, status: 'updated' });
  });
});
