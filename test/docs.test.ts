import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { jwtCommands } from './support/recipe.js';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'DESIGN.md'].filter((name) => existsSync(join(ROOT, name))),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

const withoutCode = (text: string): string =>
  text.replaceAll(/^\s*```[\s\S]*?^\s*```$/gm, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.replaceAll(/^\s*```[\s\S]*?^\s*```$/gm, '').matchAll(/^#+ (.*)$/gm)) {
    const words = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\-_ ]/gu, '');
    const slug = words.replaceAll(' ', '-');
    let count = 0;
    while (anchors.has(count === 0 ? slug : `${slug}-${count}`)) count++;
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

/** What is wrong with the links of a page: files that aren't there, sections that a page doesn't have. */
function brokenLinks(page: string, text = textOf(page)): string[] {
  const links = [...withoutCode(text).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  return links.flatMap(([link, path = '', anchor]) => {
    const target = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), decodeURI(path));
    if (relative(ROOT, target).startsWith('..') || !existsSync(target)) return [`${page}: ${link}`];
    if (anchor === undefined) return [];
    const there = path === '' ? text : statSync(target).isDirectory() ? '' : readFileSync(target, 'utf8');
    return anchorsOf(there).has(anchor) ? [] : [`${page}: ${link}`];
  });
}

describe('the documentation', () => {
  for (const page of PAGES) {
    it(`${page} links to nothing that isn't there`, () => {
      expect(brokenLinks(page)).to.deep.equal([]);
    });
  }

  it('is held to that by a check that sees a missing file, a missing section, and a path out of the project', () => {
    const text =
      '# One\n[a](docs/none.md) [b](#two) [c](#one) [d](DESIGN.md#no-such-thing) [e](../x) [f](docs/recipes)\n';
    expect(brokenLinks('README.md', text)).to.deep.equal([
      'README.md: ](docs/none.md)',
      'README.md: ](#two)',
      'README.md: ](DESIGN.md#no-such-thing)',
      'README.md: ](../x)',
    ]);
  });

  it('leads from the README to every page', () => {
    const reached = new Set<string>();
    const follow = (page: string): void => {
      if (reached.has(page) || !page.endsWith('.md')) return;
      reached.add(page);
      for (const [, path = ''] of withoutCode(textOf(page)).matchAll(/\]\((?!https?:|mailto:)([^)#\s]+)/g))
        follow(relative(ROOT, join(ROOT, dirname(page), path)));
    };
    follow('README.md');
    expect(PAGES.filter((page) => page.startsWith('docs') && !reached.has(page))).to.deep.equal([]);
  });
});

describe('the README', () => {
  const readme = textOf('README.md');

  it('has 8 kB at most', () => {
    expect(Buffer.byteLength(readme)).to.be.at.most(8192);
  });

  it('installs the package that npm pack makes of this version', () => {
    const { name, version } = JSON.parse(textOf('package.json')) as { name: string; version: string };
    expect(readme).to.contain(`sf plugins install "file:$PWD/${name}-${version}.tgz"`);
  });

  it('has the two commands for a clone under the markers by which they are found', () => {
    for (const [marker, command] of [
      ['demo', 'npm ci && npm run demo'],
      ['test', 'npm ci && npm test'],
    ])
      expect(readme).to.contain(`\n<!-- ${marker} -->\n\n\`\`\`sh\n${command}\n\`\`\`\n`);
  });

  it('names every command, or a page that does', () => {
    const named = [...readme.matchAll(/`(?:sf jwt )?([a-z]+(?: [a-z]+)?)`/g)].map(([, command]) => command);
    expect(named).to.include.members(Object.keys(jwtCommands()));
  });

  it('shows what the commands print today ("npm run demo:picture" writes it anew)', async function () {
    this.timeout(180_000);
    const folder = await mkdtemp(join(tmpdir(), 'sf-jwt-readme-'));
    try {
      const copy = join(folder, 'README.md');
      await copyFile(join(ROOT, 'README.md'), copy);
      const script = ['--import', 'tsx', join('scripts', 'demo.ts'), '--readme', copy];
      await promisify(execFile)(process.execPath, script, { cwd: ROOT });
      const shown = (text: string): string => /<!-- output -->([\s\S]*)<!-- outputstop -->/.exec(text)?.[1] ?? '';
      expect(shown(await readFile(copy, 'utf8'))).to.equal(shown(readme));
      expect(shown(readme).match(/^\$ sf jwt \w+/gm)).to.deep.equal([
        '$ sf jwt keygen',
        '$ sf jwt connect',
        '$ sf jwt grant',
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
