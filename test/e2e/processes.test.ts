import { expect } from 'chai';
import { run, type RunResult } from '../support/plugin.js';
import { jwtCommands } from '../support/recipe.js';
import { CI_USER, Workplace } from '../support/workplace.js';

describe('A command in a process that has run others', () => {
  let workplace: Workplace;
  before(async () => {
    workplace = await Workplace.open();
  });
  after(() => workplace.close());

  /** The same command in a process of its own, and where `run` puts it; neither changes anything. */
  async function bothWays(args: string[]): Promise<[RunResult, RunResult]> {
    const { home, cwd } = workplace;
    const alone = await run(['jwt', ...args], { home, cwd, ownProcess: true });
    return [alone, await run(['jwt', ...args], { home, cwd })];
  }

  for (const name of Object.keys(jwtCommands())) {
    it(`answers, fails and exits as in one of its own: ${name}`, async () => {
      const [alone, hosted] = await bothWays(name.split(' '));
      expect(hosted).to.deep.equal(alone);
      expect(alone.stdout + alone.stderr).to.match(/\S/);
    });
  }

  it('gives the same JSON, whether it succeeds or fails', async () => {
    const failed = await bothWays(['inspect', 'no-such-file', '--json']);
    const succeeded = await bothWays(['inspect', 'server.crt', '--json']);
    for (const [alone, hosted] of [failed, succeeded]) {
      const { stack: _, ...expected } = alone.json as Record<string, unknown>;
      const { stack: __, ...found } = hosted.json as Record<string, unknown>;
      expect(found).to.deep.equal(expected);
    }
    expect([failed[0].status, succeeded[0].status]).to.deep.equal([1, 0]);
  });

  it('sees what has changed on disk since the one before', async () => {
    const list = async (): Promise<string> => JSON.stringify((await workplace.json(['list'])).result);
    expect(await list()).not.to.contain(CI_USER);
    const entry = { username: CI_USER, clientId: '3MVG9x', privateKey: workplace.path('server.key') };
    await workplace.save(`../.sfdx/${CI_USER}.json`, JSON.stringify({ ...entry, loginUrl: workplace.org.url }));
    await workplace.save('../.sfdx/alias.json', JSON.stringify({ orgs: { ci: CI_USER } }));
    expect(await list())
      .to.contain(CI_USER)
      .and.to.contain('"ci"');
    await workplace.save('../.sfdx/alias.json', JSON.stringify({ orgs: { build: CI_USER } }));
    expect(await list())
      .to.contain('"build"')
      .and.not.to.contain('"ci"');
  });
});
