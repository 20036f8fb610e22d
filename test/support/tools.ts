/** The independent verifiers of key material, as far as the machine has them. */
import { spawnSync } from 'node:child_process';
import type { Context } from 'mocha';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
export const hasCurl = spawnSync('curl', ['--version']).status === 0;
export const hasKeytool = spawnSync('keytool', ['-help']).status === 0;

/** Skips the test, and says why, unless the condition holds. */
export function needs(context: Context, condition: boolean, what: string): void {
  if (condition) return;
  console.log(`      skipped: ${what} is not on this machine`);
  context.skip();
}

/** Runs a verifier; its output, or an error that holds what it said. */
export function tool(command: 'openssl' | 'keytool', args: string[], input: string | Buffer = ''): string {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout + stderr;
}

/** Milliseconds of processor time that this process has used: a measure that the machine's other work doesn't lengthen. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
