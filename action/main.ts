/** The action of `action.yml`: the same file for its main step and for the one at the end of the job. */
import { cleanUp } from './clean-up.js';
import { logIn } from './log-in.js';
import { runnerOf } from './runner.js';

// Of what goes on, this step's log is the place.
process.env['SF_DISABLE_LOG_FILE'] = 'true';
const runner = runnerOf(
  process.env,
  (text) => process.stdout.write(text),
  () => {
    process.exitCode = 1;
  },
);
const isLast = runner.state('main') !== undefined;
if (!isLast) runner.saveState('main', 'started');
await (isLast ? cleanUp(runner) : logIn(runner));
