import { tmpdir } from 'node:os';
import { resolve, sep } from 'node:path';

/** Folders that a CI server or the system empties by itself, by the variables that name them. */
const VARIABLES = ['TMPDIR', 'TEMP', 'TMP', 'RUNNER_TEMP', 'AGENT_TEMPDIRECTORY'];

/** Whether a file lies where it will be deleted before long: a temporary folder, or a Jenkins workspace's `@tmp`. */
export function isTemporary(path: string, environment: NodeJS.ProcessEnv): boolean {
  const folders = [tmpdir(), '/tmp', '/var/tmp', '/dev/shm', ...VARIABLES.map((name) => environment[name])];
  const file = resolve(path);
  return (
    /@tmp[/\\]/.test(file) ||
    folders.some((folder) => folder !== undefined && folder !== '' && file.startsWith(withSeparator(resolve(folder))))
  );
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}
