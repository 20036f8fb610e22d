/** Preload for child processes: at its end, each process adds the paths of the modules that it loaded to MODULES_LOG. */
'use strict';

const fs = require('node:fs');
const { registerHooks } = require('node:module');
const { fileURLToPath } = require('node:url');

const loaded = new Set();
registerHooks({
  load: (url, context, next) => {
    if (url.startsWith('file:')) loaded.add(fileURLToPath(url));
    return next(url, context);
  },
});

process.on('exit', () => {
  const { MODULES_LOG: log } = process.env;
  for (const path of Object.keys(require.cache)) loaded.add(path);
  loaded.delete(__filename);
  if (log) fs.appendFileSync(log, [...loaded].map((path) => `${path}\n`).join(''));
});
