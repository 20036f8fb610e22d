/** The package as others install it, in a project that has nothing of this one. */
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { environment } from './plugin.js';

const ROOT = join(import.meta.dirname, '..', '..');
const execute = promisify(execFile);

export type ForeignProject = {
  folder: string;
  /** Runs Node.js in the folder, with nothing of the environment but a HOME. */
  node: (home: string, ...args: string[]) => Promise<{ stdout: string; stderr: string }>;
  remove: () => Promise<void>;
};

export async function makeForeignProject(): Promise<ForeignProject> {
  const folder = await mkdtemp(join(tmpdir(), 'sf-jwt-library-'));
  // What lib/ is made of, other tests see to.
  const pack = ['pack', '--ignore-scripts', '--pack-destination', folder];
  await execute('npm', pack, { cwd: ROOT, shell: process.platform === 'win32' });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  await execute('tar', ['-xzf', tarball], { cwd: folder });
  const installed = join(folder, 'node_modules', 'sf-plugin-jwt');
  await mkdir(dirname(installed));
  await cp(join(folder, 'package'), installed, { recursive: true });
  return {
    folder,
    node: (home, ...args) => execute(process.execPath, args, { cwd: folder, env: environment({ home }) }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** An example of `docs/api.md`. */
export function apiExample(kind: 'esm' | 'cjs'): string {
  const page = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');
  return new RegExp(`<!-- example: ${kind} -->\\n\\n\`\`\`js\\n([^]*?)\`\`\``).exec(page)![1]!;
}
