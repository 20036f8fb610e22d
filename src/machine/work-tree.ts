import type { RunProgram } from './program.js';

/** A Git work tree: its topmost folder, and where its commits go. */
export type WorkTree = { root: string; remoteUrl: string | undefined };

/** Milliseconds; nothing here asks a server. */
const LIMIT = 10_000;

/**
 * The work tree that a folder lies in, with the remote that Git calls `origin`, else the only one; undefined where there is no
 * Git or no work tree.
 */
export async function readWorkTree(folder: string, run: RunProgram): Promise<WorkTree | undefined> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    const end = await run('git', args, { cwd: folder, timeout: LIMIT });
    return end?.status === 0 ? end.stdout.trim() : undefined;
  };
  const root = await git('rev-parse', '--show-toplevel');
  if (root === undefined || root === '') return undefined;
  const remotes = ((await git('remote')) ?? '').split('\n').filter((name) => name !== '');
  const [first, ...others] = remotes;
  const remote = remotes.includes('origin') ? 'origin' : others.length === 0 ? first : undefined;
  const remoteUrl = remote === undefined ? undefined : await git('remote', 'get-url', remote);
  return { root, remoteUrl: remoteUrl || undefined };
}
