/**
 * Preload for child processes: kills the process before the KILL_AT-th change of a folder, as `kill -9` would. Of sf's state
 * folders, or with KILL_IN of the folder that it names; there, before every write of a file, too.
 */
'use strict';

const fs = require('node:fs');

let left = Number(process.env.KILL_AT);
const folder = process.env.KILL_IN;
const writes = folder === undefined ? [] : ['openSync', 'writeFileSync', 'fchmodSync'];
for (const name of ['fsyncSync', 'linkSync', 'renameSync', 'rmSync', ...writes]) {
  const original = fs[name];
  fs[name] = function counted(...args) {
    // Only those that matter: the state folders, not the caches and logs of whatever else runs.
    const isOpen = typeof args[0] === 'number';
    const concerned = isOpen || (folder ? String(args[0]).startsWith(folder) : /\.sfdx?[/\\]/.test(String(args[0])));
    if (concerned && --left === 0) process.kill(process.pid, 'SIGKILL');
    return original.apply(this, args);
  };
}
