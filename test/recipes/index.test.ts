import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { blocksOf, jwtCommands, pages, textOf } from '../support/recipe.js';

const ROOT = join(import.meta.dirname, '..', '..');
/** What has the shape of an error code and is none: parameters, also of other servers, the org's own errors, an alias. */
const TERMS = [
  'auto_rotate_period',
  'error_description',
  'grand_type',
  'grant_type',
  'jwt_signing',
  'unsupported_grant_type',
];

/** `sf jwt …` as it stands in a page, without what belongs to the next command of a pipe or list. */
type Line = { page: string; command: string; flags: string[]; text: string };

function commandLines(page: string): Line[] {
  const text = textOf(page);
  const fenced = blocksOf(text).map((block) => block.text.replaceAll(/\\\n\s*/g, ' '));
  const inline = text.replaceAll(/^\s*```[\s\S]*?^\s*```$/gm, '').matchAll(/`([^`]+)`/g);
  const sources = [...fenced.flatMap((block) => block.split('\n')), ...[...inline].map(([, code]) => code ?? '')];
  return sources.flatMap((source) =>
    [...source.matchAll(/\bsf jwt (fleet \w+|\w+)([^|;`]*)/g)].map(([whole, command = '', rest = '']) => {
      const flags = [...rest.matchAll(/(?<=\s)--?[a-zA-Z][\w-]*/g)].map(([flag]) => flag);
      return { page, command, flags, text: whole };
    }),
  );
}

describe('the recipes', () => {
  it('are all in the index', () => {
    const index = textOf('README');
    for (const page of pages.filter((name) => name !== 'README')) expect(index, page).to.contain(`](${page}.md)`);
  });

  it('have a test each, if there is a shell block in them', () => {
    const folder = dirname(import.meta.dirname);
    const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(test|nut)\.ts$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    for (const page of pages.filter((name) => blocksOf(textOf(name)).some(({ language }) => language === 'sh'))) {
      const tested = tests.some(
        (text) => new RegExp(`openRecipe(WithApp)?\\('${page}'`).test(text) || text.includes(`'${page}.md'`),
      );
      expect(tested, `a test that names ${page}`).to.equal(true);
    }
  });

  it('name no command and no flag that does not exist', () => {
    const commands = jwtCommands();
    const lines = pages.flatMap(commandLines);
    expect(lines).to.have.length.above(50);
    for (const { page, command, flags, text } of lines) {
      const known = commands[command];
      expect(known, `${page}: ${text}`).not.to.equal(undefined);
      const legal = Object.entries(known?.flags ?? {}).flatMap(([name, { char }]) => [`--${name}`, `-${char ?? name}`]);
      for (const flag of flags) expect([...legal, '--json'], `${page}: ${text}`).to.include(flag);
    }
  });

  it('name no error code and no finding that the plugin does not have', () => {
    const sources = ['errors', 'jwt.audit', 'jwt.doctor', 'jwt.inspect'].map((name) =>
      readFileSync(join(ROOT, 'messages', `${name}.md`), 'utf8'),
    );

    const codes = sources.flatMap((text) =>
      [...text.matchAll(/^# (?:error|finding)\.(\w+)$/gm)].map(([, code]) => code),
    );
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/`([a-z0-9]+(?:_[a-z0-9]+)+)`/g)].map(([, code = '']) => ({ page, code })),
    );
    expect(named).to.have.length.above(25);
    for (const { page, code } of named) expect([...codes, ...TERMS], `${page}: ${code}`).to.include(code);
  });

  it('answer every step of the other guides, and every stumble', () => {
    const sections = textOf('guides').split(/^## /m).slice(1);
    expect(sections.map((section) => section.slice(0, 2))).to.deep.equal(['A.', 'B.', 'C.', 'D.', 'E.', 'Wh']);
    for (const section of sections) {
      const rows = section.split('\n').filter((line) => /^\| [^-]/.test(line));
      expect(rows, section).to.have.length.above(3);
      for (const row of rows) expect(row.split('|').at(-2)?.trim(), row).not.to.equal('');
    }
  });
});
