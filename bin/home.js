import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** A folder that nobody can make, root included. */
const NO_HOME = process.platform === 'linux' ? '/sys/nonexistent' : '/nonexistent';

/**
 * Lets commands that store nothing run where there is no home folder, as in a container with a user of its own: the libraries
 * end a process that can't learn its home, or can't write their log file there. What has to be stored is refused by the
 * commands themselves.
 */
export function settleHome(environment = process.env) {
  if (environment.HOME === '') delete environment.HOME;
  const home = homeFolder();
  if (home === undefined) environment.HOME = environment.USERPROFILE = NO_HOME;
  // Without it, oclif asks for the user's own in passwd.
  if (process.platform !== 'win32') environment.SHELL ??= '/bin/sh';
  if (home === undefined || !canWrite(join(home, '.sf'))) environment.SF_DISABLE_LOG_FILE = 'true';
}

function homeFolder() {
  try {
    const home = homedir();
    // Making a folder below /proc never ends.
    return isAbsolute(home) && !home.startsWith('/proc/') && (!existsSync(home) || statSync(home).isDirectory())
      ? home
      : undefined;
  } catch {
    // No passwd entry for this user.
    return undefined;
  }
}

function canWrite(folder) {
  try {
    let nearest = folder;
    while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
