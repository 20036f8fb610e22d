import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import type { JwtSetupResult } from '../../src/commands/jwt/setup.js';
import { CiMachine } from '../support/ci-machine.js';
import { deployRequests, stateOf } from '../support/connect.js';
import { hasBash, type RunResult } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { ONE_LINE, REPOSITORY, SetupPlace } from '../support/setup.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER } from '../support/workplace.js';

const WORKFLOW = '.github/workflows/deploy.yml';

describe('sf jwt setup, in one line without a terminal', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, hasBash, 'bash');
  });

  describe('for GitHub, where nothing is there yet', () => {
    let place: SetupPlace;
    let first: RunResult;
    let key: string;
    before(async () => {
      place = await SetupPlace.open();
      const before = stateOf(place.workplace.org);
      const dry = await place.run([...ONE_LINE, '--dry-run']);
      expect(dry.status, dry.stderr).to.equal(0);
      expect(dry.stdout).to.contain('Create the External Client App JwtBearer');
      expect(dry.stdout).to.contain(`Set the secret SF_JWT_KEY in ${REPOSITORY} (Dependabot), by gh`);
      expect(dry.stdout).to.contain('Nothing was changed.');
      expect(stateOf(place.workplace.org)).to.deep.equal(before);
      expect(await place.gh.sets()).to.deep.equal([]);
      expect(existsSync(place.workplace.path(WORKFLOW))).to.equal(false);
      first = await place.run();
      expect(first.status, first.stdout + first.stderr).to.equal(0);
      key = await place.gh.value('actions');
    });
    after(() => place.close());

    it('shows its plan, and what it did', () => {
      expect(first.stdout).to.contain('in memory: nothing of the key is written to a disk here');
      expect(first.stdout).to.contain('Create the External Client App JwtBearer');
      expect(first.stdout).to.contain(`Assign ${CI_USER} to the permission set JwtBearer`);
      expect(first.stdout).to.contain(`Set the secret SF_JWT_KEY in ${REPOSITORY} (Actions), by gh`);
      expect(first.stdout).to.contain(`${CI_USER} can log in as the pipeline will.`);
      expect(first.stdout).to.contain(`Client ID: ${place.workplace.org.apps[0]?.consumerKey}`);
    });

    it('hands the key to gh through standard input, for Actions and Dependabot', async () => {
      expect(await place.gh.sets()).to.deep.equal([
        `secret set SF_JWT_KEY --repo ${REPOSITORY} --app actions`,
        `secret set SF_JWT_KEY --repo ${REPOSITORY} --app dependabot`,
      ]);
      expect(key).to.match(/^-----BEGIN PRIVATE KEY-----\n[^]+-----END PRIVATE KEY-----$/);
      expect(await place.gh.value('dependabot')).to.equal(key);
    });

    it('leaves the key in no file, no output, no argument and no environment', async () => {
      expect(await place.filesWith(key)).to.deep.equal([]);
      const lines = key.split('\n').filter((line) => line.length > 30 && !line.startsWith('-----'));
      expect(lines).to.have.length.above(10);
      const seen = (await place.gh.visible()) + first.stdout + first.stderr;
      for (const line of lines) expect(seen).not.to.contain(line);
    });

    it('writes a pipeline whose shell runs green with the secret', async () => {
      const content = readFileSync(place.workplace.path(WORKFLOW), 'utf8');
      const machine = await CiMachine.at(join(place.workplace.home, 'runner'), { SF_JWT_KEY: key });
      const { status, output, notes } = await machine.runPipeline('github-actions', content);
      expect(status, output).to.equal(0);
      expect(notes.join('\n')).to.contain(CI_USER);
    });

    it('changes nothing a second time', async () => {
      const [state, deployed] = [stateOf(place.workplace.org), deployRequests(place.workplace.org)];
      const files = await place.workplace.files();
      const { status, result } = await place.json();
      expect(status).to.equal(0);
      expectSchema('jwt-setup', result);
      expect(result).to.deep.include({ status: 'unchanged', changes: [], verified: null, key: { source: 'kept' } });
      expect(stateOf(place.workplace.org)).to.deep.equal(state);
      expect(deployRequests(place.workplace.org)).to.equal(deployed);
      expect(await place.gh.sets()).to.have.lengthOf(2);
      expect(withoutCalls(await place.workplace.files())).to.deep.equal(withoutCalls(files));
    });

    it('says in the JSON what a program would ask for', async () => {
      const { result } = await place.json();
      const { instanceUrl, clientId, certificate, commands, ...rest } = result;
      expect(clientId).to.equal(place.workplace.org.apps[0]?.consumerKey);
      expect(instanceUrl).to.equal(place.workplace.org.url);
      expect(certificate.fingerprint256).to.match(/^([\dA-F]{2}:){31}[\dA-F]{2}$/);
      expect(commands[0]).to.equal('sf jwt keygen');
      expect(rest).to.deep.equal({
        status: 'unchanged',
        name: 'JwtBearer',
        appType: 'external-client-app',
        username: CI_USER,
        userChanges: [],
        changes: [],
        key: { source: 'kept' },
        for: 'github',
        repository: REPOSITORY,
        secret: {
          name: 'SF_JWT_KEY',
          places: [
            { name: 'Actions', status: 'unchanged' },
            { name: 'Dependabot', status: 'unchanged' },
          ],
          manual: false,
        },
        pipeline: { file: place.workplace.path(WORKFLOW), status: 'unchanged' },
        ignored: [],
        verified: null,
        byHand: [],
        dryRun: false,
      } satisfies Partial<JwtSetupResult>);
    });

    it('says what a pipeline lacks that cannot install the plugin, and what a rotation needs besides', async () => {
      const from = ONE_LINE.indexOf('--plugin-source');
      const linked = await place.run([...ONE_LINE.slice(0, from), '--output-file', 'linked.yml', '--dry-run']);
      expect(linked.status, linked.stderr).to.equal(0);
      expect(linked.stderr).to.contain('The plugin runs from a checkout');
      const { stdout } = await place.run([...ONE_LINE, '--job', 'rotate', '--output-file', 'rotate.yml', '--dry-run']);
      expect(stdout).to.match(/^Left to you: [A-Z_]+: /m);
      expect(stdout).to.contain('--job rotate --plugin-source sf-plugin-jwt@0.1.0');
    });

    it('leaves a pipeline alone that was edited since', async () => {
      const path = place.workplace.path(WORKFLOW);
      await writeFile(path, `${readFileSync(path, 'utf8')}# ours\n`);
      const { status, stdout, stderr } = await place.run();
      expect(status).to.equal(0);
      expect(stdout + stderr).to.contain('was edited since it was written');
      expect(readFileSync(path, 'utf8')).to.match(/# ours\n$/);
      expect(await place.gh.sets()).to.have.lengthOf(2);
    });

    it('makes a new pair when the CI has lost the secret, since nobody else has the key', async () => {
      await place.gh.forget('actions');
      const { status, result } = await place.json();
      expect(status).to.equal(0);
      expect(result).to.deep.include({ status: 'updated', key: { source: 'new' }, verified: true });
      expect(await place.gh.sets()).to.have.lengthOf(4);
      expect(await place.gh.value('actions')).not.to.equal(key);
    });
  });

  describe('where something is in the way', () => {
    let place: SetupPlace;
    before(async () => (place = await SetupPlace.open()));
    after(() => place.close());

    /** Fails with this code, and nothing is changed anywhere. */
    async function refused(code: string, args = ONE_LINE): Promise<{ message?: string; actions?: string[] }> {
      const before = stateOf(place.workplace.org);
      const files = withoutCalls(await place.workplace.files());
      const answer = await place.json(args);
      expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
      expect(answer.status).to.equal(1);
      expect(stateOf(place.workplace.org)).to.deep.equal(before);
      expect(await place.gh.sets()).to.deep.equal([]);
      expect(withoutCalls(await place.workplace.files())).to.deep.equal(files);
      return answer;
    }

    it('refuses without a login of gh, and says how to log in', async () => {
      await place.gh.switch('logged-out');
      const { actions } = await refused('ci_tool_not_logged_in');
      expect(actions?.join()).to.contain('gh auth login').and.to.contain('--output-dir .');
      await place.gh.switch('logged-out', false);
    });

    it('refuses without gh, and says where to get it', async () => {
      const files = withoutCalls(await place.workplace.files());
      const answer = await place.json(ONE_LINE, { env: { PATH: '/nonexistent' } });
      expect(answer.data?.code).to.equal('ci_tool_missing');
      expect(answer.actions?.join()).to.contain('https://cli.github.com');
      expect(withoutCalls(await place.workplace.files())).to.deep.equal(files);
    });

    it('refuses a secret that somebody else has set', async () => {
      await place.gh.keep('dependabot');
      await refused('setup_secret_exists');
      await place.gh.forget('dependabot');
    });

    it('refuses a pipeline that somebody else has written', async () => {
      const file = await place.workplace.save('their.yml', 'on: push\n');
      await refused('file_exists', [...ONE_LINE, '--output-file', file]);
    });

    it('asks for each answer that is missing', async () => {
      const line = ['setup', '--target-org', ADMIN_ALIAS, '--username', CI_USER, '--no-prompt'];
      for (const [flag, args] of [
        ['--for', line],
        ['--repository', [...line, '--for', 'github']],
      ] as const) {
        const { message } = await refused('setup_answer_missing', [...args]);
        expect(message).to.contain(flag);
      }
    });

    it('refuses what is no repository, and no name of a secret', async () => {
      await refused(
        'repository_malformed',
        ONE_LINE.map((word) => (word === REPOSITORY ? 'acme' : word)),
      );
      await refused('secret_name_illegal', [...ONE_LINE, '--secret-name', 'GITHUB_KEY']);
    });

    it('refuses a user whom the org does not know', async () => {
      await refused(
        'users_unknown',
        ONE_LINE.map((word) => (word === CI_USER ? 'nobody@acme.example.com' : word)),
      );
    });
  });

  describe('in an org whose app has another certificate', () => {
    let place: SetupPlace;
    before(async () => {
      place = await SetupPlace.open();
      await place.workplace.savePair('server');
      const { status, stderr } = await place.workplace.jwt([
        ...['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt', '--username', CI_USER],
      ]);
      expect(status, stderr).to.equal(0);
    });
    after(() => place.close());

    it('leaves it alone, since somebody may use its key', async () => {
      const before = stateOf(place.workplace.org);
      const answer = await place.json();
      expect(answer.data?.code).to.equal('setup_certificate_in_use');
      expect(answer.actions?.join('\n')).to.contain('--name').and.to.contain('--overwrite');
      expect(stateOf(place.workplace.org)).to.deep.equal(before);
      expect(await place.gh.sets()).to.deep.equal([]);
    });

    it('takes the key of the app, if it is at hand', async () => {
      const { result } = await place.json([...ONE_LINE, '--jwt-key-file', 'server.key']);
      expect(result).to.deep.include({ changes: [], verified: true, status: 'updated' });
      expect(result.key).to.deep.equal({ source: 'given', file: place.workplace.path('server.key') });
      expect((await place.gh.value('actions')).trim()).to.equal(
        readFileSync(place.workplace.path('server.key'), 'utf8').trim(),
      );
      const again = await place.json([...ONE_LINE, '--jwt-key-file', 'server.key']);
      expect(again.result).to.deep.include({ status: 'unchanged', verified: true });
      expect(await place.gh.sets()).to.have.lengthOf(2);
    });

    it('replaces it if told so', async () => {
      const elsewhere = ONE_LINE.map((word) => (word === REPOSITORY ? 'acme/other' : word));
      expect((await place.json(elsewhere)).data?.code).to.equal('setup_certificate_in_use');
      const { result } = await place.json([...elsewhere, '--overwrite', '--no-dependabot']);
      expect(result).to.deep.include({ status: 'updated', verified: true, key: { source: 'new' } });
      expect(result.changes.join()).to.contain('Certificate: SHA-256');
      expect((await place.gh.sets()).at(-1)).to.equal('secret set SF_JWT_KEY --repo acme/other --app actions');
    });
  });

  describe('--for none', () => {
    let place: SetupPlace;
    before(async () => (place = await SetupPlace.open()));
    after(() => place.close());

    const line = ['setup', '--target-org', ADMIN_ALIAS, '--username', CI_USER, '--for', 'none', '--no-prompt'];

    it('stops before the CI: app, proof, and the key in a file', async () => {
      const { status, result } = await place.json([...line, '--output-dir', 'keys']);
      expect(status, JSON.stringify(result)).to.equal(0);
      expectSchema('jwt-setup', result);
      expect(result).to.deep.include({ status: 'created', for: 'none', verified: true });
      expect(result).not.to.have.any.keys('secret', 'pipeline', 'repository');
      expect(result.key).to.deep.equal({ source: 'new', file: place.workplace.path('keys/server.key') });
      expect(await place.gh.calls()).to.deep.equal([]);
      expect(existsSync(place.workplace.path('.github'))).to.equal(false);
    });

    it('names the commands that would have done it in a folder like this, whatever lies in it now', async () => {
      const own = await SetupPlace.open();
      try {
        const { result } = await own.json([...line, '--output-dir', '.']);
        const [keygen, connect] = result.commands;
        expect(keygen).to.match(/^sf jwt keygen --output-dir \S+$/);
        expect(connect).to.contain(`--jwt-key-file ${result.key.file}`);
        const elsewhere = own.workplace.path('elsewhere');
        const made = await own.workplace.jwt([...keygen!.split(' ').slice(2, -1), elsewhere]);
        expect(made.status, made.stderr).to.equal(0);
        expect(existsSync(join(elsewhere, basename(result.key.file!)))).to.equal(true);
      } finally {
        await own.close();
      }
    });

    it('uses that pair the second time, and changes nothing', async () => {
      const [state, files] = [stateOf(place.workplace.org), await place.workplace.files()];
      const { result } = await place.json([...line, '--output-dir', 'keys']);
      expect(result).to.deep.include({ status: 'unchanged', changes: [], verified: true });
      expect(stateOf(place.workplace.org)).to.deep.equal(state);
      expect(await place.workplace.files()).to.deep.equal(files);
    });
  });
});

/** What a fake tool notes of a call that only looks is no change. */
function withoutCalls(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.includes('ci-tools')));
}
