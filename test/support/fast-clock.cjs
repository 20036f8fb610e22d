/**
 * Preload for child processes: a pause by `setTimeout` takes a thirtieth of its time, or what CLOCK_SPEED says, and for `Date.now` all of
 * it. What isn't a pause, such as a request on a busy machine, takes the time that it takes.
 */
'use strict';

const SPEED = Number(process.env.CLOCK_SPEED ?? 30);
const { now } = Date;
let skipped = 0;
Date.now = () => now() + skipped;

/** For a process that runs one command after the other. */
globalThis.forgetPauses = () => {
  skipped = 0;
};

const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (action, delay, ...rest) => {
  const short = (delay ?? 0) / SPEED;
  const act = (...given) => {
    skipped += (delay ?? 0) - short;
    action(...given);
  };
  return wait(act, short, ...rest);
};
