import type { SfDoctor } from './command-log.js';

/** A command's class as oclif gives it to the hook `prerun`. */
type CommandClass = { id: string; prototype: { run: (this: object, ...args: unknown[]) => Promise<unknown> } };

/**
 * Runs before every command of the CLI, and so loads nothing but for `sf doctor`: our own part in it isn't called with
 * `--plugin OTHER`, while the doctor collects all variables and logs a command's all the same. So whatever it is run with,
 * our secrets are taken out as soon as there is a doctor: the command keeps it in a field of that name.
 *
 * @see https://oclif.io/docs/hooks, `prerun`
 */
export default async function beforeCommand({ Command }: { Command: CommandClass }): Promise<void> {
  if (Command.id !== 'doctor') return;
  const { redactDoctor } = await import('./command-log.js');
  const { run } = Command.prototype;
  Command.prototype.run = function runRedacted(...args) {
    let doctor: SfDoctor | undefined;
    Object.defineProperty(this, 'doctor', {
      configurable: true,
      enumerable: true,
      get: () => doctor,
      set: (made: SfDoctor) => {
        redactDoctor(made, process.env);
        doctor = made;
      },
    });
    return run.apply(this, args);
  };
}
