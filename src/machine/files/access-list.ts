import { join } from 'node:path';
import { Failure } from '../../failure.js';
import { runProgramNow, type RunProgramNow } from '../program-now.js';

/**
 * Takes a file from everybody but the user, or a folder with all that will be made in it.
 *
 * @throws Failure `access_not_restricted`
 */
export type Guard = (path: string, kind: 'file' | 'folder') => void;

/**
 * What takes the place of a file's mode on Windows, where modes mean nothing: an access list with the user as its only entry and
 * nothing inherited. The programs are those of the system, whatever lies on the PATH or in the current folder.
 *
 * @returns undefined where modes do
 */
export function guardFor(
  platform: NodeJS.Platform = process.platform,
  environment: NodeJS.ProcessEnv = process.env,
  run: RunProgramNow = runProgramNow,
): Guard | undefined {
  if (platform !== 'win32') return undefined;
  let user: string | undefined;
  return (path, kind) => {
    const ask = (name: string, args: string[]): string => {
      const end = run(systemProgram(name, environment), args);
      if (end === undefined) throw new Failure('access_not_restricted', { path, reason: `no ${name}` });
      if (end.status !== 0)
        throw new Failure('access_not_restricted', { path, reason: (end.stderr || end.stdout).trim() || name });
      return end.stdout;
    };
    // By its number: a name may be that of several accounts, and those of services have none that icacls would take.
    user ??= /"(S-1-[\d-]+)"/.exec(ask('whoami', ['/user', '/fo', 'csv', '/nh']))?.[1];
    if (user === undefined) throw new Failure('access_not_restricted', { path, reason: 'whoami' });
    ask('icacls', [path, '/inheritance:r', '/grant:r', `*${user}:${kind === 'file' ? 'F' : '(OI)(CI)F'}`]);
  };
}

function systemProgram(name: string, { SystemRoot, windir }: NodeJS.ProcessEnv): string {
  return join(SystemRoot || windir || 'C:\\Windows', 'System32', `${name}.exe`);
}
