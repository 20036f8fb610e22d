import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { JwtSignResult } from '../../src/commands/jwt/sign.js';
import { environment } from '../support/plugin.js';
import { expectAllRan, hasShell, openRecipe, type Recipe } from '../support/recipe.js';
import { openDesk, type Desk } from '../support/tokens.js';
import { needs } from '../support/tools.js';
import { CI_USER } from '../support/workplace.js';

const ACCOUNT = '/services/data/v67.0/sobjects/Account/';

describe('the recipe for a Node.js server', () => {
  let desk: Desk;
  let recipe: Recipe;

  before(async function () {
    desk = await openDesk();
    recipe = openRecipe('node-server', desk.workplace);
    recipe.values.set('3MVG9exampleClientId', desk.clientId);
    const [module] = recipe.section('Sign in the server itself', 'js');
    await desk.workplace.save('salesforce.mjs', recipe.fill(module!.text));
    needs(this, hasShell, 'bash, curl or jq');
  });
  after(() => desk.workplace.close());
  beforeEach(() => void desk.workplace.org.requests.splice(0));

  const logins = (): string[] =>
    desk.workplace.org
      .requestsTo(/oauth2\/token$/, 'POST')
      .map(({ body }) => new URLSearchParams(body).get('assertion') ?? '');

  /** Runs a program that uses the page's module; it prints JSON. */
  async function runServer(program: string, env: Record<string, string> = {}): Promise<unknown> {
    const { home, cwd, org } = desk.workplace;
    const code = `import { salesforce } from './salesforce.mjs'; ${program}`;
    const argv = ['--input-type=module', '--eval', code];
    const SALESFORCE = { SALESFORCE_CLIENT_ID: desk.clientId, SALESFORCE_USERNAME: CI_USER };
    const where = { SALESFORCE_LOGIN_URL: org.url, SALESFORCE_KEY_FILE: 'server.key' };
    const options = { cwd, env: environment({ home, env: { ...SALESFORCE, ...where, ...env } }) };
    const { stdout } = await promisify(execFile)(process.execPath, argv, options);
    return JSON.parse(stdout);
  }

  it('signs by itself', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('Sign in the server itself');
    expect((JSON.parse(stdout) as { objectDescribe: object }).objectDescribe).to.include({ name: 'Account' });
  });

  it('makes the claims that "sf jwt sign" makes', async () => {
    await runServer(`console.log((await salesforce('${ACCOUNT}')).status)`);
    const [assertion = ''] = logins();
    const { result } = await desk.json<JwtSignResult>(['sign', ...desk.flags]);
    const { exp, ...claims } = decodeJwt(assertion);
    const { exp: signedExp, ...signed } = result.claims;
    expect(claims).to.deep.equal(signed);
    expect(Math.abs(signedExp - Number(exp))).to.be.below(60);
    expect(decodeProtectedHeader(assertion)).to.deep.equal(result.header);
  });

  it('logs in once for many callers, and once again when the session has ended', async () => {
    const many = `const all = () => Promise.all(Array.from({ length: 8 }, () => salesforce('${ACCOUNT}')));`;
    const program = `${many}
      const first = (await all()).map(({ status }) => status);
      await fetch(process.env.END_SESSIONS);
      const second = (await all()).map(({ status }) => status);
      console.log(JSON.stringify([...first, ...second]));`;
    const switchBoard = createServer((_, response) => {
      desk.workplace.org.expireSessions();
      response.end();
    });
    await new Promise<void>((resolve) => void switchBoard.listen(0, '127.0.0.1', resolve));
    const { port } = switchBoard.address() as AddressInfo;
    try {
      const statuses = await runServer(program, { END_SESSIONS: `http://127.0.0.1:${port}` });
      expect(statuses).to.deep.equal(Array<number>(16).fill(200));
    } finally {
      switchBoard.close();
    }
    expect(logins()).to.have.length(2);
  });

  it('tells what the org says to a refused login, and tries again at the next call', async () => {
    const respond = { status: 400, body: '{"error":"invalid_grant","error_description":"login rate exceeded"}' };
    desk.workplace.org.faults.add({ match: { path: /oauth2\/token$/ }, times: 1, respond });
    const program = `
      const said = await salesforce('${ACCOUNT}').catch(({ message }) => message);
      console.log(JSON.stringify([said, (await salesforce('${ACCOUNT}')).status]));`;
    const [said, status] = (await runServer(program)) as [string, number];
    expect(said).to.contain('login rate exceeded');
    expect(status).to.equal(200);
  });

  it('uses the plugin as a child process', async () => {
    const [{ stdout } = { stdout: '' }] = await recipe.run('Let the plugin log in');
    expect((JSON.parse(stdout) as { objectDescribe: object }).objectDescribe).to.include({ name: 'Account' });
  });

  it('has no command that no test runs', () => expectAllRan('node-server'));
});
