/** Writes the pipelines into `docs/recipes/scratch-orgs.md` as `jwt snippet` has them. Run in the project's folder. */
import { readFile, writeFile } from 'node:fs/promises';
import { pipelineFor } from '../src/flows/snippet/pipeline.js';
import type { Ci } from '../src/flows/snippet/request.js';
import { TESTED_CLI } from '../src/flows/snippet/running.js';
import { KEY_VARIABLE } from '../src/flows/snippet/step.js';

const PAGE = 'docs/recipes/scratch-orgs.md';
const BLOCKS: Array<{ marker: string; language: string; ci: Ci }> = [
  { marker: 'scratch-org-workflow', language: 'yaml', ci: 'github-actions' },
  { marker: 'scratch-org-script', language: 'sh', ci: 'shell' },
];

const { name, version } = JSON.parse(await readFile('package.json', 'utf8')) as { name: string; version: string };
let page = await readFile(PAGE, 'utf8');
for (const { marker, language, ci } of BLOCKS) {
  const block = new RegExp(`(<!-- ${marker} -->\\n+\`\`\`${language}\\n)[^]*?(\`\`\`\\n)`);
  if (!block.test(page)) throw new Error(`${PAGE} has no block ${marker}`);
  const { content } = await pipelineFor({
    ci,
    plugin: { kind: 'registry', name, version },
    cliVersion: TESTED_CLI,
    secretName: KEY_VARIABLE,
    login: {
      username: 'ci@example.com',
      clientId: '3MVG9exampleClientId',
      instanceUrl: 'https://example.my.salesforce.com',
    },
    jobs: ['scratch'],
  });
  page = page.replace(block, (_, before: string, after: string) => `${before}${content}${after}`);
}
await writeFile(PAGE, page);
