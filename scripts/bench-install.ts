import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findSfCli, registryEnv, sf, type SfHome } from '../test/support/sf-cli.js';

const ROOT = join(import.meta.dirname, '..');

/** Puts the plugin into the real CLI as `sf plugins install` does. The registry is the one place it has to reach. */
export async function installPlugin(home: SfHome): Promise<void> {
  await findSfCli();
  const env = { ...registryEnv(), ...home.env, NODE_OPTIONS: '' };
  execFileSync('npm', ['pack', '--silent', '--pack-destination', home.path], { cwd: ROOT, stdio: 'ignore' });
  const packed = (await readdir(home.path)).find((name) => name.endsWith('.tgz'));
  if (packed === undefined) throw new Error('npm pack made no tarball');
  const config = join(home.path, '.config', 'sf');
  await mkdir(config, { recursive: true });
  const tarball = `file:${join(home.path, packed)}`;
  await writeFile(join(config, 'unsignedPluginAllowList.json'), JSON.stringify([tarball]));
  const { status, stdout, stderr } = await sf(['plugins', 'install', tarball], { home, env });
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
}
