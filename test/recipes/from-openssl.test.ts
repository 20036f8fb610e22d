import { readFileSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { entryOf } from '../support/grant.js';
import { blocksOf, expectAllRan, hasShell, openRecipe, type Recipe, textOf } from '../support/recipe.js';
import { hasOpenssl, needs } from '../support/tools.js';
import { CI_USER, Workplace } from '../support/workplace.js';

describe('the recipe for those who come from openssl', () => {
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    workplace = await Workplace.open();
    recipe = openRecipe('from-openssl', workplace);
    for (const name of ['server.key', 'server.crt']) rmSync(workplace.path(name));
    needs(this, hasShell && hasOpenssl, 'bash, curl, jq or openssl');
  });
  after(() => workplace.close());

  it('takes the pair that openssl made straight into the app and the login', async () => {
    const [openssl, ours] = recipe.section('Go on with what you have');
    const made = await recipe.runBlock(openssl!);
    expect(made.status, made.stderr).to.equal(0);
    const key = readFileSync(workplace.path('server.key'), 'utf8');
    const [connect, grant] = ours!.text.split(/^(?=sf jwt grant)/m);
    const connected = await recipe.runBlock({ ...ours!, text: connect ?? '' });
    expect(connected.status, connected.stderr).to.equal(0);
    recipe.values.set('3MVG9exampleClientId', workplace.org.apps[0]?.consumerKey ?? '');
    const granted = await recipe.runBlock({ ...ours!, text: grant ?? '' });
    expect(granted.status, granted.stderr).to.equal(0);
    expect(readFileSync(workplace.path('server.key'), 'utf8')).to.equal(key);
    expect(await entryOf(workplace.home, CI_USER)).to.include({ privateKey: workplace.path('server.key') });

    // Once the app is there, the lines may be run again as they stand: nothing changes.
    const again = await recipe.runBlock(ours!);
    expect(again.status, again.stderr).to.equal(0);
    expect(workplace.org.apps).to.have.length(1);
  });

  it('names every line of the old way', () => {
    const [block] = blocksOf(textOf('from-openssl'));
    const tools = [...block!.text.matchAll(/^openssl \w+/gm)].map(([tool]) => tool);
    expect(tools).to.have.length(3);
    for (const tool of tools) expect(textOf('from-openssl')).to.contain(`\`${tool}\``);
  });

  it('has no command that no test runs', () => expectAllRan('from-openssl'));
});
