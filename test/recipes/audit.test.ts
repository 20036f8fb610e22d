import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { expectAllRan, hasShell, openRecipe, textOf, type Recipe } from '../support/recipe.js';
import { certificateOf, rsaKey } from '../support/certificates.js';
import { needs } from '../support/tools.js';
import { pairOf, Workplace } from '../support/workplace.js';

describe('the recipe of an audit', () => {
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    needs(this, hasShell, 'bash, curl or jq');
    workplace = await Workplace.open();
    const { setup } = workplace.org;
    setup.createConnectedApp({ name: 'WebShop', label: 'Web shop', certificate: (await pairOf()).certificate });
    setup.createExternalClientApp({ name: 'Ended', certificate: await certificateOf(rsaKey(), 'ended', 30) });
    recipe = openRecipe('audit', workplace);
  });
  after(() => workplace.close());

  it('shows the apps, and fails for those that are open to everybody', async () => {
    const { status, stdout } = await recipe.runBlock(recipe.section('Look at one org')[0]!);
    expect(status).to.equal(1);
    const [, shown = ''] = /console\n([^]*?)```/.exec(textOf('audit')) ?? [];
    for (const line of [/✗ error {4}WebShop \("Web shop"\) is open to everybody.*/, /│ App .*Here/]) {
      expect(shown).to.match(line);
      expect(stdout).to.match(line);
    }
  });

  it('says every night what is wrong, and writes it down', async () => {
    const { status, stdout } = await recipe.runBlock(recipe.section('Look every night')[0]!);
    expect(status).to.equal(1);
    expect(stdout)
      .to.contain('error\tcertificate_ended\tEnded\n')
      .and.to.contain('error\tapp_self_authorized\tWebShop\n');
    for (const name of ['audit.html', 'audit.sarif']) {
      expect(readFileSync(workplace.path(name), 'utf8')).to.contain('WebShop');
    }
  });

  it('goes through many orgs', async () => {
    await workplace.save('orgs.csv', recipe.fill(recipe.section('Many orgs', 'csv')[0]!.text));
    const [command] = recipe.section('Many orgs');
    const { status, stdout } = await recipe.runBlock(command!);
    expect(status, stdout).to.equal(1);
    expect(stdout).to.contain('With errors: 1.');
  });

  it('has every finding in its table, with its severity', () => {
    const checks = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'flows', 'audit', 'check.ts'), 'utf8');
    const told = [...checks.matchAll(/'(error|warning|note)', '(\w+)'/g)].map(
      ([, severity, code]) => `${code} ${severity}`,
    );
    const rows = [...textOf('audit').matchAll(/^\| `(\w+)` +\| (\w+) /gm)].map(
      ([, code, severity]) => `${code} ${severity}`,
    );
    const open = 'app_self_authorized error';
    expect([...new Set([...told, open])].sort()).to.deep.equal(rows.sort());
  });

  it('has no command that no test runs', () => expectAllRan('audit'));
});
