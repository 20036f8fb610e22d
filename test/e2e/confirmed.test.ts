/** What hurts is confirmed by a person at a terminal, and begins at once where nobody can be asked. */
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { CONNECT, stateOf } from '../support/connect.js';
import { hasTerminal } from '../support/plugin.js';
import { failedRotation, openInUse, recordsIn, ROTATE } from '../support/rotate.js';
import { needs } from '../support/tools.js';
import { CI_USER, Workplace } from '../support/workplace.js';

describe('at a terminal, what hurts is confirmed', () => {
  let workplace: Workplace;
  before(function () {
    needs(this, hasTerminal, 'python3');
  });
  afterEach(() => workplace.close());

  it('connect, in a production org', async () => {
    workplace = await Workplace.open({ kind: 'production' });
    const before = stateOf(workplace.org);
    const args = [...CONNECT, '--username', CI_USER];
    const no = await workplace.onTerminal(args, [{ expect: 'production org', type: 'n\r' }]);
    expect(no.status, no.stdout).to.equal(1);
    expect(no.stdout).to.contain('decided against');
    expect(stateOf(workplace.org)).to.deep.equal(before);
    const yes = await workplace.onTerminal(args, [{ expect: 'production org', type: 'y\r' }]);
    expect(yes.status, yes.stdout).to.equal(0);
    const unchanged = await workplace.onTerminal(args);
    expect(unchanged.status, unchanged.stdout).to.equal(0);
    expect(unchanged.stdout).not.to.contain('production org');
  });

  it('rotate', async () => {
    ({ workplace } = await openInUse());
    const before = stateOf(workplace.org);
    const { status, stdout } = await workplace.onTerminal(ROTATE, [{ expect: 'new certificate now?', type: 'n\r' }]);
    expect(status, stdout).to.equal(1);
    expect(stateOf(workplace.org)).to.deep.equal(before);
    const unasked = await workplace.onTerminal([...ROTATE, '--no-prompt']);
    expect(unasked.status, unasked.stdout).to.equal(0);
  });

  it('rotate, that goes on with a rotation of another run', async () => {
    ({ workplace } = await openInUse());
    workplace.org.faults.add({ match: { method: 'POST', path: /deployRequest$/ }, times: 1, drop: 'after' });
    await failedRotation(workplace, 'deployment_unanswered');
    while (workplace.org.data.deployments.some(({ done }) => !done)) await setTimeout(20);
    const before = stateOf(workplace.org);
    const record = recordsIn(workplace);
    const no = await workplace.onTerminal(ROTATE, [{ expect: 'that was interrupted?', type: 'n\r' }]);
    expect(no.status, no.stdout).to.equal(1);
    expect(no.stdout).to.contain('decided against');
    expect(stateOf(workplace.org)).to.deep.equal(before);
    expect(recordsIn(workplace)).to.deep.equal(record);
    const yes = await workplace.onTerminal(ROTATE, [{ expect: 'that was interrupted?', type: 'y\r' }]);
    expect(yes.status, yes.stdout).to.equal(0);
    expect(recordsIn(workplace)).to.deep.equal([]);
  });
});
