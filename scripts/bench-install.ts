import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findSfCli, registryEnv, sf, type SfHome } from '../test/support/sf-cli.js';

const ROOT = join(import.meta.dirname, '..');

/**
 * Puts the plugin into the real CLI as `sf plugins install` does.
 *
 * @param given a packed plugin other than that of this checkout; the registry has to be reached for what it depends on
 */
export async function installPlugin(home: SfHome, given?: string): Promise<void> {
  await findSfCli();
  const env = { ...registryEnv(), ...home.env, NODE_OPTIONS: '' };
  const config = join(home.path, '.config', 'sf');
  await mkdir(config, { recursive: true });
  const tarball = `file:${given === undefined ? await pack(home.path) : resolve(given)}`;
  await writeFile(join(config, 'unsignedPluginAllowList.json'), JSON.stringify([tarball]));
  const { status, stdout, stderr } = await sf(['plugins', 'install', tarball], { home, env });
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
}

async function pack(folder: string): Promise<string> {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: 'ignore' });
  const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (packed === undefined) throw new Error('npm pack made no tarball');
  return join(folder, packed);
}
