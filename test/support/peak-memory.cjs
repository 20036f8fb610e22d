/** Preload for child processes: at its end, each process adds its peak of resident memory, in KiB, to PEAK_MEMORY_LOG. */
'use strict';

const fs = require('node:fs');

process.on('exit', () => {
  const { PEAK_MEMORY_LOG: log } = process.env;
  if (log) fs.appendFileSync(log, `${process.resourceUsage().maxRSS}\n`);
});
