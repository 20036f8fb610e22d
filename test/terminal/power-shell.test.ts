import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { Failure, type FailureCode } from '../../src/failure.js';
import { adviceOf, explain } from '../../src/terminal/explain.js';
import { powerShellLine } from '../../src/terminal/power-shell.js';
import { inLine } from '../../src/terminal/printable.js';
import { shellQuote } from '../../src/terminal/shell-quote.js';

const MESSAGES = join(import.meta.dirname, '..', '..', 'messages');

/**
 * One word as PowerShell reads it in the argument of a command (about_Parsing, about_Quoting_Rules), typographic quotes included.
 *
 * @throws Error where it would be no word, or more than one
 */
function readByPowerShell(word: string): string {
  const [, single] = /^'((?:[^'\u2018-\u201b]|['\u2018-\u201b]{2})*)'$/.exec(word) ?? [];
  if (single !== undefined) return single.replace(/(['\u2018-\u201b])['\u2018-\u201b]/g, '$1');
  const [, double] = /^"([^"$`\u201c-\u201e]*)"$/.exec(word) ?? [];
  if (double !== undefined) return double;
  if (/^[~@#<>-]|[\s,;|&(){}$`'"\u2018-\u201e]/.test(word.replace(/^--?(?=[\w-]+$)/, '')))
    throw new Error(`No plain word: ${word}`);
  return word;
}

/** What it puts into the command line of a program: quotes around what has blanks (5.1, and 7 for scripts such as sf.cmd). */
const commandLineOf = (value: string): string => (/\s/.test(value) ? `"${value}"` : value);

/** The arguments that a program reads from its command line (CommandLineToArgvW). */
function argumentsOf(line: string): string[] {
  const found: string[] = [];
  let [current, quoted, begun] = ['', false, false];
  for (let at = 0; at < line.length; at++) {
    const [, backslashes = ''] = /^(\\*)/.exec(line.slice(at))!;
    const next = line[at + backslashes.length];
    if (backslashes !== '') {
      begun = true;
      current += next === '"' ? '\\'.repeat(Math.floor(backslashes.length / 2)) : backslashes;
      at += backslashes.length - 1;
      if (next === '"' && backslashes.length % 2 === 1) {
        current += '"';
        at += 1;
      }
    } else if (line[at] === '"') [quoted, begun] = [!quoted, true];
    else if (/\s/.test(line[at]!) && !quoted) {
      if (begun) found.push(current);
      [current, begun] = ['', false];
    } else [current, begun] = [current + line[at]!, true];
  }
  return begun ? [...found, current] : found;
}

describe('a word for Windows', () => {
  const ALPHABET = Array.from('ab \'"\\$`!*?~#&|;<>()[]{},%@=-:/.ü\u2018\u2019\u201b\u201c\u201d\u201e\t');
  const words = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 1 });

  it('comes through PowerShell and its way of calling programs as it is, whatever the text', () => {
    expect(argumentsOf('a "b c" d\\"e "f\\\\" \\\\\\"g')).to.deep.equal(['a', 'b c', 'd"e', 'f\\', '\\"g']);
    fc.assert(
      fc.property(words, (word) => {
        const quoted = shellQuote(word, 'win32');
        expect(argumentsOf(commandLineOf(readByPowerShell(quoted))), quoted).to.deep.equal(
          word.trim() === '' ? argumentsOf(`"${word}"`) : [inLine(word)],
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('is one for cmd.exe as well, unless it holds what only single quotes keep', () => {
    fc.assert(
      fc.property(words, (word) => {
        fc.pre(!/["$`%!\u201c-\u201e]|^\S*\\$/.test(word));
        expect(argumentsOf(shellQuote(word, 'win32'))).to.deep.equal([inLine(word)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('has quotes only where it needs them', () => {
    for (const plain of ['C:\\Users\\me\\server.key', 'ci@acme.com', 'https://acme.my.salesforce.com', '--wait', 'a+b'])
      expect(shellQuote(plain, 'win32')).to.equal(plain);
    expect(shellQuote('C:\\My Keys\\', 'win32')).to.equal('"C:\\My Keys\\\\"');
    expect(shellQuote('a,b', 'win32')).to.equal('"a,b"');
    expect(shellQuote("$it's", 'win32')).to.equal("'$it''s'");
    expect(shellQuote('a="b"', 'win32')).to.equal(`'a=\\"b\\"'`);
  });
});

describe('a line for Windows', () => {
  for (const [posix, powerShell] of [
    ['sf jwt list', 'sf jwt list'],
    ['Not a command && nothing to change < here', 'Not a command && nothing to change < here'],
    [
      'Do both: sf jwt a "x && y" && sf jwt b && sf jwt c',
      'Do both: sf jwt a "x && y"; if ($?) { sf jwt b; if ($?) { sf jwt c } }',
    ],
    [
      'Keep it in a file: export SF_USE_GENERIC_UNIX_KEYCHAIN=true',
      "Keep it in a file: $env:SF_USE_GENERIC_UNIX_KEYCHAIN = 'true'",
    ],
    ['export NODE_EXTRA_CA_CERTS="$VAULT_CACERT"', '$env:NODE_EXTRA_CA_CERTS = $env:VAULT_CACERT'],
    [
      'export SF_JWT_KEY="$(sf jwt snippet --secret-value)"',
      '$env:SF_JWT_KEY = (sf jwt snippet --secret-value) -join "`n"',
    ],
    ['unset HTTPS_PROXY', 'Remove-Item Env:HTTPS_PROXY'],
    ['chmod 600 "my key"', 'icacls "my key" /inheritance:r /grant:r "${env:USERNAME}:F"'],
    [
      '  GitHub  gh secret set SF_JWT_KEY < "C:\\My Keys\\a.key"',
      '  GitHub  Get-Content -Raw "C:\\My Keys\\a.key" | gh secret set SF_JWT_KEY',
    ],
    [
      'java -jar cli.jar -s "$JENKINS_URL" create < a.xml',
      'Get-Content -Raw a.xml | java -jar cli.jar -s "$env:JENKINS_URL" create',
    ],
    [`--claim: sf jwt sign --claim 'a="b"'`, `--claim: sf jwt sign --claim 'a=\\"b\\"'`],
    [
      'Start one, and add the key: eval "$(ssh-agent -s)" && ssh-add server.key',
      'Start one, and add the key: Start-Service ssh-agent; if ($?) { ssh-add server.key }',
    ],
    [
      "sf jwt snippet --secret-value | base64 | tr -d '\\n' | glab variable set KEY --raw",
      '[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((sf jwt snippet --secret-value) -join "`n")) | glab variable set KEY --raw',
    ],
    [
      `AZURE_KEY="$(sf jwt snippet | base64 | tr -d '\\n')" az pipelines variable create --name KEY`,
      '$env:AZURE_KEY = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((sf jwt snippet) -join "`n")); az pipelines variable create --name KEY',
    ],
  ] as const)
    it(posix, () => {
      expect(powerShellLine(posix)).to.equal(powerShell);
    });
});

describe('the texts on Windows', () => {
  /** What no version of PowerShell takes, or only the newer one. */
  const POSIX_ONLY = /(^|: )(export|unset|eval|chmod|source) |\$\(mktemp|\$\(ssh-agent| && | < \S+$|\| (tr|base64)\b/;
  const errors = readFileSync(join(MESSAGES, 'errors.md'), 'utf8');
  const doctor = readFileSync(join(MESSAGES, 'jwt.doctor.md'), 'utf8');

  it('have no command of errors in them that only a POSIX shell takes', () => {
    const codes = [...errors.matchAll(/^# error\.(\w+)\.actions$/gm)].map(([, code = '']) => code);
    expect(codes).to.have.length.above(200);
    const anyValue = new Proxy(
      {},
      {
        get: (_, name) => (name === 'variant' ? undefined : 'C:\\My Keys\\a.key'),
        ownKeys: () => [],
      },
    );
    const found = codes.flatMap(
      (code) => explain(new Failure(code as FailureCode, anyValue as never), 'win32').actions ?? [],
    );
    expect(found).to.have.length.above(400);
    expect(found.filter((line) => POSIX_ONLY.test(line))).to.deep.equal([]);
  });

  it('have none of the doctor either', () => {
    const fixes = doctor.split(/^# /m).filter((section) => /^finding\.\w+\.fix\n/.test(section));
    const lines = fixes.flatMap((section) =>
      section
        .split('\n')
        .filter((line) => line.startsWith('- '))
        .map((line) => line.slice(2)),
    );
    expect(lines).to.have.length.above(50);
    expect(adviceOf(lines, {}, 'win32').filter((line) => POSIX_ONLY.test(line))).to.deep.equal([]);
  });

  it('have paths and values in quotes that PowerShell takes', () => {
    const { actions = [] } = explain(
      new Failure('store_damaged', { path: "C:\\Users\\O'Neil & Co\\a.json", reason: 'x' }),
      'win32',
    );
    expect(actions.join('\n')).to.contain(
      `mv "C:\\Users\\O'Neil & Co\\a.json" "C:\\Users\\O'Neil & Co\\a.json".damaged`,
    );
  });
});
