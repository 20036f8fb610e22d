import { KmsRecipe, PAGES, type Page } from '../support/kms/recipe.js';
import { expectAllRan, hasShell } from '../support/recipe.js';
import { needs } from '../support/tools.js';

describe('each recipe for a key in a key management service', function () {
  this.timeout(300_000);
  for (const page of Object.keys(PAGES) as Page[]) {
    it(`leads from nothing to a pipeline, and to the next certificate: ${page}`, async function () {
      needs(this, hasShell, 'bash, curl or jq');
      const recipe = await KmsRecipe.open(page);
      try {
        await recipe.runAll();
        expectAllRan(page);
      } finally {
        await recipe.close();
      }
    });
  }
});
