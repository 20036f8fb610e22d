import { join } from 'node:path';
import { expect } from 'chai';
import { CONNECT } from '../support/connect.js';
import { loginFlags, openWithApp } from '../support/grant.js';
import type { Answer, Workplace } from '../support/workplace.js';

const PRELOAD = join(import.meta.dirname, '..', 'support', 'stray.cjs');
const KINDS = ['thrown', 'rejected', 'rejected with a text', 'rejected with nothing', 'event of a socket'];

describe('An error that nobody awaits', () => {
  let workplace: Workplace;
  let login: string[];
  before(async () => {
    const { workplace: place, clientId } = await openWithApp();
    workplace = place;
    login = loginFlags(workplace, clientId);
  });
  after(() => workplace.close());
  afterEach(() => workplace.org.faults.clear());

  const env = (stray: string, more: Record<string, string> = {}) => ({
    env: { NODE_OPTIONS: `--require=${PRELOAD}`, STRAY: stray, ...more },
  });

  /** Nothing raw: no trace of a stack, nothing that steers the terminal, nothing secret. */
  function expectClean(output: string): void {
    expect(output).not.to.match(/^\s+at |node:|Node\.js v|triggerUncaught|ERR_UNHANDLED/m);
    expect(output)
      .not.to.contain('AQ.stray')
      .and.not.to.match(/[\x07\x1b]\]/);
  }

  for (const kind of KINDS) {
    it(`${kind}: has a code, one line and a way to report it, and ends the command`, async () => {
      // Nothing else would end it.
      workplace.org.faults.add({ match: { path: /token$/ }, hang: true });
      const before = await workplace.files();
      const { status, stdout, stderr } = await workplace.jwt(['token', ...login], env(kind));
      expect([status, stdout]).to.deep.equal([1, '']);
      expectClean(stderr);
      expect(stderr).to.match(/^Error \(UnexpectedError\): Something went wrong that this command does not know: .+$/m);
      expect(stderr).to.contain('Report it to the authors of sf-plugin-jwt');
      const answer = await workplace.json<never>(['token', ...login], env(kind));
      expect(answer.status).to.equal(1);
      expect(answer.data?.code).to.equal('unexpected');
      expect(answer.actions).to.have.lengthOf(2);
      // sf itself adds the trace of the error that the command ends with.
      expectClean(JSON.stringify({ ...answer, stack: '' }));
      expect(await workplace.files()).to.deep.equal(before);
    });

    it(`${kind}, after the end: changes neither the result nor the exit code`, async () => {
      const { status, json, stderr } = await workplace.jwt(['list', '--json'], env(kind, { STRAY_AT: 'end' }));
      expect(status).to.equal(0);
      expect((json as Answer<unknown>).status).to.equal(0);
      expect(stderr).to.match(/^Something went wrong that this command does not know: [^\n]+\n$/);
      expectClean(stderr);
    });
  }

  it('is left to others who listen as well', async () => {
    workplace.org.faults.add({ match: { path: /token$/ }, hang: true });
    const { status, stderr } = await workplace.jwt(['token', ...login], env('thrown', { STRAY_HEARD: '1' }));
    expect(status).to.equal(1);
    expect(stderr).to.contain('UnexpectedError').and.to.contain('heard by another');
  });

  it('after the end of a command that failed leaves it its exit code', async () => {
    const { status, stderr } = await workplace.jwt(['inspect', 'missing.key'], env('thrown', { STRAY_AT: 'end' }));
    expect(status).to.equal(1);
    expect(stderr).to.contain('FileMissingError');
    expectClean(stderr);
    const wrong = await workplace.jwt(['token', '--no-such-flag'], env('thrown', { STRAY_AT: 'end' }));
    expect(wrong.status).to.equal(2);
    expectClean(wrong.stderr);
  });

  it('while a deployment runs says that it goes on', async () => {
    const release = workplace.org.holdDeployments();
    workplace.org.faults.add({ match: ({ path }) => /deployRequest\/0Af/.test(path), latencyMs: 300 });
    const { status, stderr } = await workplace.jwt(
      [...CONNECT, '--label', 'Other'],
      env('thrown', { STRAY_AT: 'poll' }),
    );
    release();
    expect(status).to.equal(1);
    expect(stderr).to.match(/The deployment 0Af\w+ goes on in the org/);
  });
});
