import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { expect } from 'chai';
import { grant, requestToken, type LoginToStore, type TokenOptions } from '../../../src/flows/api/index.js';
import { errorOf, printedBy } from '../../support/api.js';
import { openDesk, type Desk } from '../../support/tokens.js';
import { CI_USER, pairOf } from '../../support/workplace.js';

describe('requestToken and grant of the API', () => {
  let desk: Desk;
  let login: TokenOptions & { key: string };

  before(async () => {
    desk = await openDesk();
    const { key } = await pairOf();
    login = { clientId: desk.clientId, username: CI_USER, instanceUrl: desk.workplace.org.url, key };
  });
  after(() => desk.workplace.close());

  it('requestToken logs in by one request, and says nothing', async () => {
    const { org } = desk.workplace;
    org.requests.splice(0);
    const printed = await printedBy(async () => {
      const token = await requestToken(login);
      expect(org.data.liveSession(token.accessToken)?.userId).to.equal(token.userId);
      expect(token).to.include({ instanceUrl: org.url, orgId: org.orgId });
      expect(token.scope.split(' ')).to.include('api');
    });
    expect(printed).to.equal('');
    expect(org.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal(['POST /services/oauth2/token']);
  });

  it('requestToken sends by the fetch that it was given, and signs by a signer', async () => {
    const urls: string[] = [];
    const signed: number[] = [];
    const privateKey = createPrivateKey(login.key);
    const key = {
      publicKey: createPublicKey(login.key),
      uri: undefined,
      sign: (data: Uint8Array) => {
        signed.push(data.length);
        return Promise.resolve(sign('sha256', data, privateKey));
      },
    };
    const through = (url: string, init: RequestInit): Promise<Response> => {
      urls.push(url);
      return fetch(url, init);
    };
    await requestToken({ ...login, key, fetch: through });
    expect(urls).to.deep.equal([`${desk.workplace.org.url}/services/oauth2/token`]);
    expect(signed).to.have.lengthOf(1);
  });

  it('a refusal is an error with its code and the words of the server', async () => {
    const { key } = await pairOf('other');
    const error = await errorOf(requestToken({ ...login, key }));
    expect(error.code).to.equal('signature_mismatch');
    expect(error.data).to.include({ error: 'invalid_client', error_description: 'invalid client credentials' });
    expect(error.actions.join('\n')).to.contain('sf jwt');
    const nowhere = await errorOf(requestToken({ ...login, instanceUrl: 'http://localhost:2' }));
    expect(nowhere.code).to.equal('connection_refused');
    const late = await errorOf(requestToken({ ...login, timeout: 5, fetch: (_url, { signal }) => never(signal!) }));
    expect(late.code).to.equal('token_endpoint_timeout');
  });

  it('an app that the org has yet to know is waited for by the clock that was given', async () => {
    let now = Date.now();
    const refusals: string[] = [];
    const clock = {
      now: () => now,
      sleep: (milliseconds: number) => Promise.resolve(void (now += milliseconds)),
    };
    const unknown = { ...login, clientId: 'c'.repeat(64), clock };
    const onWait = ({ code }: { code: string }): void => void refusals.push(code);
    const error = await errorOf(requestToken({ ...unknown, wait: 60_000, onWait }));
    expect(error.data['minutesWaited']).to.equal(1);
    expect(new Set(refusals)).to.deep.equal(new Set([error.code]));
    expect(refusals).to.have.length.within(5, 8);
  });

  it('grant gives the login to the store that it was given, and touches no other', async () => {
    const stored: LoginToStore[] = [];
    const store = (each: LoginToStore): Promise<void> => Promise.resolve(void stored.push(each));
    const printed = await printedBy(async () => {
      const granted = await grant({ ...login, alias: 'ci', store });
      expect(granted).to.deep.include({
        username: CI_USER,
        alias: 'ci',
        keyStorage: 'copy',
        orgId: desk.workplace.org.orgId,
      });
      expect(JSON.stringify(granted)).not.to.contain(stored[0]!.accessToken);
    });
    expect(printed).to.equal('');
    const [kept] = stored;
    expect(desk.workplace.org.data.liveSession(kept!.accessToken)).not.to.equal(undefined);
    expect(kept).to.deep.include({ alias: 'ci', setDefault: false, key: { pem: login.key }, clientId: desk.clientId });
    expect(kept!.org).to.include({ isSandbox: false });
  });

  it('grant keeps no key that it was told not to, or that is elsewhere', async () => {
    const keys: Array<LoginToStore['key']> = [];
    const store = ({ key }: LoginToStore): Promise<void> => Promise.resolve(void keys.push(key));
    await grant({ ...login, keyStorage: 'none', store });
    const privateKey = createPrivateKey(login.key);
    const key = {
      publicKey: createPublicKey(login.key),
      uri: undefined,
      sign: (data: Uint8Array) => Promise.resolve(sign('sha256', data, privateKey)),
    };
    expect((await grant({ ...login, key, store })).keyStorage).to.equal('none');
    expect(keys).to.deep.equal([undefined, undefined]);
    expect((await errorOf(grant({ ...login, key, keyStorage: 'copy', store }))).code).to.equal('option_malformed');
    const { certificate } = await pairOf('other');
    expect((await errorOf(grant({ ...login, certificate, store }))).code).to.equal('key_certificate_mismatch');
    expect(keys).to.have.lengthOf(2);
  });
});

/** A server that doesn't answer. */
function never(signal: AbortSignal): Promise<Response> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
