import { readFileSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { blocksOf, hasShell, openRecipe, textOf, type Recipe } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER, Workplace } from '../support/workplace.js';

describe('the recipe for scratch orgs', () => {
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    workplace = await Workplace.open({ devHub: true });
    recipe = openRecipe('scratch-orgs', workplace);
    recipe.values.set('my-dev-hub', ADMIN_ALIAS);
    for (const name of ['server.key', 'server.crt']) rmSync(workplace.path(name));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  it('sets up the app and the user', async () => {
    await recipe.run('Once');
    expect(workplace.org.apps.map(({ name }) => name)).to.deep.equal(['JwtBearer']);
    expect(workplace.org.requestsTo(/oauth2\/token$/).at(-1)?.status).to.equal(200);
    expect(workplace.org.user(CI_USER)?.active).to.equal(true);
  });

  it('writes the pipeline that the page shows', async () => {
    recipe.values.set('3MVG9exampleClientId', workplace.org.apps[0]?.consumerKey ?? '');
    await recipe.run('The pipeline');
    const written = readFileSync(workplace.path('.github/workflows/scratch.yml'), 'utf8');
    const [shown] = recipe.section('The pipeline', 'yaml');
    // The login is the CLI's own here, since the plugin runs from a checkout.
    const workOf = (text: string): string[] => text.match(/sf (org (?!log)|project|apex).*/g) ?? [];
    expect(workOf(written)).to.have.lengthOf(4);
    expect(workOf(written)).to.deep.equal(workOf(recipe.fill(shown!.text)));
  });

  it('has one more command, the script, which the tests of the real sf run', () => {
    const shell = blocksOf(textOf('scratch-orgs')).filter(({ language }) => language === 'sh');
    expect(shell.map(({ heading }) => heading)).to.deep.equal(['Once', 'The pipeline', 'As a shell script']);
    expect(textOf('scratch-orgs')).to.match(/<!-- scratch-org-script -->\n+```sh\n/);
  });
});
