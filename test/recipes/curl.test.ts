import { readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { expectAllRan, hasShell, openRecipeWithApp, type Recipe } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { CI_USER, type Workplace } from '../support/workplace.js';

describe('the recipe for curl', () => {
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    ({ workplace, recipe } = await openRecipeWithApp('curl'));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  it('swaps an assertion for a token, in a file that nobody else can read', async () => {
    await recipe.run('Swap an assertion for a token');
    const file = workplace.path('token.json');
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const { access_token: token } = JSON.parse(readFileSync(file, 'utf8')) as { access_token: string };
    expect(workplace.org.data.liveSession(token)?.userId).to.equal(workplace.org.user(CI_USER)?.id);
    const [request] = workplace.org.requestsTo(/oauth2\/token$/, 'POST');
    expect(new URLSearchParams(request?.body).get('assertion')).to.match(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('calls the REST API with it', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('Call the REST API');
    expect((JSON.parse(stdout) as { objectDescribe: object }).objectDescribe).to.include({ name: 'Account' });
  });

  it('does both in one step', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('In one step');
    expect(JSON.parse(stdout)).to.have.property('DailyApiRequests');
  });

  it('prints a URL that opens the org in a browser', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('A browser that is logged in');
    expect(stdout).to.match(new RegExp(`^${workplace.org.url}/secur/frontdoor\\.jsp\\?\\S+\n$`));
  });

  it('ends with an error when the token has ended', async () => {
    workplace.org.expireSessions();
    const [block] = recipe.section('Call the REST API');
    const { status, stdout } = await recipe.runBlock(block!);
    expect([status, stdout]).to.satisfy(
      ([code, text]: [number, string]) => code > 0 && /INVALID_SESSION_ID/.test(text),
    );
  });

  it('has no command that no test runs', () => expectAllRan('curl'));
});
