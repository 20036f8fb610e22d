import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { explain } from '../src/explain.js';
import { Failure, type FailureCode } from '../src/failure.js';

const ROOT = join(import.meta.dirname, '..');
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'failure.ts')
  .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'));
const declarations = readFileSync(join(ROOT, 'src', 'failure.ts'), 'utf8');
const texts = sections(readFileSync(join(ROOT, 'messages', 'errors.md'), 'utf8'));

const declared = [
  ...(/type FailureData = \{\n([^]*?)\n\};/.exec(declarations)?.[1] ?? '').matchAll(/^ {2}(\w+):/gm),
].map(([, code = '']) => code);
const thrown = new Set(
  sources.flatMap((source) => [...source.matchAll(/new Failure\(\s*'(\w+)'/g)].map(([, code = '']) => code)),
);

describe('messages/errors.md', () => {
  it('has a text and actions for every code', () => {
    expect(declared).to.have.length.above(20);
    for (const code of declared) {
      expect(texts.get(`error.${code}`), code).to.match(/^\S/);
      expect(texts.get(`error.${code}.actions`), `${code}.actions`).to.match(/^- \S/);
    }
    expect([...thrown].filter((code) => !declared.includes(code))).to.deep.equal([]);
  });

  it('has no text that no failure uses', () => {
    const mentioned = declared.filter((code) => sources.some((source) => source.includes(`'${code}'`)));
    const orphans = [...texts.keys()].filter((key) => {
      const code = /^error\.(\w+)(\.actions)?$/.exec(key)?.[1];
      return code === undefined || !mentioned.includes(code);
    });
    expect(orphans).to.deep.equal([]);
  });

  it('names only values that the failure has', () => {
    for (const code of declared) {
      const data = new RegExp(`^ {2}${code}: ([^]*?);\\n(?= {2}\\w+:|\\};)`, 'm').exec(declarations)?.[1] ?? '';
      // A named type of data is declared further down in the same file.
      const fields = data.startsWith('{') || data.startsWith('Record') ? data : declarations;
      for (const key of [`error.${code}`, `error.${code}.actions`]) {
        for (const [, field = ''] of (texts.get(key) ?? '').matchAll(/\{(\w+)(?::shell)?\}/g)) {
          expect(fields, `{${field}} in ${key}`).to.match(new RegExp(`\\b${field}\\??:`));
        }
      }
    }
  });
});

describe('explain', () => {
  it('turns a failure into an SfError with name, text, actions and data', () => {
    const error = explain(new Failure('key_too_small', { source: 'a $& {size} %s.key', size: 1024 }));
    expect(error.name).to.equal('KeyTooSmallError');
    expect(error.message).to.contain('a $& {size} %s.key').and.to.contain('1024 bits');
    expect(error.actions).to.have.length.above(0);
    expect(error.data).to.deep.equal({ code: 'key_too_small', source: 'a $& {size} %s.key', size: 1024 });
  });

  it('leaves no placeholder open, whatever the code', () => {
    for (const code of declared) {
      const all = `${texts.get(`error.${code}`)} ${texts.get(`error.${code}.actions`)}`;
      const data: Record<string, string> = Object.fromEntries(
        [...all.matchAll(/\{(\w+)(?::shell)?\}/g)].map(([, key]) => [key, `<${key}>`]),
      );
      const failure = new Failure(code as FailureCode, data as never);
      const { message, actions = [] } = explain(failure);
      expect([message, ...actions].join('\n'), code).not.to.match(/\{\w+(:shell)?\}/);
    }
  });

  it('passes other errors on', () => {
    const error = new TypeError('other');
    expect(explain(error)).to.equal(error);
  });
});

/** Heading → text below it. */
function sections(markdown: string): Map<string, string> {
  return new Map(
    markdown
      .split(/^# /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section.slice(section.indexOf('\n')).trim()]),
  );
}
