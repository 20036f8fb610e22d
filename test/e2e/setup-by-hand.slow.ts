/** The commands that `setup` prints at its end do the same, one by one. */
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { fieldsOf } from '../support/connect.js';
import { entryOf } from '../support/grant.js';
import { environment, hasBash, RUN_JS } from '../support/plugin.js';
import { ONE_LINE, SetupPlace } from '../support/setup.js';
import { needs } from '../support/tools.js';

const GLOBAL = 'ExtlClntAppGlobalOauthSettings';
const run = promisify(execFile);

describe('the commands that setup prints, one by one', () => {
  let place: SetupPlace;
  before(async function () {
    needs(this, hasBash, 'bash');
    place = await SetupPlace.open();
  });
  after(() => place.close());

  it('make the pair, set up the app, set the secret, write the pipeline and log in', async () => {
    const { workplace, gh } = place;
    const { status, result } = await place.json();
    expect(status).to.equal(0);
    const workflow = await readFile(result.pipeline!.file, 'utf8');
    await rm(result.pipeline!.file);
    const { certificate } = fieldsOf(workplace.org, GLOBAL);
    expect(result.commands.map((line) => line.split(' ').slice(0, 3).join(' '))).to.deep.equal([
      'sf jwt keygen',
      'sf jwt connect',
      'sf jwt snippet',
      'sf jwt snippet',
      'sf jwt snippet',
      'sf jwt grant',
    ]);
    const sf = `#!/bin/sh\nexec '${process.execPath}' '${RUN_JS}' "$@"\n`;
    await writeFile(join(workplace.home, 'ci-tools', 'sf'), sf, { mode: 0o755 });
    const env = { ...environment({ home: workplace.home }), ...gh.env };
    for (const line of result.commands) {
      const PATH = [join(workplace.home, 'ci-tools'), env.PATH].join(delimiter);
      await run('bash', ['-c', `set -o pipefail; ${line}`], { cwd: workplace.cwd, env: { ...env, PATH } });
    }
    const key = await readFile(workplace.path('server.key'), 'utf8');
    expect((await gh.value('actions')).trimEnd()).to.equal(key.trimEnd());
    expect((await gh.value('dependabot')).trimEnd()).to.equal(key.trimEnd());
    expect(await readFile(result.pipeline!.file, 'utf8')).to.equal(workflow);
    expect(fieldsOf(workplace.org, GLOBAL)['certificate']).not.to.equal(certificate);
    expect((await entryOf(workplace.home))['clientId']).to.equal(result.clientId);
    // Whoever did it by hand has done it: setup finds nothing left to do but for the key, which is here now.
    const again = await place.json([...ONE_LINE, '--jwt-key-file', 'server.key', '--certificate-file', 'server.crt']);
    expect(again.status, JSON.stringify(again)).to.equal(0);
    expect(again.result.changes).to.deep.equal([]);
  });
});
