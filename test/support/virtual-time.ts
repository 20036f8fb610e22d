import type { Clock } from '../../src/clock.js';

/** A clock that stands still while anything is to be done, and jumps to the next moment that somebody sleeps until. */
export class VirtualTime implements Clock {
  public readonly now = (): number => this.time;
  private time = 1_000_000;
  private readonly sleepers: Array<{ at: number; wake: () => void }> = [];

  public readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => void this.sleepers.push({ at: this.time + milliseconds, wake }));

  /** Lets time pass until the promise is settled. */
  public async until<T>(promise: Promise<T>): Promise<T> {
    const outcome = promise.then(
      () => 'settled',
      () => 'settled',
    );
    for (;;) {
      // A full turn of the event loop: whatever can go on without time has gone on.
      const turn = new Promise<string>((resolve) => setImmediate(() => resolve('turn')));
      if ((await Promise.race([outcome, turn])) === 'settled') return promise;
      this.sleepers.sort((a, b) => a.at - b.at);
      const next = this.sleepers.shift();
      if (next === undefined) throw new Error('Nothing is left that time could bring about');
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
  }

  /** How long is still slept, beyond what has come to its end. */
  public get pending(): number {
    return Math.max(0, ...this.sleepers.map(({ at }) => at - this.time));
  }
}
