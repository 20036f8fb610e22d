import { spawn } from 'node:child_process';
import type { HttpRequest } from '../emulator/http/message.js';
import { environment, RUN_JS } from './plugin.js';
import type { Workplace } from './workplace.js';

/** Kills a run when its n-th request arrives, before the org has seen it or after. @returns its exit code, null if it was killed */
export async function killedAtRequest(workplace: Workplace, args: string[], number: number): Promise<number | null> {
  let left = number;
  return killedWhen(workplace, args, () => --left === 0, number % 2 === 0 ? 'before' : 'after');
}

/** Kills a run when a request of a kind arrives. @returns its exit code, null if it was killed */
export async function killedWhen(
  { org, cwd, home }: Workplace,
  args: string[],
  isTime: (request: HttpRequest) => boolean,
  drop: 'before' | 'after',
): Promise<number | null> {
  const child = spawn(process.execPath, [RUN_JS, 'jwt', ...args], { cwd, env: environment({ home }), stdio: 'ignore' });
  const remove = org.faults.add({ match: (request) => isTime(request) && child.kill('SIGKILL'), drop });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  remove();
  return status;
}
