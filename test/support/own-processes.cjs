/** For mocha's --require: each command runs in a process of its own, as users run it; see `plugin.ts`. */
'use strict';

process.env.TEST_PROCESSES = 'each';
