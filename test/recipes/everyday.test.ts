import { existsSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { entryOf } from '../support/grant.js';
import { blocksOf, expectAllRan, hasShell, openRecipe, openRecipeWithApp, type Recipe } from '../support/recipe.js';
import { textOf } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER, pairOf, Workplace } from '../support/workplace.js';

const STORE_PASSPHRASE = 'a passphrase of six or more';

describe('the recipe for a CI server', function () {
  this.timeout(180_000);

  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    workplace = await Workplace.open();
    recipe = openRecipe('ci', workplace);
    for (const name of ['server.key', 'server.crt']) rmSync(workplace.path(name));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  it('makes the key and the app', async () => {
    await recipe.run('Once, on your machine');
    const [app] = workplace.org.apps;
    expect(app?.name).to.equal('JwtBearer');
    recipe.values.set('3MVG9exampleClientId', app?.consumerKey ?? '');
  });

  it('writes a pipeline for it, and puts the key into the secret', async () => {
    await mkdir(workplace.path('ci-bin'));
    await workplace.save('ci-bin/gh', '#!/bin/sh\n[ "$*" = "secret set SF_JWT_KEY" ] && cat >"$SECRET"\n');
    await chmod(workplace.path('ci-bin/gh'), 0o755);
    const PATH = [workplace.path('ci-bin'), process.env['PATH']].join(delimiter);
    await recipe.run('A pipeline', { PATH, SECRET: workplace.path('secret') });
    const pipeline = readFileSync(workplace.path('.github/workflows/deploy.yml'), 'utf8');
    expect(pipeline).to.contain(workplace.org.apps[0]?.consumerKey).and.to.contain(CI_USER);
    expect(readFileSync(workplace.path('secret'), 'utf8')).to.equal(readFileSync(workplace.path('server.key'), 'utf8'));
  });

  it('logs in with the secret alone, and out again', async () => {
    const [grant, revoke] = recipe.section('Steps of your own');
    const key = readFileSync(workplace.path('server.key'), 'utf8');
    const granted = await recipe.runBlock(grant!, { SF_JWT_KEY: key });
    expect(granted.status, granted.stderr).to.equal(0);
    expect(await entryOf(workplace.home, CI_USER)).to.include({ username: CI_USER });
    const revoked = await recipe.runBlock(revoke!);
    expect(revoked.status, revoked.stderr).to.equal(0);
    expect(existsSync(join(workplace.home, '.sfdx', `${CI_USER}.json`))).to.equal(false);
  });

  it('shows what another scope would change, and changes nothing', async () => {
    const before = structuredClone(workplace.org.apps);
    const [{ stdout } = { stdout: '' }] = await recipe.run('When something should differ');
    expect(stdout).to.match(/scope/i);
    expect(workplace.org.apps).to.deep.equal(before);
  });

  it('has no command that no test runs', () => expectAllRan('ci'));
});

describe('the recipes for a login that fails and for those that are stored', function () {
  this.timeout(180_000);

  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    ({ workplace, recipe } = await openRecipeWithApp('failing-login'));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  it('ask for the reason: all is well where all is well, and the cause stands first where it is not', async () => {
    await recipe.run('Ask for the reason');
    const user = workplace.org.user(CI_USER)!;
    user.active = false;
    const [block] = recipe.section('Ask for the reason');
    const { status, stdout } = await recipe.runBlock(block!);
    expect(status).to.equal(1);
    expect(stdout).to.match(/isn't active|inactive/);
    user.active = true;
  });

  it('list and try the logins that there are, and end one', async () => {
    const stored = openRecipe('stored-logins', workplace);
    stored.values.set('3MVG9exampleClientId', recipe.values.get('3MVG9exampleClientId')!);
    const text = `sf jwt grant --username ci@example.com --client-id 3MVG9exampleClientId --jwt-key-file server.key \\
      --instance-url https://example.my.salesforce.com --alias ci`;
    const granted = await stored.runBlock({ heading: '', language: 'sh', text, line: 0 });
    expect(granted.status, granted.stderr).to.equal(0);
    for (const outcome of [...(await recipe.run('Every login of a machine')), ...(await stored.run('Which there are'))])
      expect(outcome.stdout).to.contain(CI_USER).and.to.contain('works');
    await stored.run('End one');
    expect(existsSync(join(workplace.home, '.sfdx', `${CI_USER}.json`))).to.equal(false);
    stored.values.set('JwtBearer', workplace.org.apps[0]!.name);
    const told = (await stored.run('End an app')).map(({ stdout }) => stdout).join('');
    expect(told).to.match(/Switched the app \w+ off[^]*on\.[^]*nothing was changed[^]*Deleted the app/);
    expect(workplace.org.apps).to.deep.equal([]);
  });

  it('have no command that no test runs', () => {
    expectAllRan('failing-login');
    expectAllRan('stored-logins');
  });
});

describe('the recipe for formats of keys', function () {
  this.timeout(180_000);

  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    workplace = await Workplace.open();
    recipe = openRecipe('keystores', workplace);
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  it('says what a keystore is, makes one, and gets the key out of it again', async () => {
    const env = { SF_JWT_STORE_PASSPHRASE: STORE_PASSPHRASE };
    const make = 'sf jwt convert --from server.key --certificate-file server.crt --to server.p12';
    const made = await recipe.runBlock({ heading: '', language: 'sh', text: make, line: 0 }, env);
    expect(made.status, made.stderr).to.equal(0);
    const [{ stdout } = { stdout: '' }] = await recipe.run('What a file is', env);
    expect(stdout).to.contain('PKCS#12');

    // The file that the org exports is, here, the one that the first line wrote.
    recipe.values.set('00Dxx0000000001.jks', 'server.jks');
    await recipe.run('Into a keystore, and out of one', env);
    expect(readFileSync(workplace.path('org.pem'), 'utf8')).to.contain((await pairOf()).key.trim());
  });

  it('has no command that no test runs', () => expectAllRan('keystores'));
});

describe('the recipe for many orgs', function () {
  this.timeout(180_000);

  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    ({ workplace, recipe } = await openRecipeWithApp('fleet'));
    needs(this, hasShell, 'bash, curl or jq');
    const table = blocksOf(textOf('fleet')).find(({ language }) => language === 'csv')!;
    const [header, row = ''] = table.text.split('\n');
    recipe.values.set('3MVG9exampleAcme', recipe.values.get('3MVG9exampleClientId')!);
    recipe.values.set('ci@acme.example.com', CI_USER);
    recipe.values.set('https://acme.my.salesforce.com', workplace.org.url);
    await workplace.save('orgs.csv', `${header}\n${recipe.fill(row)}\n`);
  });
  after(() => workplace.close());

  it('logs in to what the table has, then leaves out what works', async () => {
    await recipe.run('Log in to all');
    expect(await entryOf(workplace.home, CI_USER)).to.include({ username: CI_USER });
    const before = workplace.org.requestsTo(/oauth2\/token$/).length;
    await recipe.run('Again, without those that work');
    expect(workplace.org.requestsTo(/oauth2\/token$/)).to.have.length(before);
  });

  it('sets the app up, examines, renews and takes along what it has', async () => {
    const tables = blocksOf(textOf('fleet')).filter(({ language }) => language === 'csv');
    const [header, row = ''] = tables[1]!.text.split('\n');
    recipe.values.set('acme-admin', ADMIN_ALIAS);
    await workplace.save('new.csv', `${header}\n${recipe.fill(row)}\n`);
    await recipe.run('Set up the app in all of them');
    expect(await readFile(workplace.path('connected.csv'), 'utf8')).to.contain(workplace.org.url);
    await recipe.run('Find out which logins fail');
    await recipe.run('Renew the keys');
    await recipe.run('Move to the next laptop');
    expect(await readFile(workplace.path('laptop.csv'), 'utf8')).to.contain(CI_USER);
  });

  it('writes a pipeline for several machines', async () => {
    await recipe.run('On several machines');
    expect(existsSync(workplace.path('.github/workflows/fleet.yml'))).to.equal(true);
  });

  it('has no command that no test runs', () => expectAllRan('fleet'));
});
