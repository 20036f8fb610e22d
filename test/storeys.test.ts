import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

const SOURCES = join(import.meta.dirname, '..', 'src');

/** From the top down; what stands in `src/` itself is below all of them. */
const STOREYS = ['commands', 'flows', 'terminal', 'machine', 'salesforce', 'keys'];

/** Static imports, of types too, exports from another file, and `import()`, each with a relative path. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)\.js'/g;

const imports = new Map(
  readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, importsOf(name, readFileSync(join(SOURCES, name), 'utf8'))]),
);

describe('the storeys of src/', () => {
  it('are seen by their imports, all of which exist', () => {
    const edges = [...imports.values()].flat();
    expect(edges).to.have.length.above(300);
    expect(edges.filter((name) => !imports.has(name))).to.deep.equal([]);
    expect(importsOf('a/b.ts', "import type { C } from '../c.js';\nawait import('./d.js')")).to.deep.equal([
      'c.ts',
      'a/d.ts',
    ]);
  });

  it('have no import that runs up', () => {
    const upwards = [...imports].flatMap(([name, targets]) =>
      targets.filter((target) => storeyOf(target) < storeyOf(name)).map((target) => `${name} → ${target}`),
    );
    expect(upwards).to.deep.equal([]);
  });

  it('have no imports that form a cycle', () => {
    expect(cycleIn(imports)).to.equal(undefined);
    const cyclic = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    expect(cycleIn(cyclic)).to.deep.equal(['b', 'c', 'b']);
  });

  it('are few at first look', () => {
    expect(readdirSync(SOURCES)).to.have.length.below(10);
    expect(STOREYS.filter((storey) => !readdirSync(SOURCES).includes(storey))).to.deep.equal([]);
  });
});

/** Paths below `src/` that a file imports. */
function importsOf(name: string, source: string): string[] {
  return [...source.matchAll(IMPORT)].map(([, path = '']) => `${normalize(join(dirname(name), path))}.ts`);
}

function storeyOf(name: string): number {
  const storey = STOREYS.indexOf(name.split('/')[0] ?? '');
  return storey < 0 ? STOREYS.length : storey;
}

/** The first cycle that a walk finds: its names in order, the first one again at the end. */
function cycleIn(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (name: string, path: string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of graph.get(name) ?? []) {
      const cycle = walk(next, [...path, name]);
      if (cycle !== undefined) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const cycle = walk(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
