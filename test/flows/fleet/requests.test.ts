import { expect } from 'chai';
import type { KeyInput } from '../../../src/machine/files/key-input.js';
import { readOnce, requestFor, type Defaults } from '../../../src/flows/fleet/requests.js';
import { signerOf } from '../../../src/keys/signer/signer.js';
import { rsaKey } from '../../support/certificates.js';
import { rejectionOf } from '../../support/failures.js';

const KEY: KeyInput = {
  signer: signerOf(rsaKey()),
  source: 'server.key',
  key: rsaKey(),
  encrypted: false,
  path: '/flag.key',
  asIs: true,
};
const PRODUCTION = new URL('https://login.salesforce.com');

const defaults = (given: Partial<Defaults> = {}): Defaults => ({
  clientId: 'client-of-the-flag',
  audience: undefined,
  key: KEY,
  keyFile: 'flag.key',
  openSigner: (uri) => Promise.resolve({ ...KEY, source: uri, path: undefined }),
  keyStorage: undefined,
  timeout: 1_000,
  folder: '/fleet',
  loginUrlFor: (url) => Promise.resolve(url ?? PRODUCTION),
  audienceFor: (url) => `audience of ${url.host}`,
  readKey: (path) => Promise.resolve({ ...KEY, path }),
  ...given,
});
const row = (values: object) => ({
  line: 7,
  username: 'ci@a.example.com',
  values: { username: 'ci@a.example.com', ...values },
});

describe('the login that a row describes', () => {
  it('is what the row says, and else what the flags say', async () => {
    const bare = await requestFor(row({}), 'orgs', defaults());
    expect(bare.target).to.deep.equal({
      clientId: 'client-of-the-flag',
      username: 'ci@a.example.com',
      loginUrl: PRODUCTION,
      audience: 'audience of login.salesforce.com',
    });
    expect(bare).to.deep.include({ keyInput: KEY, keyFile: 'flag.key', limit: 0 });
    const values = {
      'client-id': 'own',
      'instance-url': 'https://a.my.salesforce.com',
      'alias': 'a',
      'audience': 'aud',
      'jwt-key-file': 'keys/own.key',
    };
    const own = await requestFor(row(values), 'orgs', defaults({ audience: 'audience of the flag' }));
    expect(own.target).to.deep.include({ clientId: 'own', audience: 'aud' });
    expect(own.target.loginUrl.href).to.equal('https://a.my.salesforce.com/');
    expect(own).to.deep.include({
      keyFile: '/fleet/keys/own.key',
      names: { alias: 'a', setDefault: false, setDefaultDevHub: false },
    });
    expect(own.keyInput.path).to.equal('/fleet/keys/own.key');
    const { target } = await requestFor(row({ 'instance-url': 'a.my.salesforce.com' }), 'orgs', defaults());
    expect(target.loginUrl.href, 'the scheme that is missing').to.equal('https://a.my.salesforce.com/');
    const absolute = await requestFor(row({ 'jwt-key-file': '/keys/own.key' }), 'orgs', defaults());
    expect(absolute.keyFile).to.equal('/keys/own.key');
  });

  it('has the key of its signer, and not one of a file besides', async () => {
    const uri = 'awskms:///alias/own';
    const { keyInput, keyFile } = await requestFor(row({ signer: uri }), 'orgs', defaults({ key: undefined }));
    expect([keyInput.source, keyFile]).to.deep.equal([uri, undefined]);
    const { data } = await rejectionOf(
      'signer_and_key',
      requestFor(row({ 'signer': uri, 'jwt-key-file': 'own.key' }), 'orgs', defaults()),
    );
    expect(data).to.deep.equal({ signer: 'signer', key: 'jwt-key-file' });
  });

  it('lacks what neither of them says', async () => {
    const incomplete = async (column: string, given: Partial<Defaults>): Promise<void> => {
      const { data } = await rejectionOf('orgs_row_incomplete', requestFor(row({}), 'orgs', defaults(given)));
      expect(data).to.deep.equal({ source: 'orgs', line: 7, column });
    };
    await incomplete('client-id', { clientId: undefined });
    await incomplete('client-id', { clientId: '' });
    await incomplete('jwt-key-file', { key: undefined });
    for (const url of ['ftp://a.my.salesforce.com', 'https://'])
      await rejectionOf('orgs_row_url_illegal', requestFor(row({ 'instance-url': url }), 'orgs', defaults()));
  });

  it('takes each key file once, however many rows name it, and whether it can be read or not', async () => {
    const asked: string[] = [];
    const read = readOnce((path) => {
      asked.push(path);
      return path === '/bad' ? Promise.reject(new Error('bad')) : Promise.resolve(path);
    });
    const results = await Promise.allSettled(['/a', '/bad', '/a', '/bad', '/a'].map(read));
    expect(results.map(({ status }) => status)).to.deep.equal([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(asked).to.deep.equal(['/a', '/bad']);
  });
});
