import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '..');
const RECIPE = join('docs', 'recipes', 'scratch-orgs.md');
const SOURCES = [
  ...['action', 'bin', 'messages', 'scripts', 'src', '.prettierrc.json', 'package.json', 'README.md', 'tsconfig.json'],
  // docs/evidence.md is made of these.
  ...['conformance', join('test', 'emulator')],
];
const GENERATED = [
  ...['oclif.manifest.json', 'command-snapshot.json', 'README.md'],
  ...[join('docs', 'commands', 'jwt.md'), join('docs', 'error-codes.md'), join('docs', 'evidence.md'), RECIPE],
];

describe('what is generated', () => {
  let copy: string;

  before(async () => {
    copy = await mkdtemp(join(tmpdir(), 'sf-jwt-generated-'));
    for (const name of SOURCES) await cp(join(ROOT, name), join(copy, name), { recursive: true });
    await mkdir(join(copy, 'docs', 'recipes'), { recursive: true });
    await cp(join(ROOT, RECIPE), join(copy, RECIPE));
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
    await promisify(execFile)('npm', ['run', 'generate'], { cwd: copy, shell: process.platform === 'win32' });
  });

  after(() => rm(copy, { recursive: true, force: true }));

  for (const name of GENERATED) {
    it(`${name} is what "npm run generate" makes`, async () => {
      expect(await readFile(join(ROOT, name), 'utf8')).to.equal(await readFile(join(copy, name), 'utf8'));
    });
  }

  it('schemas/ is what "npm run generate" makes of the results, a file for each command', async () => {
    const made = await readdir(join(copy, 'schemas'));
    expect(await readdir(join(ROOT, 'schemas'))).to.deep.equal(made);
    for (const name of made) {
      const [standing, fresh] = await Promise.all(
        [ROOT, copy].map((root) => readFile(join(root, 'schemas', name), 'utf8')),
      );
      expect(standing, name).to.equal(fresh);
    }
  });
});
