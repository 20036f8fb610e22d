/** The plugin as it is published: packed once for all tests, and installed into the real sf as a user installs it. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { registryEnv, sf, type SfHome } from './sf-cli.js';

const ROOT = join(import.meta.dirname, '..', '..');

export type PackedPlugin = {
  tarball: string;
  /** Paths in the package. */
  files: string[];
};

let packed: Promise<PackedPlugin> | undefined;

export async function packPlugin(): Promise<PackedPlugin> {
  packed ??= pack();
  return packed;
}

async function pack(): Promise<PackedPlugin> {
  const folder = await mkdtemp(join(tmpdir(), 'sf-jwt-packed-'));
  // Not after a test file: a process runs several.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT });
  type Listing = { files: Array<{ path: string }> };
  const listing = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Listing[] | Record<string, Listing>;
  const [first] = Object.values(listing);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (first === undefined || tarball === undefined) throw new Error(`npm pack made no package:\n${stdout}`);
  return { tarball: join(folder, tarball), files: first.files.map(({ path }) => path) };
}

/** The one step that needs the npm registry. */
export async function installPlugin(home: SfHome): Promise<void> {
  const { tarball } = await packPlugin();
  const config = join(home.path, '.config', 'sf');
  await mkdir(config, { recursive: true });
  await writeFile(join(config, 'unsignedPluginAllowList.json'), JSON.stringify([`file:${tarball}`]));
  const env = { ...registryEnv(), ...home.env, NODE_OPTIONS: '', npm_config_audit: 'false', npm_config_fund: 'false' };
  const install = await sf(['plugins', 'install', `file:${tarball}`], { home, env });
  expect(install.status, install.stderr).to.equal(0);
}
