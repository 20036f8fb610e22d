import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { apiExample, makeForeignProject, type ForeignProject } from '../support/foreign-project.js';
import { CI_USER, Workplace } from '../support/workplace.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** The package as others install it, in a project that has nothing of this one. */
describe('the package as a library', () => {
  let workplace: Workplace;
  let project: ForeignProject;

  before(async () => {
    workplace = await Workplace.open({ switches: { deployMs: 1 } });
    project = await makeForeignProject();
    await writeFile(join(project.folder, 'server.key'), await readFile(workplace.path('server.key')));
  });
  after(async () => {
    await workplace.close();
    await project.remove();
  });

  const node = (...args: string[]): ReturnType<ForeignProject['node']> => project.node(workplace.home, ...args);

  it('the example of its page does what it says, word for word', async () => {
    await writeFile(join(project.folder, 'example.mjs'), apiExample('esm'));
    const { stdout, stderr } = await node('example.mjs');
    expect(stderr).to.equal('');
    const lines = stdout.trim().split('\n');
    const ends = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
    expect(lines[0]).to.equal('… plan');
    expect(lines.filter((line) => !line.startsWith('…'))).to.deep.equal([
      `created JwtBearer true until ${ends}`,
      'query: 200',
      'stored as ci with the key in a copy',
    ]);
    const entry = JSON.parse(await readFile(join(workplace.home, '.sfdx', `${CI_USER}.json`), 'utf8')) as object;
    expect(entry).to.include({ username: CI_USER, instanceUrl: workplace.org.url });
  });

  it('is required by CommonJS programs', async () => {
    await writeFile(join(project.folder, 'example.cjs'), apiExample('cjs'));
    const { stdout, stderr } = await node('example.cjs');
    expect([stdout, stderr]).to.deep.equal(['3 https://test.salesforce.com build-4711\n', '']);
  });

  it('shows its package.json, and nothing else of what it has inside', async () => {
    const code = `
      const { version } = require('sf-plugin-jwt/package.json');
      try { require('sf-plugin-jwt/lib/api/index.js') } catch ({ code }) { console.log(version, code) }`;
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect((await node('-e', code)).stdout.trim()).to.equal(`${version} ERR_PACKAGE_PATH_NOT_EXPORTED`);
  });

  it('loads nothing before a function is called, and no command loads any of it', () => {
    const lib = join(ROOT, 'lib');
    const index = readFileSync(join(lib, 'api', 'index.js'), 'utf8');
    const loaded = [...index.matchAll(/(?:from|import)\s*"([^"]+)"/g)].map(([, name]) => name);
    expect(loaded.filter((name) => name !== 'node:module')).to.have.length.below(4);
    for (const name of loaded.filter((each) => each?.startsWith('./')))
      expect(readFileSync(join(lib, 'api', name!), 'utf8').length, name).to.be.below(2_000);
    const others = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^(commands|flows|chunks)\b.*\.js$/.test(name),
    );
    expect(others).to.have.length.above(50);
    expect(others.filter((name) => /["'](\.\.?\/)+api\//.test(readFileSync(join(lib, name), 'utf8')))).to.deep.equal(
      [],
    );
  });
});
