import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { committableKeys, ignoreLineFor } from '../../../src/machine/files/git-ignore.js';
import { needs } from '../../support/tools.js';

const hasGit = spawnSync('git', ['--version']).status === 0;

describe('a private key in a Git work tree', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'work-tree-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('can be committed unless a rule ignores it, and the line that is named ignores it', async function () {
    needs(this, hasGit, 'git');
    spawnSync('git', ['init', '-q', folder]);
    mkdirSync(join(folder, 'keys'));
    for (const name of ['server.key', 'keys/my key.pem', 'a[1].key', '#b.key', '!c.key', 'd*.key', '- e.key']) {
      const path = join(folder, name);
      writeFileSync(path, 'key');
      writeFileSync(join(folder, '.gitignore'), 'unrelated\n');
      expect(await committableKeys([path]), name).to.deep.equal([path]);
      writeFileSync(join(folder, '.gitignore'), `${ignoreLineFor(path)}\n`);
      expect(await committableKeys([path]), name).to.deep.equal([]);
    }
    writeFileSync(join(folder, '.gitignore'), '*.key\n');
    const [ignored, seen] = [join(folder, 'x.key'), join(folder, 'keys', 'x.pem')];
    expect(await committableKeys([ignored, seen])).to.deep.equal([seen]);
  });

  it('is nothing to speak of where there is no work tree or no Git', async () => {
    const path = join(folder, 'server.key');
    expect(await committableKeys([path])).to.deep.equal([]);
    expect(await committableKeys([join(folder, 'gone', 'server.key')])).to.deep.equal([]);
    const { PATH = '' } = process.env;
    process.env['PATH'] = folder;
    try {
      expect(await committableKeys([path])).to.deep.equal([]);
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});
