import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { expectAllRan, hasShell, openRecipeWithApp, type Recipe, RECIPES } from '../support/recipe.js';
import { needs } from '../support/tools.js';
import { CI_USER, type Workplace } from '../support/workplace.js';

type Pair = { key: string; value: string };
type Auth = { type: 'noauth' } | { type: 'bearer'; bearer: Pair[] };
type Item = {
  name: string;
  event?: Array<{ listen: string; script: { type: string; exec: string[] } }>;
  request: {
    method: string;
    auth?: Auth;
    header: Pair[];
    url: string;
    body?: { mode: 'urlencoded'; urlencoded: Pair[] };
  };
};
type Collection = { info: { name: string; schema: string }; variable: Pair[]; auth: Auth; item: Item[] };
type Environment = { name: string; values: Array<Pair & { type: string; enabled: boolean }> };

/** Sends the requests of a collection as Postman does: variables, authorization, body, and the script afterwards. */
class Runner {
  public readonly failures: string[] = [];
  private readonly variables: Map<string, string>;

  public constructor(
    private readonly collection: Collection,
    private readonly environment: Environment,
  ) {
    this.variables = new Map(collection.variable.map(({ key, value }) => [key, value]));
  }

  public async send(name: string): Promise<{ code: number; text: string }> {
    const item = this.collection.item.find((each) => each.name === name);
    if (item === undefined) throw new Error(`No request named ${name}`);
    const { method, header, body, url, auth = this.collection.auth } = item.request;
    const headers = new Headers(header.map(({ key, value }) => [key, this.fill(value)]));
    const [bearer] = auth.type === 'bearer' ? auth.bearer : [];
    if (bearer !== undefined) headers.set('authorization', `Bearer ${this.fill(bearer.value)}`);
    const form = new URLSearchParams(
      body?.urlencoded.map(({ key, value }): [string, string] => [key, this.fill(value)]),
    );
    const response = await fetch(this.fill(url), { method, headers, ...(body ? { body: form } : {}) });
    const answer = { code: response.status, text: await response.text() };
    for (const { script } of item.event ?? []) this.runScript(script.exec.join('\n'), answer);
    return answer;
  }

  /** The environment goes before the collection; what nobody has set stays in its braces. */
  private fill(text: string): string {
    const inEnvironment = new Map(this.environment.values.map(({ key, value }) => [key, value]));
    return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => {
      return inEnvironment.get(key) ?? this.variables.get(key) ?? whole;
    });
  }

  private runScript(script: string, { code, text }: { code: number; text: string }): void {
    const pm = {
      expect,
      response: { code, text: () => text, json: () => JSON.parse(text) as unknown },
      collectionVariables: { set: (key: string, value: string) => this.variables.set(key, value) },
      test: (name: string, check: () => void) => {
        try {
          check();
        } catch (error) {
          this.failures.push(`${name}: ${String(error)}`);
        }
      },
    };
    runInNewContext(script, { pm });
  }
}

describe('the recipe for Postman', () => {
  const collection = JSON.parse(readFileSync(join(RECIPES, 'postman_collection.json'), 'utf8')) as Collection;
  let workplace: Workplace;
  let recipe: Recipe;

  before(async function () {
    ({ workplace, recipe } = await openRecipeWithApp('postman'));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => workplace.close());

  const madeEnvironment = async (): Promise<Environment> => {
    await recipe.run('Make the environment');
    return JSON.parse(readFileSync(workplace.path('salesforce.postman_environment.json'), 'utf8')) as Environment;
  };

  it('is a collection of version 2.1 that holds nothing of an org', () => {
    expect(collection.info.schema).to.match(/^https:\/\/schema\.getpostman\.com\/json\/collection\/v2\.1\.0\//);
    expect(collection.variable.map(({ key, value }) => [key, value])).to.deep.equal([
      ['apiVersion', '67.0'],
      ['accessToken', ''],
      ['instanceUrl', ''],
    ]);
    expect(JSON.stringify(collection)).not.to.match(/salesforce\.com|00D|3MVG9/);
  });

  it('makes an environment that only its owner can read, with an assertion and no key', async () => {
    const environment = await madeEnvironment();
    expect(statSync(workplace.path('salesforce.postman_environment.json')).mode & 0o777).to.equal(0o600);
    expect(environment.values.map(({ key, type }) => [key, type])).to.deep.equal([
      ['loginUrl', 'default'],
      ['assertion', 'secret'],
    ]);
    expect(JSON.stringify(environment)).not.to.contain('PRIVATE KEY');
  });

  it('logs in and then calls the REST API with the token', async () => {
    const runner = new Runner(collection, await madeEnvironment());
    expect((await runner.send('Log in')).code).to.equal(200);
    expect(runner.failures).to.deep.equal([]);
    const { code, text } = await runner.send('Account');
    expect([code, (JSON.parse(text) as { objectDescribe: { name: string } }).objectDescribe.name]).to.deep.equal([
      200,
      'Account',
    ]);
    const [sent] = workplace.org.requestsTo(/sobjects\/Account\/$/);
    const token = /^Bearer (\S+)$/.exec(String(sent?.headers['authorization']))?.[1] ?? '';
    expect(workplace.org.data.liveSession(token)?.userId).to.equal(workplace.org.user(CI_USER)?.id);
  });

  it('shows in its failed test what the org says to an assertion that was used before', async () => {
    const environment = await madeEnvironment();
    await new Runner(collection, environment).send('Log in');
    const again = new Runner(collection, environment);
    expect((await again.send('Log in')).code).to.equal(400);
    expect(again.failures.join()).to.contain('jti already in use');
  });

  it('has no command that no test runs', () => expectAllRan('postman'));
});
