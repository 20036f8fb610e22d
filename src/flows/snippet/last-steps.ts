import type { Step } from './job.js';

/**
 * The commands of steps that run always, for a shell that ends at the first command that fails: each runs all the same, and
 * what the last one says counts.
 */
export function oneShell(steps: Step[]): string[] {
  const commands = steps.flatMap((step) => step.commands);
  return commands.map((command, index) => (index < commands.length - 1 ? `${command} || true` : command));
}
