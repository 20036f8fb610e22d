import type { ConfigAggregator } from '@salesforce/core';
import { expect } from 'chai';
import { loginUrlFor } from '../../../src/machine/store/login-url.js';
import { rejectionOf } from '../../support/failures.js';

describe('The login URL', () => {
  const config = (value?: string): ConfigAggregator =>
    ({ getInfo: () => ({ value, location: 'Global' }) }) as unknown as ConfigAggregator;

  it('is that of the configuration where none is given, else login.salesforce.com', async () => {
    expect((await loginUrlFor(undefined, config('acme.my.salesforce.com/home'))).href).to.equal(
      'https://acme.my.salesforce.com/',
    );
    expect((await loginUrlFor(undefined, config(' '))).href).to.equal('https://login.salesforce.com/');
    const { data } = await rejectionOf('login_url_malformed', loginUrlFor(undefined, config('not a url')));
    expect(data).to.deep.equal({ source: 'org-instance-url' });
  });

  for (const [host, code, myDomain] of [
    ['acme.lightning.force.com', 'lightning_url', 'https://acme.my.salesforce.com'],
    ['acme--uat.sandbox.my.salesforce-setup.com', 'url_of_setup', 'https://acme--uat.sandbox.my.salesforce.com'],
    ['acme--c.vf.force.com', 'url_of_page', 'https://acme.my.salesforce.com'],
    ['c.eu40.visual.force.com', 'url_of_unknown_page', undefined],
  ] as const) {
    it(`isn't ${host}: ${code}`, async () => {
      const url = `https://${host}`;
      for (const asked of [loginUrlFor(new URL(url), config()), loginUrlFor(undefined, config(host))]) {
        const { data } = await rejectionOf(code, asked);
        expect(data).to.deep.equal(myDomain === undefined ? { url } : { url, myDomain });
      }
    });
  }
});
