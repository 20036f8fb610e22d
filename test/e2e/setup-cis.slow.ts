import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { CiMachine } from '../support/ci-machine.js';
import { OtherTools } from '../support/ci-tools.js';
import type { Ci } from '../../src/flows/snippet/request.js';
import { hasBash } from '../support/plugin.js';
import { SetupPlace } from '../support/setup.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER } from '../support/workplace.js';

const line = (ci: string, ...more: string[]): string[] => [
  ...['setup', '--target-org', ADMIN_ALIAS, '--username', CI_USER, '--for', ci, '--no-prompt'],
  ...['--plugin-source', 'sf-plugin-jwt@0.1.0', ...more],
];

describe('sf jwt setup, for each CI', function () {
  this.timeout(120_000);

  let place: SetupPlace;
  let tools: OtherTools;
  before(function () {
    needs(this, hasBash, 'bash');
  });
  beforeEach(async () => {
    place = await SetupPlace.open();
    tools = await OtherTools.in(join(place.workplace.home, 'ci-tools'));
  });
  afterEach(() => place.close());

  /** The pipeline that was written runs green with the secret as the CI was given it. */
  async function expectGreen(ci: Ci, file: string, secret: string): Promise<void> {
    const content = readFileSync(file, 'utf8');
    const machine = await CiMachine.at(join(place.workplace.home, 'runner'), { SF_JWT_KEY: secret });
    const { status, output, notes } = await machine.runPipeline(ci, content);
    expect(status, output).to.equal(0);
    expect(notes.join('\n')).to.contain(CI_USER);
  }

  const BY_TOOL: Array<[name: string, ci: Ci, args: string[], env: Record<string, string>]> = [
    ['gitlab', 'gitlab-ci', ['--repository', 'acme/team/app'], {}],
    ['azure', 'azure-pipelines', ['--repository', 'acme/project/app'], {}],
    ['jenkins', 'jenkins', [], { JENKINS_URL: 'https://ci.example.com', JENKINS_API_TOKEN: 'a token' }],
  ];
  for (const [name, ci, args, env] of BY_TOOL) {
    it(`${name}: the tool gets the key on one line, nobody sees it, and the pipeline runs green`, async () => {
      const answer = await place.json(line(name, ...args), { env: { ...tools.env, ...env } });
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      expect(answer.result).to.deep.include({ for: name, verified: true, status: 'created' });
      const value = (await tools.stored()).replace(/^[^]*<secret>|<\/secret>[^]*$/g, '');
      expect(value).to.match(/^[\w+/]+=*$/);
      expect(await tools.visible()).not.to.contain(value);
      const pem = Buffer.from(value, 'base64').toString();
      expect(await place.filesWith(pem)).to.deep.equal([]);
      await expectGreen(ci, answer.result.pipeline!.file, value);
    });
  }

  it('circleci: the API gets it, in a context that is made, and the pipeline runs green', async () => {
    let stored = '';
    const api = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.method === 'PUT') stored = (JSON.parse(body) as { value: string }).value;
        response.end(request.method === 'POST' ? '{"id":"c-1"}' : '{"items":[]}');
      });
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    try {
      const host = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
      const env = { CIRCLECI_CLI_TOKEN: 'a token for CircleCI', CIRCLECI_CLI_HOST: host };
      const answer = await place.json(line('circleci', '--repository', 'gh/acme/app'), { env });
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      await expectGreen('circleci', answer.result.pipeline!.file, stored);
    } finally {
      api.close();
    }
  });

  it('bitbucket: without a token the key is kept in a file, if told so, and the rest is said', async () => {
    const refused = await place.json(line('bitbucket', '--repository', 'acme/app'));
    expect(refused.data?.code).to.equal('ci_tool_not_logged_in');
    execFileSync('git', ['init', '--quiet'], { cwd: place.workplace.cwd });
    const args = line('bitbucket', '--repository', 'acme/app', '--output-dir', 'keys');
    const { result, warnings } = await place.json(args);
    expect(result).to.deep.include({ verified: true, ignored: ['server.key'] });
    expect(result.secret).to.deep.include({ manual: true });
    expect(warnings?.join()).to.contain('Bitbucket');
    const key = place.workplace.path('keys/server.key');
    expect(statSync(key).mode & 0o777).to.equal(0o600);
    expect(result.byHand).to.deep.equal([`sf jwt snippet --secret-value --jwt-key-file ${key} | base64 | tr -d '\\n'`]);
    const secret = readFileSync(key).toString('base64');
    await expectGreen('bitbucket-pipelines', result.pipeline!.file, secret);
    expect((await place.json(args)).result).to.deep.include({ status: 'unchanged', verified: true });
  });

  it('jenkins: without its client there is a file to import, which only you can read', async () => {
    execFileSync('git', ['init', '--quiet'], { cwd: place.workplace.cwd });
    const { result, message } = await place.json(line('jenkins', '--output-dir', 'keys'));
    expect(result, message).to.deep.include({ verified: true });
    const file = place.workplace.path('keys/jenkins-credentials.xml');
    expect(result.ignored).to.deep.equal(['server.key', 'jenkins-credentials.xml']);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(result.byHand.join()).to.contain(`create-credentials-by-xml system::system::jenkins _ < ${file}`);
    const [, secret = ''] = /<secret>(.*)<\/secret>/.exec(readFileSync(file, 'utf8')) ?? [];
    await expectGreen('jenkins', result.pipeline!.file, secret);
  });

  it('shell: the script runs green with the key from the file', async () => {
    const { result, message } = await place.json(line('shell'));
    expect(result, message).to.deep.include({ verified: true });
    await expectGreen('shell', result.pipeline!.file, readFileSync(place.workplace.path('server.key'), 'utf8'));
  });
});
