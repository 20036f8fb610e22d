import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { entryOf } from '../support/grant.js';
import { expectAllRan, hasShell, openRecipe, type Recipe } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { Workplace } from '../support/workplace.js';

const CUSTOMER = 'customer@acme.example.com';

describe('the recipe for a user of an Experience Cloud site', () => {
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    workplace = await Workplace.open({ sites: ['customers'] });
    workplace.org.addUser({ username: CUSTOMER, profile: 'Customer Community Plus User' });
    recipe = openRecipe('experience-cloud', workplace);
    recipe.values.set('customer@example.com', CUSTOMER);
    recipe.values.set('https://example.my.site.com/customers', workplace.org.siteUrl('customers'));
    for (const name of ['server.key', 'server.crt']) rmSync(workplace.path(name));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  it('sets up the app for a profile', async () => {
    await recipe.run('Once');
    const [app] = workplace.org.apps;
    expect(app).to.deep.include({ profiles: ['Customer Community Plus User'], scopes: ['Api', 'Web', 'RefreshToken'] });
    recipe.values.set('3MVG9exampleClientId', app?.consumerKey ?? '');
  });

  it('logs in at the site', async () => {
    const [, token] = await recipe.run('Log in');
    const { org, home } = workplace;
    expect(await entryOf(home, CUSTOMER)).to.include({ loginUrl: org.siteUrl('customers') });
    expect(org.data.liveSession(token?.stdout.trim() ?? '')?.userId).to.equal(org.user(CUSTOMER)?.id);
    for (const { path } of org.requestsTo(/oauth2\/token$/).slice(-2)) expect(path).to.match(/^\/customers\//);
  });

  it('opens the site in a browser', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('Open the site in a browser');
    const opened = await fetch(stdout.trim(), { redirect: 'manual' });
    expect(opened.headers.get('location')).to.equal(`${workplace.org.siteUrl('customers')}/s/`);
  });

  it('has no command that no test runs', () => expectAllRan('experience-cloud'));
});
