import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { FakeGh } from '../support/ci-tools.js';
import { hasTerminal, runOnTerminal } from '../support/plugin.js';
import { expectAllRan, hasShell, openRecipe, RECIPES, textOf, type Recipe } from '../support/recipe.js';
import { screenOf } from '../support/screen.js';
import { needs } from '../support/tools.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

const RETURN = '\r';
const page = join(RECIPES, 'setup.md');

describe('the recipe for everything at once', function () {
  this.timeout(180_000);

  let workplace: Workplace;
  let recipe: Recipe;
  let gh: FakeGh;

  async function open(): Promise<void> {
    workplace = await Workplace.open();
    recipe = openRecipe('setup', workplace);
    for (const name of ['server.key', 'server.crt']) await rm(workplace.path(name));
    gh = await FakeGh.in(join(workplace.home, 'ci-tools'));
    for (const args of [
      ['init', '--quiet'],
      ['remote', 'add', 'origin', 'git@github.com:acme/app.git'],
    ])
      spawnSync('git', args, { cwd: workplace.cwd });
  }

  beforeEach(async function () {
    needs(this, hasShell && hasTerminal, 'bash, curl, jq or python3');
    await open();
  });
  afterEach(() => workplace.close());

  /** As the page shows it: with its example values in the place of this org's. */
  function asShown(lines: string[]): string {
    const text = lines.join('\n').trim();
    return text
      .replaceAll(workplace.cwd, '/home/dev/app')
      .replaceAll(workplace.org.url, 'https://example.my.salesforce.com')
      .replaceAll(CI_USER, 'ci@example.com')
      .replaceAll(ADMIN, 'admin@example.com')
      .replaceAll(workplace.org.apps[0]?.consumerKey ?? '-', '3MVG9exampleClientId');
  }

  /** The block under a marker is what was shown; with `UPDATE_DOCS` it's written anew. */
  function expectShown(marker: string, shown: string): void {
    const block = new RegExp(`(<!-- ${marker} -->\n\n\`\`\`console\n)([^]*?)(\`\`\`\n)`);
    if (process.env['UPDATE_DOCS'] !== undefined) {
      const text = readFileSync(page, 'utf8').replace(
        block,
        (_, head: string, __, tail: string) => `${head}${shown}\n${tail}`,
      );
      writeFileSync(page, text);
    }
    expect(block.exec(textOf('setup'))?.[2]?.trim()).to.equal(shown);
  }

  it('shows the conversation as it is, after which everything is there', async () => {
    const { home, cwd } = workplace;
    const dialogue = [
      { expect: 'Which org do you work in', type: RETURN },
      { expect: 'Which user shall log in', type: CI_USER },
      { expect: CI_USER, type: RETURN },
      { expect: 'Which CI', type: RETURN },
      { expect: 'Which repository', type: RETURN },
      { expect: 'Go on?', type: RETURN },
    ];
    const args = ['jwt', 'setup', '--plugin-source', 'sf-plugin-jwt@0.1.0'];
    const { status, stdout } = await runOnTerminal(args, dialogue, { home, cwd, env: gh.env }, 400);
    expect(status, stdout).to.equal(0);
    const lines = screenOf(stdout).filter((line) => !/\.\.\. ✔( \d+ s)?$/.test(line));
    expectShown('conversation', asShown([`$ sf ${args.join(' ')}`, ...lines]));
    expect(await gh.sets()).to.have.lengthOf(2);
  });

  it('does it in one line, and nothing a second time', async () => {
    const [first] = await recipe.run('In one line', gh.env);
    expectShown('line', asShown(first!.stdout.split('\n')));
    const key = await gh.value('actions');
    expect(key).to.match(/^-----BEGIN PRIVATE KEY-----\n/);
    const [second] = await recipe.run('A second time', gh.env);
    expectShown('again', asShown(second!.stdout.split('\n')));
    expect(await gh.value('actions')).to.equal(key);
  });

  it('makes a user for scratch orgs', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('A user for the pipeline', gh.env);
    expect(stdout).to.contain('Create the user ci.');
    expect(readFileSync(workplace.path('keys/.gitignore'), 'utf8')).to.equal('server.key\n');
  });

  after(() => expectAllRan('setup'));
});
