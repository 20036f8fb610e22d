import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
/** It hands calls on. */
const WRAPPER = join(ROOT, 'src', 'terminal', 'messages.ts');

/** A call of `getMessage` or `getMessages`: what its key may be, and how many values it passes; undefined where that varies. */
type Call = { where: string; bundle: string; keys: RegExp[]; values: number | undefined };

/** The texts of a bundle: how many values each takes. */
function textsOf(bundle: string): Map<string, number> {
  const text = readFileSync(join(ROOT, 'messages', `${bundle}.md`), 'utf8');
  return new Map(
    text
      .split(/^# /m)
      .slice(1)
      .map((section) => {
        const [key = '', ...lines] = section.split('\n');
        return [key.trim(), lines.join('\n').match(/%[sdifjoO]/g)?.length ?? 0];
      }),
  );
}

/** The calls in `src/`. What a key is made of is known by its type. */
function callsInSource(): Call[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram(fileNames, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  return fileNames
    .filter((name) => name.startsWith(join(ROOT, 'src')) && name !== WRAPPER)
    .flatMap((name) => callsIn(program.getSourceFile(name)!, checker));
}

function callsIn(source: ts.SourceFile, checker: ts.TypeChecker): Call[] {
  const bundles = new Map<string, string>();
  const calls: Call[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression, name: method } = node.expression;
      const [first, second] = node.arguments;
      if (method.text === 'loadMessages' && ts.isVariableDeclaration(node.parent) && second !== undefined) {
        bundles.set(node.parent.name.getText(), (second as ts.StringLiteral).text);
      }
      const bundle = bundles.get(expression.getText());
      if (/^getMessages?$/.test(method.text) && bundle !== undefined && first !== undefined) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        const where = `${source.fileName.slice(ROOT.length + 1)}:${line + 1}`;
        const keys = keysOf(first, checker).map((key) => new RegExp(`^${key}$`));
        calls.push({ where, bundle, keys, values: countOf(second) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return calls;
}

/** The texts of a string, as patterns: those of its type, else anything for what could be any string. */
function keysOf(node: ts.Expression, checker: ts.TypeChecker): string[] {
  if (ts.isParenthesizedExpression(node)) return keysOf(node.expression, checker);
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap((each) => keysOf(each, checker));
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce(
      (starts, { expression, literal: { text } }) =>
        starts.flatMap((start) => keysOf(expression, checker).map((inner) => start + inner + literal(text))),
      [literal(node.head.text)],
    );
  }
  const type = checker.getTypeAtLocation(node);
  const types = type.isUnion() ? type.types : [type];
  if (types.every((each) => each.isStringLiteral())) return types.map((each) => literal(each.value));
  return ['[\\w-]+'];
}

function literal(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

function countOf(node: ts.Expression | undefined): number | undefined {
  if (node === undefined) return 0;
  if (!ts.isArrayLiteralExpression(node) || node.elements.some(ts.isSpreadElement)) return undefined;
  return node.elements.length;
}

describe('the values of messages', function () {
  this.timeout(120_000);
  let calls: Call[];
  before(() => {
    calls = callsInSource();
  });

  it('are as many as the text has places for, in every call', () => {
    expect(calls).to.have.length.above(300);
    const wrong = calls.flatMap(({ where, bundle, keys, values }) => {
      if (values === undefined || keys.some(({ source }) => source === '^[\\w-]+$')) return [];
      const texts = [...textsOf(bundle)].filter(([name]) => keys.some((key) => key.test(name)));
      return texts.flatMap(([name, places]) =>
        places === values ? [] : [`${where} ${name}: ${values} for ${places}`],
      );
    });
    expect(wrong).to.deep.equal([]);
  });
});
