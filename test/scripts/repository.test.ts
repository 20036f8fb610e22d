import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '..', '..');
const COPIED = ['.github', 'docs', 'scripts', 'CHANGELOG.md', 'SECURITY.md', 'package.json', 'package-lock.json'];
const PLACEHOLDER = /github\.com\/OWNER\/|@OWNER\b|uses: OWNER\b/;

describe('the scripts of a release', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'sf-jwt-release-'));
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  const textOf = (name: string): string => readFileSync(join(copy, name), 'utf8');
  const edit = (name: string, change: (text: string) => string): void =>
    writeFileSync(join(copy, name), change(textOf(name)));

  function run(script: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const words = ['run', '--silent', script, '--', ...args];
    return spawnSync('npm', words, { cwd: copy, encoding: 'utf8', shell: process.platform === 'win32' });
  }

  const NAMED = [
    'package.json',
    'SECURITY.md',
    '.github/CODEOWNERS',
    '.github/ISSUE_TEMPLATE/config.yml',
    'docs/action.md',
  ];
  const manifest = (): Record<string, unknown> => JSON.parse(textOf('package.json')) as Record<string, unknown>;

  describe('npm run set-repository', () => {
    it('puts the name into every file that holds it, and can be run again', () => {
      for (const [owner, name] of [
        ['acme', 'sf-jwt'],
        ['acme-inc', 'sf-jwt.next'],
        ['OWNER', 'sf-plugin-jwt'],
      ]) {
        const { status, stdout, stderr } = run('set-repository', `${owner}/${name}`);
        expect(status, stderr).to.equal(0);
        expect(stdout.trim().split('\n').sort()).to.deep.equal([...NAMED].sort());
        expect(manifest()).to.deep.include({
          repository: { type: 'git', url: `git+https://github.com/${owner}/${name}.git` },
          homepage: `https://github.com/${owner}/${name}#readme`,
          bugs: { url: `https://github.com/${owner}/${name}/issues` },
        });
        expect(textOf('SECURITY.md')).to.contain(`<https://github.com/${owner}/${name}/security/advisories/new>`);
        expect(textOf('.github/CODEOWNERS')).to.match(new RegExp(`^\\* @${owner}$`, 'm'));
        expect(textOf('docs/action.md').match(/uses: \S+@v\d+/g)).to.include(`uses: ${owner}/${name}@v0`);
        if (owner !== 'OWNER') for (const file of NAMED) expect(textOf(file), file).not.to.match(PLACEHOLDER);
      }
      for (const file of NAMED) expect(textOf(file), file).to.equal(readFileSync(join(ROOT, file), 'utf8'));
    });

    it('refuses what is no repository, and changes nothing', () => {
      for (const wrong of [
        [],
        ['acme'],
        ['acme/'],
        ['/x'],
        ['a b/c'],
        ['-a/b'],
        ['https://github.com/a/b'],
        ['a/b', 'c'],
      ]) {
        const { status, stderr } = run('set-repository', ...wrong);
        expect(status, wrong.join(' ')).to.equal(2);
        expect(stderr).to.contain('npm run set-repository -- OWNER/NAME').and.not.to.contain('at ');
      }
      for (const file of NAMED) expect(textOf(file), file).to.equal(readFileSync(join(ROOT, file), 'utf8'));
    });
  });

  describe('npm run check-release', () => {
    it('says what is missing before a tag can be published', () => {
      const { version } = manifest() as { version: string };
      const { status, stderr } = run('check-release', 'v9.9.9', 'acme/sf-jwt');
      expect(status).to.equal(1);
      expect(stderr).to.contain('The tag is v9.9.9').and.to.contain('npm run set-repository -- acme/sf-jwt');
      expect(stderr).to.contain(`"## ${version} - YYYY-MM-DD"`);
      edit('package-lock.json', (text) => text.replace(`"version": "${version}"`, '"version": "0.0.1"'));
      expect(run('check-release', `v${version}`, 'acme/sf-jwt').stderr).to.contain(
        'package-lock.json says version 0.0.1',
      );
    });

    it('lets a tag pass whose version, changelog and repository belong together, and prints what has changed', () => {
      const { version } = manifest() as { version: string };
      run('set-repository', 'acme/sf-jwt');
      edit('CHANGELOG.md', (text) => text.replace('## Unreleased', `## Unreleased\n\n## ${version} - 2026-12-01`));
      const passed = run('check-release', `v${version}`, 'acme/sf-jwt');
      expect(passed.status, passed.stderr).to.equal(0);
      const { stdout } = run('check-release', `v${version}`, 'acme/sf-jwt', '--notes');
      expect(stdout)
        .to.match(/^### Added\n/)
        .and.to.contain('sf jwt keygen');
      expect(stdout).not.to.contain('## Unreleased');
    });
  });
});
