/** Preload for child processes: an hour takes two minutes, or what CLOCK_SPEED says, for those that wait by `setTimeout` and `Date.now`. */
'use strict';

const SPEED = Number(process.env.CLOCK_SPEED ?? 30);
const start = Date.now();
const now = Date.now;
Date.now = () => start + (now() - start) * SPEED;

const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (action, delay, ...rest) => wait(action, (delay ?? 0) / SPEED, ...rest);
