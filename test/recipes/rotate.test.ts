import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { expect } from 'chai';
import { deployRequests } from '../support/connect.js';
import { loginOf, openInUse } from '../support/rotate.js';
import { expectAllRan, hasShell, openRecipe, type Outcome, type Recipe } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { pairOf, type Workplace } from '../support/workplace.js';

describe('the recipe of a nightly rotation', () => {
  let workplace: Workplace;
  let recipe: Recipe;
  let login: string[];

  before(async function () {
    ({ workplace, login } = await openInUse());
    recipe = openRecipe('rotate', workplace);
    needs(this, hasShell, 'bash, curl or jq');
    // The secret's place: what the CI's own tool would have taken.
    await mkdir(workplace.path('ci-bin'));
    await workplace.save('ci-bin/gh', '#!/bin/sh\n[ "$*" = "secret set SF_JWT_KEY" ] && cat >"$SECRET"\n');
    await chmod(workplace.path('ci-bin/gh'), 0o755);
  });
  after(() => workplace.close());

  async function runJob(text = recipe.section('The job')[0]!.text): Promise<Outcome> {
    const { key } = await pairOf();
    const PATH = [workplace.path('ci-bin'), process.env['PATH']].join(delimiter);
    const env = { PATH, SF_JWT_KEY: key, SECRET: workplace.path('secret') };
    return recipe.runBlock({ ...recipe.section('The job')[0]!, text }, env);
  }

  it('writes a pipeline that does it', async () => {
    await recipe.run('A pipeline that does it');
    expect(readFileSync(workplace.path('.github/workflows/rotate.yml'), 'utf8')).to.contain(
      'sf jwt rotate --target-org',
    );
  });

  it('does nothing while there is time', async () => {
    const before = deployRequests(workplace.org);
    const { status, stderr } = await runJob();
    expect(status, stderr).to.equal(0);
    expect(existsSync(workplace.path('secret'))).to.equal(false);
    expect(deployRequests(workplace.org)).to.equal(before);
  });

  it('puts the new key into the secret when the end is near, and that key logs in', async () => {
    const [block] = recipe.section('The job');
    const { status, stderr } = await runJob(block!.text.replace('--if-expires-within 30', '--if-expires-within 365'));
    expect(status, stderr).to.equal(0);
    const secret = readFileSync(workplace.path('secret'), 'utf8');
    expect(secret).not.to.equal((await pairOf()).key);
    workplace.secrets.push(secret);
    expect(await loginOf(workplace, login, secret)).to.equal(0);
  });

  it('has no command that no test runs', () => expectAllRan('rotate'));
});
