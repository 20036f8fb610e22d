/** The clock and the pauses of everything that waits. Milliseconds. */
export type Clock = { now: () => number; sleep: (milliseconds: number) => Promise<void> };

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
