/** The recipe of a key management service, run with stand-ins of the service and of its program. */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { blocksOf, openRecipe, RECIPES, textOf, type Recipe } from '../recipe.js';
import { CI_USER, Workplace } from '../workplace.js';
import { AwsService } from './aws-service.js';
import { AwsTool } from './aws-tool.js';
import { AzureTool } from './azure-tool.js';
import { GoogleService } from './google-service.js';
import { GoogleTool } from './google-tool.js';
import { toolsOnPath } from './on-path.js';
import { VaultService } from './vault-service.js';

/** The pages, and the URI of the key in each: as it's made, and as it's used. */
export const PAGES = {
  'aws-kms': { made: 'awskms:///alias/sf-ci', used: 'awskms:///alias/sf-ci' },
  'azure-key-vault': {
    made: 'azurekms://acme.vault.azure.net/sf-ci',
    used: 'azurekms://acme.vault.azure.net/sf-ci',
  },
  'google-cloud-kms': {
    made: 'gcpkms://projects/acme/locations/europe-west1/keyRings/ci/cryptoKeys/sf-ci',
    used: 'gcpkms://projects/acme/locations/europe-west1/keyRings/ci/cryptoKeys/sf-ci/cryptoKeyVersions/1',
  },
  'vault': { made: 'hashivault://sf-ci', used: 'hashivault://sf-ci' },
} as const;

export type Page = keyof typeof PAGES;

/** The shell blocks of a page with words in the place of what differs from one service to another. */
export function generalBlocks(page: Page): string[] {
  const { made, used } = PAGES[page];
  const blocks = blocksOf(textOf(page)).filter(({ language }) => language === 'sh');
  return blocks.map(({ text }) => text.replaceAll(`${used} `, 'URI ').replaceAll(`${made} --create`, 'URI --create'));
}

export class KmsRecipe {
  private constructor(
    private readonly page: Page,
    public readonly workplace: Workplace,
    private readonly recipe: Recipe,
    private readonly env: Record<string, string>,
    private readonly end: () => void,
  ) {}

  public static async open(page: Page): Promise<KmsRecipe> {
    const workplace = await Workplace.open();
    for (const name of ['server.key', 'server.crt']) await rm(workplace.path(name));
    const recipe = openRecipe(page, workplace);
    const vault = new VaultService();
    await vault.listen();
    const folder = join(workplace.home, 'tools-of-the-clouds');
    await mkdir(folder);
    const tools = [new AwsTool(new AwsService()), new AzureTool(), new GoogleTool(new GoogleService())];
    const end = await toolsOnPath(folder, tools);
    const env = {
      PATH: [folder, process.env['PATH']].join(delimiter),
      ...{ AWS_ACCESS_KEY_ID: 'x', AWS_DEFAULT_REGION: 'eu-west-1', VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token },
    };
    return new KmsRecipe(page, workplace, recipe, env, () => {
      end();
      vault.close();
    });
  }

  public async close(): Promise<void> {
    this.end();
    await this.workplace.close();
  }

  /** Runs the page from its top to its end, and expects that it says what is shown and leads where it says. */
  public async runAll(): Promise<void> {
    const { org } = this.workplace;
    const [keygen] = await this.recipe.run('1. Make the key and its certificate', this.env);
    this.expectShown('keygen', `$ sf jwt keygen --signer ${PAGES[this.page].made} --create\n${keygen!.stdout}`);
    const [connect] = await this.recipe.run('2. Put the certificate into the app', this.env);
    expect(connect!.stdout).to.contain('works');
    this.recipe.values.set('3MVG9exampleClientId', org.apps[0]!.consumerKey ?? '');
    const [snippet] = await this.recipe.run('3. Write the pipeline', this.env);
    expect(snippet!.stderr).to.contain('OWNER_ID');
    const pipeline = readFileSync(this.workplace.path('.github/workflows/deploy.yml'), 'utf8');
    expect(pipeline).to.contain(`--signer ${PAGES[this.page].used}`);
    const [certificate] = org.apps.map((app) => app.certificate);
    await this.recipe.run('When the certificate ends', this.env);
    expect(org.apps).to.have.length(1);
    expect(org.apps[0]!.certificate).not.to.equal(certificate);
  }

  /** As the page shows it, with example values where another run has others; with `UPDATE_DOCS` it's written anew. */
  private expectShown(marker: string, said: string): void {
    const shown = said
      .replaceAll(this.workplace.cwd, '/home/dev/app')
      .replaceAll(this.workplace.org.url, 'https://example.my.salesforce.com')
      .replaceAll(CI_USER, 'ci@example.com')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '1234abcd-12ab-34cd-56ef-1234567890ab')
      .replace(/\b[0-9a-f]{32}\b/g, '0123456789abcdef0123456789abcdef')
      .replace(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, 'AB:CD'.padEnd(95, ':EF'))
      .replace(/\d{4}-\d\d-\d\d(?= \(in)/g, '2027-11-26')
      .trim();
    const path = join(RECIPES, `${this.page}.md`);
    const block = new RegExp(`(<!-- ${marker} -->\n\n\`\`\`console\n)([^]*?)(\`\`\`\n)`);
    if (process.env['UPDATE_DOCS'] !== undefined) {
      const text = readFileSync(path, 'utf8').replace(
        block,
        (_, head: string, __, tail: string) => `${head}${shown}\n${tail}`,
      );
      writeFileSync(path, text);
    }
    expect(block.exec(textOf(this.page))?.[2]?.trim()).to.equal(shown);
  }
}
