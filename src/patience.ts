/** The clock and the pauses of everything that waits. Milliseconds. */
export type Patience = { now: () => number; sleep: (milliseconds: number) => Promise<void> };

export const REAL_PATIENCE: Patience = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
