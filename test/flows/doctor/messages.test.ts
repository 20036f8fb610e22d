import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const file = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const sections = new Map(
  file('messages', 'jwt.doctor.md')
    .split(/^# /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section.slice(section.indexOf('\n')).trim()]),
);
const declared = [
  ...file('src', 'flows', 'doctor', 'finding.ts').matchAll(/^ {2}(\w+): (?:\{([^}]*)\}|Record<string, never>);/gm),
].map(([, code = '', fields = '']) => ({
  code,
  fields: [...fields.matchAll(/(\w+):/g)].map(([, field = '']) => field),
}));
const sources = readdirSync(join(ROOT, 'src', 'flows', 'doctor', 'checks')).map((name) =>
  file('src', 'flows', 'doctor', 'checks', name),
);

describe('messages/jwt.doctor.md', () => {
  it('has a sentence for every finding, and a fix where it is not always in order', () => {
    expect(declared).to.have.length.above(40);
    for (const { code } of declared) {
      expect(sections.get(`finding.${code}`), code).to.match(/^\S/);
      const times = (text: string): number => sources.join('').replace(/\s+/g, ' ').split(text).length;
      const alwaysFine = times(`'${code}'`) === times(`'ok', '${code}'`);
      if (!alwaysFine) expect(sections.get(`finding.${code}.fix`), `${code}.fix`).to.match(/^- \S/);
    }
  });

  it('has none that no check finds', () => {
    const found = (code: string): boolean => sources.some((source) => source.includes(`'${code}'`));
    const texts = [...sections.keys()].flatMap((key) => /^finding\.(\w+)/.exec(key)?.[1] ?? []);
    expect(texts.filter((code) => !found(code))).to.deep.equal([]);
    expect(declared.filter(({ code }) => !found(code))).to.deep.equal([]);
  });

  it('names only values that the finding has', () => {
    for (const { code, fields } of declared) {
      const text = `${sections.get(`finding.${code}`) ?? ''} ${sections.get(`finding.${code}.fix`) ?? ''}`;
      for (const [, name = ''] of text.matchAll(/\{(\w+)(?::\w+)?\}/g)) expect(fields, code).to.include(name);
    }
  });
});
