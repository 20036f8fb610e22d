/** Takes an error that nobody awaits: of an event without a listener, or of a promise. */
type Net = (error: unknown) => void;

let current: Net | undefined;

/**
 * Gives errors that nobody awaits to a command, in the place of Node.js, which prints a trace and ends. Whoever else listens to
 * the same events goes on doing so.
 */
export function catchStrays(net: Net): void {
  current = net;
  if (process.listeners('uncaughtException').includes(onStray)) return;
  process.on('uncaughtException', onStray);
  process.on('unhandledRejection', onStray);
}

function onStray(error: unknown): void {
  // A reader that has gone away, of whom oclif takes no notice on standard output either.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE' && isOfOutput(error)) return;
  current?.(error);
}

function isOfOutput(error: Error): boolean {
  return [process.stdout, process.stderr].some(({ errored }) => errored === error);
}
