import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { explain } from '../src/terminal/explain.js';
import { Failure, type FailureCode } from '../src/failure.js';

const ROOT = join(import.meta.dirname, '..');
const sourceNames = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.startsWith('failure'),
);
const sources = sourceNames.map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'));
const declarations = ['failure.ts', 'failure-data.ts']
  .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
  .join('\n');
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
      const [, code, part] = /^error\.(\w+)(?:\.(\w+))?$/.exec(key) ?? [];
      const used = part === undefined || part === 'actions' || sources.some((source) => source.includes(`'${part}'`));
      return code === undefined || !mentioned.includes(code) || !used;
    });
    expect(orphans).to.deep.equal([]);
  });

  it('names only values that the failure has', () => {
    for (const code of declared) {
      const data = new RegExp(`^ {2}${code}: ([^]*?);\\n(?= {2}\\w+:|\\n|\\};)`, 'm').exec(declarations)?.[1] ?? '';
      // A named type of data is declared further down in the same file.
      const fields = data.startsWith('{') || data.startsWith('Record') ? data : declarations;
      const keys = [...texts.keys()].filter((key) => key === `error.${code}` || key.startsWith(`error.${code}.`));
      for (const key of keys) {
        for (const [, field = ''] of (texts.get(key) ?? '')
          .replaceAll('{login}', '{username}')
          .matchAll(/\{\??(\w+)(?::shell|:lines)?\}/g)) {
          expect(fields, `{${field}} in ${key}`).to.match(new RegExp(`\\b${field}\\??:`));
        }
      }
    }
  });
});

describe('src/failure.ts', () => {
  const STOREYS = ['commands', 'flows', 'terminal', 'machine', 'salesforce', 'keys'];
  const groups = declaredGroups();

  it('has each code once, in a group that is a room of src/', () => {
    expect(groups.flatMap(({ codes }) => codes)).to.deep.equal(declared);
    expect(new Set(declared).size).to.equal(declared.length);
    for (const { room } of groups) {
      const path = join(ROOT, 'src', room);
      expect(existsSync(path) || existsSync(`${path}.ts`), room).to.equal(true);
    }
  });

  it('has the groups from the top storey down, by name within a storey, and the codes of a group by name', () => {
    const rooms = groups.map(({ room }) => room);
    expect(rooms).to.deep.equal([...new Set(rooms)].sort((a, b) => storey(a) - storey(b) || (a < b ? -1 : 1)));
    for (const { room, codes } of groups) expect(codes, room).to.deep.equal([...codes].sort());
  });

  it('has a code with a room that uses it', () => {
    for (const { room, codes } of groups) {
      const used = sourcesIn(room);
      expect(
        codes.filter((code) => !used.includes(`'${code}'`)),
        room,
      ).to.deep.equal([]);
    }
  });

  it('has the order of messages/errors.md', () => {
    expect([...texts.keys()].filter((key) => /^error\.\w+(\.actions)?$/.test(key))).to.deep.equal(
      declared.flatMap((code) => [`error.${code}`, `error.${code}.actions`]),
    );
  });

  function storey(room: string): number {
    return STOREYS.indexOf(room.split('/')[0] ?? '');
  }
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
      const login = ['username', 'clientId', 'keyFile', 'signer', 'passphraseFile'].map((key) => [key, '']);
      const data: Record<string, string> = Object.fromEntries([
        ...(all.includes('{login}') ? login : []),
        ...[...all.matchAll(/\{\??(\w+)(?::shell|:lines)?\}/g)].map(([, key]) => [key, `<${key}>`]),
      ]);
      const failure = new Failure(code as FailureCode, data as never);
      const { message, actions = [] } = explain(failure);
      expect([message, ...actions].join('\n'), code).not.to.match(/\{\??\w+(:shell|:lines)?\}/);
    }
  });

  it('passes other errors on', () => {
    const error = new TypeError('other');
    expect(explain(error)).to.equal(error);
  });
});

/** The groups of `FailureData`: the comment line that names a room, and the codes below it. */
function declaredGroups(): Array<{ room: string; codes: string[] }> {
  const [, body = ''] = /type FailureData = \{\n([^]*?)\n\};/.exec(declarations) ?? [];
  return body
    .split(/^ {2}\/\/ /m)
    .slice(1)
    .map((group) => ({
      room: group.slice(0, group.indexOf('\n')),
      codes: [...group.matchAll(/^ {2}(\w+):/gm)].map(([, code = '']) => code),
    }));
}

/** The text of all sources of a room: of a folder in `src/`, or of a file there. */
function sourcesIn(room: string): string {
  return sourceNames
    .filter((name) => name === `${room}.ts` || name.startsWith(`${room}/`))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
    .join('\n');
}

/** Heading → text below it. */
function sections(markdown: string): Map<string, string> {
  return new Map(
    markdown
      .split(/^# /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section.slice(section.indexOf('\n')).trim()]),
  );
}
