/** A person who waits sees each step, with a tick and its time once it has ended, and the limit of a wait. */
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { CONNECT, connected } from '../support/connect.js';
import { hasTerminal, runOnTerminal } from '../support/plugin.js';
import { granted } from '../support/grant.js';
import { ROTATE } from '../support/rotate.js';
import { screenOf } from '../support/screen.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER, Workplace } from '../support/workplace.js';

describe('at a terminal, the steps of a wait', () => {
  let workplace: Workplace;
  before(async function () {
    needs(this, hasTerminal, 'python3');
    workplace = await Workplace.open({ switches: { deployMs: 3000, propagationMs: 3000 } });
  });
  after(() => workplace.close());

  /** The steps that are left on the screen, and everything that was on it meanwhile. */
  async function stepsOf(args: string[], answers: string[] = []): Promise<{ steps: string[]; all: string }> {
    const dialogue = answers.map((expected) => ({ expect: expected, type: 'y\r' }));
    const { home, cwd } = workplace;
    const { stdout } = await runOnTerminal(['jwt', ...args], dialogue, { home, cwd }, 200);
    const steps = screenOf(stdout).filter((line) => line.includes('...'));
    return { steps, all: stripVTControlCharacters(stdout) };
  }

  it('of connect', async () => {
    const { steps, all } = await stepsOf([...CONNECT, '--jwt-key-file', 'server.key', '--username', CI_USER]);
    expect(steps[0]).to.match(/^Reading what is in the org of admin@\S+\.\.\. ✔( \d+ s)?$/);
    expect(steps.find((line) => line.startsWith('Deploying'))).to.match(/^Deploying the app\.\.\. ✔ \d+ s$/);
    expect(steps.at(-1)).to.match(/^Logging in with the app\.\.\. ✔ \d+ s$/);
    expect(all).to.match(/deployment 0Af\w+: InProgress/);
    expect(all).to.match(/logging in as ci@\S+, waiting on ".*" \(\d+ s of at most 10 min\)/);
  });

  it('of rotate', async () => {
    const { clientId } = await connected(workplace, ['--username', CI_USER]);
    const login = ['--username', CI_USER, '--client-id', clientId!, '--instance-url', workplace.org.url];
    await granted(workplace, [...login, '--jwt-key-file', 'server.key']);
    const { steps } = await stepsOf(ROTATE, ['new certificate now?']);
    expect(steps.find((line) => line.startsWith('Deploying'))).to.match(
      /^Deploying the new certificate\.\.\. ✔ \d+ s$/,
    );
    expect(steps.at(-1)).to.match(/^Logging in with the new key\.\.\. ✔( \d+ s)?$/);
  });

  it('of disconnect, the last of which failed', async () => {
    workplace.org.faults.add({
      match: { method: 'POST', path: /deployRequest$/ },
      respond: { status: 400, body: '[]' },
    });
    const { steps } = await stepsOf(['disconnect', '--target-org', ADMIN_ALIAS, '--name', 'JwtBearer'], ['?']);
    expect(steps.at(-1)).to.equal('Disconnecting... Error');
  });

  it('of an audit that failed, which no tick follows', async () => {
    workplace.org.expireSessions();
    const { steps } = await stepsOf(['audit', '--target-org', ADMIN_ALIAS]);
    expect(steps.at(-1)).to.match(/\.\.\. Error$/);
  });
});
