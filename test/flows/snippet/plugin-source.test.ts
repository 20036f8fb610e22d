import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import type { FailureCode } from '../../../src/failure.js';
import { installCommands, parsePluginSource } from '../../../src/flows/snippet/plugin-source.js';
import { failureOf } from '../../support/failures.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** What the commands tell `sf`: its words, as a shell splits them, in the folder `/repo`. */
function toldToSf(commands: string[]): string[][] {
  const show = `sf() { printf '%s\\0' "\${SF_NPM_REGISTRY:-}" "$@"; printf 'END\\0'; }`;
  const { stdout, status, stderr } = spawnSync('bash', ['-eu', '-s'], {
    input: [show, 'PWD=/repo', ...commands].join('\n'),
    encoding: 'utf8',
    env: {},
  });
  expect(status, stderr).to.equal(0);
  return stdout
    .split('END\0')
    .slice(0, -1)
    .map((command) => command.split('\0').slice(0, -1));
}

describe('--plugin-source', () => {
  describe('is installed exactly as it is said', () => {
    const cases: Array<[spec: string, address: string]> = [
      [`https://github.com/acme/sf-jwt#${COMMIT}`, `https://github.com/acme/sf-jwt#${COMMIT}`],
      [`https://github.com/acme/sf-jwt.git#${COMMIT}`, `https://github.com/acme/sf-jwt.git#${COMMIT}`],
      [`git+https://git.acme.example.com/sf-jwt#${COMMIT}`, `git+https://git.acme.example.com/sf-jwt#${COMMIT}`],
      [`git+ssh://git@github.com/acme/sf-jwt.git#${COMMIT}`, `git+ssh://git@github.com/acme/sf-jwt.git#${COMMIT}`],
      [`github:acme/sf-jwt#${COMMIT}`, `github:acme/sf-jwt#${COMMIT}`],
      [`acme/sf-jwt#${COMMIT}`, `https://github.com/acme/sf-jwt#${COMMIT}`],
      ['https://acme.example.com/a b/sf-plugin-jwt-0.1.0.tgz', 'https://acme.example.com/a b/sf-plugin-jwt-0.1.0.tgz'],
      ['http://127.0.0.1:4873/sf-plugin-jwt/-/sf-plugin-jwt-0.1.0.tgz', ''],
      ['file:vendor/sf-plugin-jwt-0.1.0.tgz', 'file:/repo/vendor/sf-plugin-jwt-0.1.0.tgz'],
      ['./vendor/$(x) y.tgz', 'file:/repo/vendor/$(x) y.tgz'],
    ];
    for (const [spec, address] of cases) {
      it(spec, () => {
        const whole = address || spec;
        expect(toldToSf(installCommands(parsePluginSource(spec)))).to.deep.equal([
          ['', 'plugins', 'trust', 'allowlist', 'add', '--name', whole],
          ['', 'plugins', 'install', whole],
        ]);
      });
    }

    it('a package in one version, which the list of allowed plugins has no way to hold', () => {
      for (const spec of ['sf-plugin-jwt@0.1.0', '@acme/sf-plugin-jwt@1.2.3-beta.4', 'sf-plugin-jwt@10.20.30'])
        expect(toldToSf(installCommands(parsePluginSource(spec)))).to.deep.equal([['', 'plugins', 'install', spec]]);
    });

    it('a package from another registry than npm’s own', () => {
      const registry = 'https://npm.acme.example.com/a b/';
      const source = { kind: 'registry', name: 'sf-plugin-jwt', version: '0.1.0', registry } as const;
      expect(toldToSf(installCommands(source))).to.deep.equal([
        [registry, 'plugins', 'install', 'sf-plugin-jwt@0.1.0'],
      ]);
    });
  });

  const refused: Array<[code: FailureCode, specs: string[]]> = [
    [
      'plugin_source_unpinned',
      [
        ...[
          'sf-plugin-jwt',
          'sf-plugin-jwt@latest',
          'sf-plugin-jwt@^0.1.0',
          'sf-plugin-jwt@0.1',
          '@acme/sf-plugin-jwt',
        ],
        ...['sf-plugin-jwt@', 'sf-plugin-jwt@>=0.1.0', 'sf-plugin-jwt@0.1.x', 'sf-plugin-jwt@*', 'sf-plugin-jwt@v1'],
        ...[
          'https://github.com/acme/sf-jwt',
          'https://github.com/acme/sf-jwt#main',
          'acme/sf-jwt',
          'acme/sf-jwt#v0.1.0',
        ],
        ...[
          'github:acme/sf-jwt#semver:^1',
          'https://github.com/acme/sf-jwt#0123456',
          'git+ssh://git@github.com/a/b.git',
        ],
        `https://github.com/acme/sf-jwt#${COMMIT}0`,
      ],
    ],
    [
      'plugin_source_unusable',
      [
        ...['/home/me/sf-plugin-jwt.tgz', 'file:/home/me/sf-plugin-jwt.tgz', '../sf-plugin-jwt.tgz', 'a/../../b.tgz'],
        ...[
          '~/x.tgz',
          'C:\\work\\x.tgz',
          'http://acme.example.com/x.tgz',
          'https://acme.example.com/x',
          'ftp://a.b/x.tgz',
        ],
        'two words',
      ],
    ],
    [
      'plugin_source_secret',
      [
        'https://me:secret@acme.example.com/x.tgz',
        'https://token@acme.example.com/x.tgz',
        'https://acme.example.com/x.tgz?token=secret',
        `git+https://token@github.com/acme/sf-jwt#${COMMIT}`,
        `git+ssh://git:secret@github.com/acme/sf-jwt#${COMMIT}`,
      ],
    ],
  ];
  for (const [code, specs] of refused) {
    for (const spec of specs) {
      it(`${spec} is refused: ${code}`, () => {
        const { data } = failureOf(code, () => parsePluginSource(spec));
        expect(JSON.stringify(data)).not.to.contain('secret');
      });
    }
  }

  it('whatever it says, nothing is installed that could be another program tomorrow', () => {
    const pieces = [
      'sf-plugin-jwt',
      '@',
      '^',
      '0.1.0',
      'latest',
      '#',
      COMMIT,
      'main',
      'https://',
      'github.com/',
      'a/b',
      '.git',
      '.tgz',
      'file:',
    ];
    const spec = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(spec, (text) => {
        let commands: string[];
        try {
          commands = installCommands(parsePluginSource(text));
        } catch {
          return;
        }
        const last = commands.at(-1)!;
        expect(last, text).to.match(new RegExp(`@\\d+\\.\\d+\\.\\d+(-[\\w.]+)?$|#${COMMIT}'$|\\.tgz'?$`));
      }),
    );
  });
});
