import { expect } from 'chai';
import { type Org, startOrg } from './index.js';

const USER = 'ci@acme.example.com';

describe('local org: the front door', () => {
  let org: Org;
  let token: string;

  beforeEach(async () => {
    org = await startOrg({ kind: 'developer', users: [{ username: USER }], sites: ['customers'] });
    token = org.login(USER, { scopes: ['api', 'web'] });
  });
  afterEach(() => org.stop());

  const open = (url: string, cookie = ''): Promise<Response> => fetch(url, { redirect: 'manual', headers: { cookie } });
  const ask = (bearer: string, base = org.url): Promise<Response> =>
    fetch(`${base}/services/oauth2/singleaccess?redirect_uri=/lightning/setup`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
  const urlOf = async (response: Response): Promise<string> => {
    expect(response.status).to.equal(200);
    return ((await response.json()) as { frontdoor_uri: string }).frontdoor_uri;
  };

  it('opens a session in the browser, once per URL', async () => {
    const url = await urlOf(await ask(token));
    expect(url).not.to.contain(token);
    const first = await open(url);
    expect([first.status, first.headers.get('location')]).to.deep.equal([302, `${org.url}/lightning/setup`]);
    const cookie = first.headers.get('set-cookie')?.split(';')[0];
    expect(await (await open(`${org.url}/lightning/setup`, cookie)).text()).to.contain(USER);
    expect(await (await open(`${org.url}/lightning/setup`)).text()).not.to.contain(USER);
    const second = await open(url);
    expect([second.status, second.headers.get('set-cookie')]).to.deep.equal([200, null]);
  });

  it('takes the token and the path in a form too', async () => {
    const body = new URLSearchParams({ access_token: token, redirect_uri: '/lightning/page/home' });
    const url = await urlOf(await fetch(`${org.url}/services/oauth2/singleaccess`, { method: 'POST', body }));
    expect((await open(url)).headers.get('location')).to.equal(`${org.url}/lightning/page/home`);
  });

  it('closes a URL that nobody used in time', async () => {
    org.switches.frontDoorMs = 0;
    expect((await open(await urlOf(await ask(token)))).status).to.equal(200);
  });

  it('answers 403 to a token that has ended, or has neither web nor full among its scopes', async () => {
    expect((await ask(org.login(USER, { scopes: ['full'] }))).status).to.equal(200);
    expect((await ask(org.login(USER, { scopes: ['api', 'chatter_api'] }))).status).to.equal(403);
    org.expire(token);
    expect((await ask(token)).status).to.equal(403);
  });

  it('has the older URL, which works as long as the session, and alone where the newer is missing', async () => {
    org.switches.singleAccess = 'missing';
    expect((await ask(token)).status).to.equal(404);
    const url = `${org.url}/secur/frontdoor.jsp?${new URLSearchParams({ sid: token, retURL: '/lightning/setup' }).toString()}`;
    expect([(await open(url)).status, (await open(url)).status]).to.deep.equal([302, 302]);
    org.expire(token);
    expect((await open(url)).status).to.equal(200);
    const apiOnly = org.login(USER, { scopes: ['api'] });
    expect((await open(`${org.url}/secur/frontdoor.jsp?sid=${apiOnly}`)).status).to.equal(200);
  });

  it('leads nobody out of the org', async () => {
    const query = new URLSearchParams({ sid: token, retURL: 'https://evil.example.com/' });
    expect((await open(`${org.url}/secur/frontdoor.jsp?${query.toString()}`)).status).to.equal(400);
  });

  it('stands at each site too, and nowhere else', async () => {
    const url = await urlOf(await ask(token, org.siteUrl('customers')));
    expect(url).to.match(/\/customers\/secur\/frontdoor\.jsp\?/);
    expect((await open(url)).status).to.equal(302);
    const unknown = await ask(token, org.siteUrl('partners'));
    expect([unknown.status, unknown.headers.get('content-type')]).to.deep.equal([404, 'text/html;charset=UTF-8']);
  });
});
