/** Preload for child processes: kills the process before the KILL_AT-th change of a folder, as `kill -9` would. */
'use strict';

const fs = require('node:fs');

let left = Number(process.env.KILL_AT);
for (const name of ['fsyncSync', 'linkSync', 'renameSync', 'rmSync']) {
  const original = fs[name];
  fs[name] = function counted(...args) {
    // Only those that matter: the state folders, not the caches and logs of whatever else runs.
    const concerned = name === 'fsyncSync' || /\.sfdx?[/\\]/.test(String(args[0]));
    if (concerned && --left === 0) process.kill(process.pid, 'SIGKILL');
    return original.apply(this, args);
  };
}
