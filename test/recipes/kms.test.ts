import { expect } from 'chai';
import { generalBlocks, KmsRecipe, PAGES, type Page } from '../support/kms/recipe.js';
import { expectAllRan, hasShell } from '../support/recipe.js';
import { needs } from '../support/tools.js';

/** The pages are 'aws-kms.md', 'azure-key-vault.md', 'google-cloud-kms.md' and 'vault.md'. */
describe('the recipes for a key in a key management service', function () {
  this.timeout(300_000);

  it('say the same commands for each service, with the URI of its key', () => {
    const [first, ...others] = (Object.keys(PAGES) as Page[]).map(generalBlocks);
    expect(first).to.have.length(4);
    for (const other of others) expect(other).to.deep.equal(first);
  });

  it('lead from nothing to a pipeline, and to the next certificate', async function () {
    needs(this, hasShell, 'bash, curl or jq');
    const recipe = await KmsRecipe.open('aws-kms');
    try {
      await recipe.runAll();
      expectAllRan('aws-kms');
    } finally {
      await recipe.close();
    }
  });
});
