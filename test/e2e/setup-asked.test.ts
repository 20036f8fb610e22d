import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { CiMachine } from '../support/ci-machine.js';
import { stateOf } from '../support/connect.js';
import { hasBash, hasTerminal, runOnTerminal, type Dialogue } from '../support/plugin.js';
import { SetupPlace } from '../support/setup.js';
import { needs } from '../support/tools.js';
import { CI_USER } from '../support/workplace.js';

const RETURN = '\r';

describe('sf jwt setup, at a terminal', function () {
  this.timeout(120_000);

  let place: SetupPlace;
  before(async function () {
    needs(this, hasBash && hasTerminal, 'bash and python3');
    place = await SetupPlace.open();
    for (const args of [
      ['init', '--quiet'],
      ['remote', 'add', 'origin', 'git@github.com:acme/app.git'],
    ])
      spawnSync('git', args, { cwd: place.workplace.cwd });
  });
  after(async () => {
    if (hasTerminal) await place.close();
  });

  const talk = async (dialogue: Dialogue, args: string[] = []) => {
    const { home, cwd } = place.workplace;
    return runOnTerminal(['jwt', 'setup', '--plugin-source', 'sf-plugin-jwt@0.1.0', ...args], dialogue, {
      home,
      cwd,
      env: place.gh.env,
    });
  };

  const ANSWERS: Dialogue = [
    { expect: 'Which org do you work in', type: RETURN },
    { expect: 'Which user shall log in', type: CI_USER },
    { expect: CI_USER, type: RETURN },
    { expect: 'Which CI', type: RETURN },
    { expect: 'Which repository', type: RETURN },
  ];

  it('changes nothing where the plan is declined', async () => {
    const before = stateOf(place.workplace.org);
    const { status, stdout } = await talk([...ANSWERS, { expect: 'Go on?', type: `n${RETURN}` }]);
    expect(status, stdout).to.equal(1);
    expect(stdout).to.contain('You said no to the plan. Nothing was changed.');
    expect(stateOf(place.workplace.org)).to.deep.equal(before);
    expect(await place.gh.sets()).to.deep.equal([]);
  });

  it('sets up everything after one command and five answers', async () => {
    const { status, stdout } = await talk([...ANSWERS, { expect: 'Go on?', type: RETURN }]);
    expect(status, stdout).to.equal(0);
    expect(stdout).to.contain('GitHub Actions').and.to.contain('acme/app');
    expect(stdout).to.contain(`${CI_USER} can log in as the pipeline will.`);
    expect(await place.gh.sets()).to.have.lengthOf(2);
    const pipeline = readFileSync(place.workplace.path('.github/workflows/deploy.yml'), 'utf8');
    expect(pipeline).to.contain(place.workplace.org.apps[0]?.consumerKey).and.to.contain(CI_USER);
    const key = await place.gh.value('actions');
    const machine = await CiMachine.at(join(place.workplace.home, 'runner'), { SF_JWT_KEY: key });
    const green = await machine.runPipeline('github-actions', pipeline);
    expect(green.status, green.output).to.equal(0);
    expect(await place.filesWith(key)).to.deep.equal([]);
    for (const line of key.split('\n').filter((each) => /^[\w+/=]{30,}$/.test(each)))
      expect(stdout).not.to.contain(line);
  });

  it('asks before it replaces what is not from here, and asks nothing with --no-prompt', async () => {
    const args = [
      '--target-org',
      'my-admin-org',
      '--username',
      CI_USER,
      '--for',
      'github',
      '--repository',
      'acme/other',
    ];
    const { status, stdout } = await talk(
      [{ expect: 'Replace the certificate of JwtBearer?', type: `n${RETURN}` }],
      args,
    );
    expect(status, stdout).to.equal(1);
    expect(stdout).to.contain('Nothing was changed.');
    const quiet = await talk([], [...args, '--no-prompt']);
    expect(quiet.status).to.equal(1);
    expect(quiet.stdout).not.to.contain('Replace the certificate');
    expect(existsSync(place.workplace.path('.github/workflows/deploy.yml'))).to.equal(true);
  });

  it('offers to keep the key in a file where gh has no login', async () => {
    await place.gh.switch('logged-out');
    const args = [
      '--target-org',
      'my-admin-org',
      '--username',
      CI_USER,
      '--for',
      'github',
      '--repository',
      'acme/hand',
    ];
    const { status, stdout } = await talk(
      [
        { expect: 'set the secret by hand?', type: `y${RETURN}` },
        { expect: 'Replace the certificate', type: `y${RETURN}` },
        { expect: 'Go on?', type: RETURN },
      ],
      [...args],
    );
    expect(status, stdout).to.equal(0);
    expect(stdout).to.contain('Left to you: set the secret SF_JWT_KEY with these commands');
    expect(existsSync(place.workplace.path('server.key'))).to.equal(true);
    expect(readFileSync(place.workplace.path('.gitignore'), 'utf8')).to.equal('server.key\n');
    await place.gh.switch('logged-out', false);
  });

  it('makes an integration user whom a person asks for', async () => {
    const args = ['--target-org', 'my-admin-org', '--for', 'none', '--name', 'Robots', '--output-dir', 'robots'];
    const { status, stdout } = await talk(
      [
        { expect: 'Which user shall log in', type: 'integration' },
        { expect: 'A new integration user', type: RETURN },
        { expect: 'Name of the new user', type: RETURN },
        { expect: 'What is the new user for?', type: '\x1b[B' },
        { expect: 'Scratch orgs, on a Dev Hub', type: RETURN },
        { expect: 'Go on?', type: RETURN },
      ],
      args,
    );
    expect(status, stdout).to.equal(0);
    expect(stdout).to.contain('can log in as the pipeline will.');
    const { users } = place.workplace.org.data;
    expect(users.filter(({ username }) => username.startsWith('ci.00d'))).to.have.lengthOf(1);
  });
});
