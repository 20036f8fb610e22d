import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtSnippetResult } from '../../src/commands/jwt/snippet.js';
import { CIS, type Ci } from '../../src/flows/snippet/request.js';
import { CiMachine } from '../support/ci-machine.js';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { hasTerminal, run } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { editEntry, entryPath } from '../support/stored.js';
import { pipelineText, PUBLISHED_FLAG } from '../support/pipelines.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER, pairOf, type Answer, type Workplace } from '../support/workplace.js';

describe('jwt snippet', () => {
  let workplace: Workplace;
  let clientId: string;

  before(async () => {
    ({ workplace, clientId } = await openWithApp());
    await granted(workplace, [...loginFlags(workplace, clientId), '--alias', 'my-ci']);
  });
  after(() => workplace.close());

  const pipelineOf = (ci: Ci): Promise<string> =>
    pipelineText(ci, { login: { username: CI_USER, clientId, instanceUrl: workplace.org.url } });

  const refusal = async (code: string, args: string[], status = 1): Promise<Answer<never>> => {
    const answer = await workplace.json<never>(['snippet', ...args]);
    expect(answer.status, JSON.stringify(answer)).to.equal(status);
    if (status === 1) expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
    return answer;
  };

  describe('prints', () => {
    it('the pipeline of a stored login alone, and beside it which secret to create', async () => {
      const { status, stdout, stderr } = await workplace.jwt([
        'snippet',
        '--for',
        'github-actions',
        '-o',
        'my-ci',
        ...PUBLISHED_FLAG,
      ]);
      expect(status, stderr).to.equal(0);
      expect(stdout).to.equal(await pipelineOf('github-actions'));
      expect(stderr).to.contain(`sf jwt snippet --secret-value --target-org ${CI_USER} | gh secret set SF_JWT_KEY`);
      expect(stderr).to.contain('.github/workflows/deploy.yml');
    });

    for (const [what, fields] of [
      ['without a stored key', { privateKey: undefined }],
      ['that has no login URL', { privateKey: undefined, loginUrl: undefined }],
    ] as const) {
      it(`that of a login ${what}, with a file to take the key from`, async () => {
        const entry = await readFile(entryPath(workplace.home), 'utf8');
        await editEntry(workplace.home, fields);
        try {
          const args = ['snippet', '--for', 'github-actions', '-o', 'my-ci', ...PUBLISHED_FLAG];
          const { status, stdout, stderr } = await workplace.jwt(args);
          expect(status, stderr).to.equal(0);
          expect(stdout).to.equal(await pipelineOf('github-actions'));
          expect(stderr).to.contain('sf jwt snippet --secret-value --jwt-key-file server.key | gh secret set');
          const value = await workplace.jwt(['snippet', '--secret-value', '-o', 'my-ci']);
          expect(value.status).to.equal(1);
          expect(value.stderr)
            .to.contain('LoginWithoutKeyError')
            .and.to.contain('--jwt-key-file server.key')
            .and.not.to.contain("isn't a JWT login");
        } finally {
          await writeFile(entryPath(workplace.home), entry);
        }
      });
    }

    it('that of the default org, where no flag names one', async () => {
      const options = { env: { SF_TARGET_ORG: 'my-ci' } };
      const { status, stdout, stderr } = await workplace.jwt(['snippet', '--for', 'shell', ...PUBLISHED_FLAG], options);
      expect(status, stderr).to.equal(0);
      expect(stdout).to.equal(await pipelineOf('shell'));
    });

    it('that of a login that is not stored', async () => {
      const login = [
        '--username',
        'other@acme.example.com',
        '-i',
        '3MVG9.Other',
        '-r',
        'https://other.my.salesforce.com/',
      ];
      const answer = await workplace.json<JwtSnippetResult>([
        'snippet',
        '--for',
        'jenkins',
        ...login,
        ...PUBLISHED_FLAG,
      ]);
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      expectSchema('jwt-snippet', answer.result);
      const { content, secrets } = answer.result;
      expect(content).to.contain('--instance-url https://other.my.salesforce.com --key-storage copy');
      expect(content).to.contain('--username other@acme.example.com --client-id 3MVG9.Other');
      expect(secrets).to.have.lengthOf(1);
      expect(secrets[0]).to.include({ name: 'SF_JWT_KEY' }).and.not.to.have.property('command');
    });
  });

  describe('writes', () => {
    it('a file that others may read, and replaces one only with --overwrite', async () => {
      const path = workplace.path('.circleci/config.yml');
      const args = ['--for', 'circleci', '-o', 'my-ci', '--output-file', '.circleci/config.yml', ...PUBLISHED_FLAG];
      const written = await workplace.json<JwtSnippetResult>(['snippet', ...args]);
      expectSchema('jwt-snippet', written.result);
      expect(written.result).to.include({ for: 'circleci', file: path, content: await pipelineOf('circleci') });
      expect(await readFile(path, 'utf8')).to.equal(written.result.content);
      expect(statSync(path).mode & 0o777).to.equal(0o644);

      const fleet = [
        ...PUBLISHED_FLAG,
        '--for',
        'circleci',
        '-x',
        'orgs.csv',
        '--shards',
        '5',
        '--output-file',
        '.circleci/config.yml',
      ];
      await refusal('file_exists', fleet);
      expect(await readFile(path, 'utf8')).to.equal(written.result.content);
      const { status, stdout, stderr } = await workplace.jwt(['snippet', ...fleet, '--overwrite']);
      expect(status, stderr).to.equal(0);
      expect(stdout).to.contain(path).and.not.to.contain('docker');
      expect(await readFile(path, 'utf8')).to.equal(
        await pipelineText('circleci', { fleet: { file: 'orgs.csv', shards: 5 } }),
      );
    });
  });

  describe('refuses', () => {
    const url = ['-r', 'https://acme.my.salesforce.com'];
    const cases: Array<[what: string, code: string, args: string[]]> = [
      ['to guess the login', 'snippet_login_missing', []],
      ['a stored login without a key', 'login_without_key', ['-o', ADMIN_ALIAS]],
      ['an alias where a username is needed', 'username_illegal', ['-o', 'my-ci', '-i', 'x', ...url]],
      ['a client ID with a line break', 'value_unprintable', ['-o', CI_USER, '-i', 'a\n- run: rm', ...url]],
    ];
    for (const [what, code, args] of cases) {
      it(what, async () => {
        const { actions } = await refusal(code, ['--for', 'gitlab-ci', ...args]);
        expect(actions).not.to.deep.equal([]);
      });
    }

    it('flags that contradict each other, and none at all', async () => {
      for (const args of [[], ['--for', 'shell', '--secret-value'], ['--for', 'shell', '-x', 'o.csv', '-o', 'my-ci']]) {
        await refusal('', args, 2);
      }
    });
  });

  describe('--secret-value', () => {
    it("hands the private key to the CI's tool, by the commands that the other runs name", async () => {
      const { key } = await pairOf();
      const machine = await CiMachine.at(workplace.home);
      const commandFor = async (ci: Ci): Promise<string> => {
        const { result } = await workplace.json<JwtSnippetResult>(['snippet', '--for', ci, '-o', 'my-ci']);
        return result.secrets[0]!.command!;
      };
      expect((await machine.stored(await commandFor('github-actions'))).trim()).to.equal(key.trim());
      for (const ci of ['gitlab-ci', 'azure-pipelines', 'circleci'] as const) {
        const line = await machine.stored(await commandFor(ci));
        expect(line, ci).to.match(/^[\w+/]+=*$/);
        expect(Buffer.from(line, 'base64').toString().trim(), ci).to.equal(key.trim());
      }
    });

    it('takes the key from a file or the environment as well', async () => {
      const { key } = await pairOf('other');
      const file = await workplace.save('other.key', Buffer.from(key).toString('base64'));
      const options = { home: workplace.home, cwd: workplace.cwd };
      const fromFile = await run(['jwt', 'snippet', '--secret-value', '-f', file, '-o', 'my-ci'], options);
      expect(fromFile).to.include({ status: 0, stdout: key });
      const fromVariable = await run(['jwt', 'snippet', '--secret-value'], { ...options, env: { SF_JWT_KEY: key } });
      expect(fromVariable).to.include({ status: 0, stdout: key });
    });

    it('prints it neither as JSON nor on a terminal', async function () {
      await refusal('secret_value_exposed', ['--secret-value', '-o', 'my-ci']);
      needs(this, hasTerminal, 'python3');
      const { status, stdout } = await workplace.onTerminal(['snippet', '--secret-value', '-o', 'my-ci']);
      expect(status, stdout).to.equal(1);
      expect(stdout).to.contain('gh secret set').and.not.to.contain('PRIVATE KEY');
    });
  });

  describe('whose pipeline runs', () => {
    for (const ci of CIS) {
      it(`for ${ci}: logs in, deploys, and logs out though the deployment fails`, async () => {
        const home = join(workplace.home, `home-of-${ci}`);
        const aliases = join(home, '.sfdx', 'alias.json');
        await mkdir(join(home, '.sfdx'), { recursive: true });
        await writeFile(aliases, JSON.stringify({ orgs: { deploy: CI_USER } }));
        const { key } = await pairOf();
        // As most CIs have it: base64, on one line.
        const variables = { SF_JWT_KEY: Buffer.from(key).toString('base64'), WORK_STATUS: '3' };
        const machine = await CiMachine.at(home, variables);
        const { data } = workplace.org;
        data.sessions.clear();
        workplace.org.requests.splice(0);
        const { status, output, notes } = await machine.runPipeline(ci, await pipelineOf(ci));
        expect(status, output).to.equal(3);
        expect(output).to.contain(`Successfully authorized ${CI_USER}`).and.to.contain(`Ended the login of ${CI_USER}`);
        expect(output).not.to.contain(key.split('\n')[1]);
        const used = notes.find((note) => note.startsWith('HOME '))!.slice('HOME '.length);
        const copy = join('.sf', 'jwt-keys', `${workplace.org.orgId}.${CI_USER}.key`);
        expect(notes.filter((note) => !/^npm |^sf --version/.test(note))).to.deep.equal([
          'sf plugins install sf-plugin-jwt@0.1.0',
          `sf jwt grant --username ${CI_USER} --client-id ${clientId} --instance-url ${workplace.org.url} --key-storage copy`,
          `sf project deploy start --source-dir force-app --target-org ${CI_USER} --wait 60`,
          `HOME ${used}`,
          `USED ${CI_USER} 200 ${copy}`,
          `sf jwt revoke --target-org ${CI_USER} --no-prompt`,
        ]);
        // The login's, which the work ended, and the one that refreshed it.
        expect(workplace.org.requestsTo(/oauth2\/token$/).map((request) => request.status)).to.deep.equal([200, 200]);
        expect([...data.sessions.keys()], 'tokens that live on').to.deep.equal([]);
        expect(existsSync(join(used, '.sfdx', `${CI_USER}.json`)), 'the stored login').to.equal(false);
        expect(existsSync(join(used, copy)), 'the copy of the key').to.equal(false);
        const { orgs } = JSON.parse(await readFile(aliases, 'utf8')) as { orgs: object };
        if (ci === 'shell') {
          expect(used).not.to.equal(home);
          expect(existsSync(used), 'the HOME of the script').to.equal(false);
          expect(orgs, "the aliases of the machine's user").to.deep.equal({ deploy: CI_USER });
        } else {
          expect(used).to.equal(home);
          expect(orgs).to.deep.equal({});
        }
      });
    }

    it('and stops where the installation fails', async () => {
      for (const ci of CIS) {
        const home = join(workplace.home, `home-without-plugin-${ci}`);
        await mkdir(home);
        const machine = await CiMachine.at(home, { SF_JWT_KEY: 'unused', INSTALL_STATUS: '4' });
        const { status, output, notes } = await machine.runPipeline(ci, await pipelineOf(ci));
        expect(status, `${ci}: ${output}`).to.equal(4);
        expect(
          notes.filter((note) => /jwt grant|deploy/.test(note)),
          ci,
        ).to.deep.equal([]);
      }
    });

    it('for shell, and ends well when all does', async () => {
      const home = join(workplace.home, 'home-of-shell-2');
      await mkdir(home);
      const machine = await CiMachine.at(home, { SF_JWT_KEY: (await pairOf()).key });
      const { status, output, notes } = await machine.runPipeline('shell', await pipelineOf('shell'));
      expect(status, output).to.equal(0);
      expect(notes.at(-1)).to.equal(`sf jwt revoke --target-org ${CI_USER} --no-prompt`);
    });

    it('for shell, and says that the secret is missing before anything is installed', async () => {
      const machine = await CiMachine.at(workplace.home);
      const { status, output, notes } = await machine.runPipeline('shell', await pipelineOf('shell'));
      expect(status).not.to.equal(0);
      expect(output).to.contain('SF_JWT_KEY: it has to hold the private key');
      expect(notes).to.deep.equal(['']);
    });
  });
});
