import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { isFailure, type Failure } from '../../../src/failure.js';
import type { SecretStore, StoreDependencies } from '../../../src/flows/setup/stores/store.js';
import { secretValueOf, storeOf } from '../../../src/flows/setup/stores/stores.js';
import type { Ci } from '../../../src/flows/snippet/request.js';
import type { ProgramEnd, ProgramOptions, RunProgram } from '../../../src/machine/program.js';

const VALUE = 'VmFsdWUgb2YgdGhlIHNlY3JldA==';

type Call = { line: string; input: string | undefined; env: ProgramOptions['env'] };

/** A tool that answers by the beginning of its line, and notes how it was called. */
function tool(answers: Record<string, Partial<ProgramEnd>>): { run: RunProgram; calls: Call[] } {
  const calls: Call[] = [];
  const run: RunProgram = (name, args, { input, env } = {}) => {
    const line = [name, ...args].join(' ');
    calls.push({ line, input, env });
    const [, answer] = Object.entries(answers).find(([start]) => line.startsWith(start)) ?? [];
    return Promise.resolve(answer && { status: 0, stdout: '', stderr: '', ...answer });
  };
  return { run, calls };
}

function store(ci: Ci, repository: string, dependencies: Partial<StoreDependencies>): SecretStore {
  const request = { repository, secretName: 'SF_JWT_KEY', dependabot: true };
  return storeOf(ci, request, {
    run: () => Promise.resolve(undefined),
    fetch: () => Promise.reject(new Error('No network')),
    environment: {},
    timeout: 5000,
    ...dependencies,
  })!;
}

async function failureOf(action: Promise<unknown>): Promise<Failure> {
  try {
    await action;
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
  throw new Error('It succeeded');
}

/** No argument holds the value. */
function expectUnseen(calls: Call[]): void {
  for (const { line } of calls) expect(line).not.to.contain(VALUE);
}

describe('the secret of a CI', () => {
  it('has one line, but for GitHub, which masks each line of a PEM', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n';
    expect(secretValueOf('github-actions', pem)).to.equal(pem.trimEnd());
    for (const ci of ['gitlab-ci', 'azure-pipelines', 'bitbucket-pipelines', 'circleci', 'jenkins'] as const) {
      expect(secretValueOf(ci, pem)).to.match(/^[\w+/=]+$/);
      expect(Buffer.from(secretValueOf(ci, pem), 'base64').toString()).to.equal(pem);
    }
  });

  it('is refused without the tool, and without its login, whichever tool it is', async () => {
    const cases: Array<[Ci, string, Partial<ProgramEnd>]> = [
      [
        'github-actions',
        'acme/app',
        { status: 4, stderr: 'To get started with GitHub CLI, please run:  gh auth login' },
      ],
      ['gitlab-ci', 'acme/app', { status: 1, stderr: 'glab: 401 Unauthorized (HTTP 401)' }],
      [
        'azure-pipelines',
        'acme/project/app',
        {
          status: 1,
          stderr: 'Before you can run Azure DevOps commands, you need to run the login command(az login …)',
        },
      ],
      ['jenkins', '', { status: 6, stderr: 'ERROR: anonymous is missing the Overall/Read permission' }],
    ];
    for (const [ci, repository, end] of cases) {
      const environment = { JENKINS_URL: 'https://ci.example.com' };
      const missing = await failureOf(store(ci, repository, { environment }).find());
      expect(missing.code, ci).to.equal('ci_tool_missing');
      const { run } = tool({ '': end });
      const out = await failureOf(store(ci, repository, { run, environment }).find());
      expect(out.code, ci).to.equal('ci_tool_not_logged_in');
      const refusing = tool({ '': { status: 1, stderr: 'something else' } });
      const refused = await failureOf(store(ci, repository, { run: refusing.run, environment }).find());
      expect(refused.data, ci).to.include({ words: 'something else' });
    }
  });

  it('goes to GitHub for Actions and Dependabot, each of which has its own list', async () => {
    const listed = JSON.stringify([{ name: 'SF_JWT_KEY', updatedAt: '2026-01-01T00:00:00Z' }]);
    const { run, calls } = tool({
      'gh secret list --repo acme/app --app actions': { stdout: '[]' },
      'gh secret list --repo acme/app --app dependabot': { stdout: listed },
      'gh secret set': {},
    });
    const github = store('github-actions', 'acme/app', { run });
    const places = await github.find();
    expect(places.map(({ name, exists }) => [name, exists])).to.deep.equal([
      ['Actions', false],
      ['Dependabot', true],
    ]);
    for (const place of places) await github.set(VALUE, place);
    expect(calls.slice(2).map(({ line, input }) => [line, input])).to.deep.equal([
      ['gh secret set SF_JWT_KEY --repo acme/app --app actions', VALUE],
      ['gh secret set SF_JWT_KEY --repo acme/app --app dependabot', VALUE],
    ]);
    expectUnseen(calls);
  });

  it('goes to GitLab by standard input, masked and raw, and is updated where it exists', async () => {
    for (const [stdout, verb] of [
      ['[{"key":"OTHER"}]', 'set'],
      ['[{"key":"SF_JWT_KEY","value":"x"}]', 'update'],
    ] as const) {
      const { run, calls } = tool({ 'glab variable': { stdout } });
      const gitlab = store('gitlab-ci', 'acme/team/app', { run });
      const [place] = await gitlab.find();
      await gitlab.set(VALUE, place!);
      expect(calls.at(-1)).to.deep.include({
        line: `glab variable ${verb} SF_JWT_KEY --masked --raw --repo acme/team/app`,
        input: VALUE,
      });
      expectUnseen(calls);
    }
  });

  it('goes to Azure in the environment, and the answer is kept from showing it', async () => {
    for (const [stdout, words] of [
      ['{}', 'create --name'],
      ['{"sf_jwt_key":{"isSecret":true,"value":null}}', 'update --prompt-value true --name'],
    ] as const) {
      const { run, calls } = tool({ 'az pipelines variable': { stdout } });
      const azure = store('azure-pipelines', 'acme/My Project/app', { run });
      const [place] = await azure.find();
      await azure.set(VALUE, place!);
      const { line, env, input } = calls.at(-1)!;
      expect(line).to.contain(`az pipelines variable ${words} SF_JWT_KEY --secret true --output none`);
      expect(line).to.contain('--organization https://dev.azure.com/acme --project My Project --pipeline-name app');
      expect(env).to.deep.equal({ AZURE_DEVOPS_EXT_PIPELINE_VAR_SF_JWT_KEY: VALUE });
      expect(input).to.equal(undefined);
      expectUnseen(calls);
    }
  });

  it('goes to Jenkins as XML on standard input, and replaces what has its ID', async () => {
    for (const [stdout, words] of [
      ['<list><x><id>OTHER</id></x></list>', 'create-credentials-by-xml system::system::jenkins _'],
      ['<list><x><id>SF_JWT_KEY</id></x></list>', 'update-credentials-by-xml system::system::jenkins _ SF_JWT_KEY'],
    ] as const) {
      const { run, calls } = tool({ 'java -jar jenkins-cli.jar': { stdout } });
      const environment = { JENKINS_URL: 'https://ci.example.com', JENKINS_API_TOKEN: 'a token of a user' };
      const jenkins = store('jenkins', '', { run, environment });
      const [place] = await jenkins.find();
      await jenkins.set(VALUE, place!);
      const { line, input } = calls.at(-1)!;
      expect(line).to.equal(`java -jar jenkins-cli.jar -s https://ci.example.com ${words}`);
      expect(input).to.contain('<id>SF_JWT_KEY</id>').and.to.contain(`<secret>${VALUE}</secret>`);
      expectUnseen(calls);
      for (const { line: each } of calls) expect(each).not.to.contain('a token of a user');
    }
    const { run } = tool({ java: { status: 1, stderr: 'Error: Unable to access jarfile jenkins-cli.jar' } });
    const environment = { JENKINS_URL: 'https://ci.example.com' };
    expect((await failureOf(store('jenkins', '', { run, environment }).find())).code).to.equal('ci_tool_missing');
  });

  describe('by an API', () => {
    let server: Server;
    let requests: Array<{ line: string; authorization: string; body: string }>;
    let answer: (line: string) => [status: number, body: unknown];
    let fetchHere: StoreDependencies['fetch'];

    beforeEach(async () => {
      requests = [];
      server = createServer((request: IncomingMessage, response: ServerResponse) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          const line = `${request.method} ${request.url}`;
          const { authorization = '', 'circle-token': token = '' } = request.headers;
          requests.push({ line, authorization: authorization || String(token), body });
          const [status, json] = answer(line);
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      fetchHere = (url, init) => fetch(url.replace(/^https:\/\/[^/]+/, `http://127.0.0.1:${port}`), init);
    });
    afterEach(() => server.close());

    it('goes to Bitbucket as a secured variable, on whichever page it is listed', async () => {
      const environment = { BITBUCKET_TOKEN: 'a token for Bitbucket' };
      answer = (line) => {
        if (line.includes('page=1')) return [200, { values: [{ key: 'OTHER', uuid: '{1}' }], next: 'https://…' }];
        if (line.includes('page=2')) return [200, { values: [{ key: 'SF_JWT_KEY', uuid: '{2-2}' }] }];
        return [200, {}];
      };
      const bitbucket = store('bitbucket-pipelines', 'acme/app', { fetch: fetchHere, environment });
      const [place] = await bitbucket.find();
      expect(place).to.deep.include({ exists: true });
      await bitbucket.set(VALUE, place!);
      const { line, body, authorization } = requests.at(-1)!;
      expect(line).to.equal('PUT /2.0/repositories/acme/app/pipelines_config/variables/%7B2-2%7D');
      expect(JSON.parse(body)).to.deep.equal({ key: 'SF_JWT_KEY', value: VALUE, secured: true });
      expect(authorization).to.equal('Bearer a token for Bitbucket');
      await bitbucket.set(VALUE, { name: 'repository variables', exists: false });
      expect(requests.at(-1)?.line).to.equal('POST /2.0/repositories/acme/app/pipelines_config/variables/');
    });

    it('goes to a context of CircleCI, which is made where there is none', async () => {
      const environment = { CIRCLECI_CLI_TOKEN: 'a token for CircleCI' };
      answer = (line) => {
        if (line.startsWith('GET /api/v2/context?')) return [200, { items: [], next_page_token: null }];
        if (line === 'POST /api/v2/context') return [200, { id: 'c-1', name: 'salesforce' }];
        return [200, { variable: 'SF_JWT_KEY' }];
      };
      const circle = store('circleci', 'gh/acme/app', { fetch: fetchHere, environment });
      const [place] = await circle.find();
      expect(place).to.deep.include({ exists: false });
      await circle.set(VALUE, place!);
      expect(requests.map(({ line }) => line)).to.deep.equal([
        'GET /api/v2/context?owner-slug=gh%2Facme',
        'POST /api/v2/context',
        'PUT /api/v2/context/c-1/environment-variable/SF_JWT_KEY',
      ]);
      expect(JSON.parse(requests.at(-1)!.body)).to.deep.equal({ value: VALUE });
      expect(requests.at(-1)?.authorization).to.equal('a token for CircleCI');
    });

    it('is refused without a token, with a wrong one, and in the words of the API', async () => {
      for (const [ci, repository, environment] of [
        ['bitbucket-pipelines', 'acme/app', { BITBUCKET_USERNAME: 'me', BITBUCKET_APP_PASSWORD: 'an app password' }],
        ['circleci', 'gh/acme/app', { CIRCLE_TOKEN: 'another token' }],
      ] as const) {
        const without = await failureOf(store(ci, repository, { fetch: fetchHere }).find());
        expect(without.code).to.equal('ci_tool_not_logged_in');
        expect(requests).to.deep.equal([]);
        answer = () => [401, { message: 'Unauthorized' }];
        const wrong = await failureOf(store(ci, repository, { fetch: fetchHere, environment }).find());
        expect(wrong.code).to.equal('ci_tool_not_logged_in');
        answer = () => [403, { message: 'Your plan has no contexts' }];
        const refused = await failureOf(store(ci, repository, { fetch: fetchHere, environment }).find());
        expect(refused.code).to.equal('ci_tool_refused');
        expect(JSON.stringify(refused.data)).to.contain('Your plan has no contexts').and.to.contain('HTTP 403');
        requests = [];
      }
    });
  });
});
