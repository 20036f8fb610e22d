import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runningVersions, TESTED_CLI } from '../../src/flows/snippet/running.js';
import { sourceOf, type PluginSource, type RunningPlugin } from '../../src/machine/plugin-source.js';
import { SF_CLI_VERSION } from '../support/sf-cli.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const NAME = 'sf-plugin-jwt';
const TARBALL = 'https://registry.npmjs.org/sf-plugin-jwt/-/sf-plugin-jwt-0.1.0.tgz';

describe('where the plugin was installed from', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plugin-source-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Lays out a folder as npm leaves it. `url` is what `sf plugins install` was told. */
  function sourceIn(
    locked: object | string | undefined,
    asked: { url?: string; spec?: string } = {},
    name = NAME,
  ): PluginSource {
    const root = join(folder, 'node_modules', ...name.split('/'));
    mkdirSync(root, { recursive: true });
    const packages = { [`node_modules/${name}`]: locked };
    const lock = typeof locked === 'string' ? locked : JSON.stringify({ packages });
    if (locked !== undefined) writeFileSync(join(folder, 'node_modules', '.package-lock.json'), lock);
    const plugins = [{ name, type: 'user', ...(asked.url === undefined ? { tag: '0.1.0' } : { url: asked.url }) }];
    const dependencies = asked.spec === undefined ? {} : { [name]: asked.spec };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies, oclif: { plugins } }));
    return sourceOf({ name, root, type: 'user' });
  }

  const registry = { kind: 'registry', name: NAME, version: '0.1.0' };
  const cases: Array<[what: string, locked: object, asked: { url?: string; spec?: string }, source: object]> = [
    ['npm’s registry', { version: '0.1.0', resolved: TARBALL }, { spec: '^0.1.0' }, registry],
    [
      'another registry',
      { version: '0.1.0', resolved: 'https://npm.acme.example.com/api/npm/sf-plugin-jwt/-/sf-plugin-jwt-0.1.0.tgz' },
      { spec: 'latest' },
      { ...registry, registry: 'https://npm.acme.example.com/api/npm/' },
    ],
    [
      'a tarball’s URL',
      { version: '0.1.0', resolved: TARBALL },
      { url: TARBALL, spec: TARBALL },
      { kind: 'tarball', url: TARBALL },
    ],
    [
      'GitHub, over https',
      { version: '0.1.0', resolved: `git+ssh://git@github.com/acme/sf-jwt.git#${COMMIT}` },
      { url: 'https://github.com/acme/sf-jwt', spec: 'github:acme/sf-jwt' },
      { kind: 'git', url: 'git+https://github.com/acme/sf-jwt.git', commit: COMMIT },
    ],
    [
      'GitHub, over ssh',
      { version: '0.1.0', resolved: `git+ssh://git@github.com/acme/sf-jwt.git#${COMMIT}` },
      { url: 'git+ssh://git@github.com/acme/sf-jwt.git' },
      { kind: 'git', url: 'git+ssh://git@github.com/acme/sf-jwt.git', commit: COMMIT },
    ],
    [
      'a Git server of one’s own',
      { version: '0.1.0', resolved: `git+https://git.acme.example.com/sf-jwt.git#${COMMIT}` },
      { url: 'git+https://git.acme.example.com/sf-jwt.git' },
      { kind: 'git', url: 'git+https://git.acme.example.com/sf-jwt.git', commit: COMMIT },
    ],
    [
      'a packed file',
      { version: '0.1.0', resolved: 'file:../x.tgz' },
      { url: 'file:/x.tgz' },
      { kind: 'none', why: 'file' },
    ],
    [
      'a Git repository on this machine',
      { version: '0.1.0', resolved: `git+file:///x#${COMMIT}` },
      {},
      { kind: 'none', why: 'file' },
    ],
    ['a folder that npm linked', { resolved: '../sf-jwt', link: true }, {}, { kind: 'none', why: 'link' }],
    [
      'an address with a password',
      { version: '0.1.0', resolved: 'https://me:secret@acme.example.com/x.tgz' },
      { url: 'https://me:secret@acme.example.com/x.tgz' },
      { kind: 'none', why: 'secret' },
    ],
    [
      'an address with a token',
      { version: '0.1.0', resolved: `git+https://ghp_secret@github.com/acme/sf-jwt.git#${COMMIT}` },
      {},
      { kind: 'none', why: 'secret' },
    ],
    ['nowhere that npm knows', { version: '0.1.0' }, {}, { kind: 'none', why: 'unknown' }],
  ];
  for (const [what, locked, asked, source] of cases) {
    it(what, () => {
      expect(sourceIn(locked, asked)).to.deep.equal(source);
    });
  }

  it('a package of a scope', () => {
    const resolved = 'https://registry.npmjs.org/@acme/sf-jwt/-/sf-jwt-2.0.0.tgz';
    expect(sourceIn({ version: '2.0.0', resolved }, {}, '@acme/sf-jwt')).to.deep.equal({
      kind: 'registry',
      name: '@acme/sf-jwt',
      version: '2.0.0',
    });
  });

  it('a checkout, and one that is linked', () => {
    const none = { kind: 'none', why: 'link' };
    expect(sourceOf({ name: NAME, root: folder, type: 'core' })).to.deep.equal(none);
    sourceIn({ version: '0.1.0', resolved: TARBALL });
    expect(sourceOf({ name: NAME, root: join(folder, 'node_modules', NAME), type: 'link' })).to.deep.equal(none);
  });

  it('is unknown where npm left no lock file, or a damaged one', () => {
    for (const locked of [undefined, '{ "packages": {', '[]', 'null']) {
      expect(sourceIn(locked), locked).to.deep.equal({ kind: 'none', why: 'unknown' });
    }
  });
});

describe('what a pipeline installs', () => {
  it('is the CLI that runs, else the one of the tests', () => {
    const plugins = new Map<string, RunningPlugin>();
    const versionIn = (name: string): string =>
      runningVersions({ name, version: '9.8.7', root: '/x', plugins }).cliVersion;
    expect(versionIn('@salesforce/cli')).to.equal('9.8.7');
    expect(versionIn('sf-plugin-jwt')).to.equal(TESTED_CLI);
    expect(TESTED_CLI).to.equal(SF_CLI_VERSION);
  });
});
