import { expect } from 'chai';
import { isSafe, isTrustedFrom } from '../../src/salesforce/hosts.js';
import { readAnswer } from '../../src/salesforce/token/answer.js';
import { systemFetch } from '../../src/salesforce/token/network.js';

const url = (text: string): URL => new URL(text);

describe('Where secrets go', () => {
  it('over https, or to this machine', () => {
    for (const safe of [
      'https://a.b',
      'http://localhost:1',
      'http://127.9.9.9',
      'http://[::1]:2',
      'http://x.localhost',
    ])
      expect(isSafe(url(safe)), safe).to.equal(true);
    for (const unsafe of [
      'http://a.my.salesforce.com',
      'http://localhost.evil.example',
      'http://128.0.0.1',
      'ftp://localhost',
    ])
      expect(isSafe(url(unsafe)), unsafe).to.equal(false);
  });

  it('to Salesforce, or to the host that was asked', () => {
    const login = url('https://login.salesforce.com');
    const trusted = [
      'https://acme.my.salesforce.com',
      'https://acme.my.site.com/x',
      'https://a.my.sfcrmproducts.cn',
      'https://a.my.salesforce.mil',
    ];
    for (const named of trusted) expect(isTrustedFrom(login, named), named).to.equal(true);
    const foreign = [
      'https://evil.example',
      'https://salesforce.com.evil.example',
      'https://evilsalesforce.com',
      'http://acme.my.salesforce.com',
      'no URL',
    ];
    for (const named of foreign) expect(isTrustedFrom(login, named), named).to.equal(false);
    expect(isTrustedFrom(url('https://portal.acme.com/x'), 'https://portal.acme.com')).to.equal(true);
  });

  it('and never in the clear, whoever asks', async () => {
    const fetch = await systemFetch({});
    let error: unknown;
    await fetch('http://acme.my.salesforce.com/services/oauth2/token', {}).catch((reason: unknown) => (error = reason));
    expect(error).to.be.an('error').with.property('message', 'no https URL: http://acme.my.salesforce.com');
  });

  const answer = (fields: object): unknown => {
    const body = {
      access_token: '00D000000000001!AQ',
      instance_url: 'https://acme.my.salesforce.com',
      id: 'https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA',
      ...fields,
    };
    return readAnswer(new Response(null), JSON.stringify(body), 'assertion', url('https://login.salesforce.com'));
  };

  it('is told where an answer names another place', () => {
    expect(answer({})).to.have.property('ok', true);
    const named = 'https://evil.example';
    expect(answer({ instance_url: named })).to.include({ ok: false, what: 'foreign', location: named });
    expect(answer({ instance_url: 'http://acme.my.salesforce.com' })).to.include({ ok: false, what: 'foreign' });
    expect(answer({ sfdc_community_url: named })).not.to.have.property('communityUrl');
  });

  it('not at all for a token that is none', () => {
    for (const token of ['a\x1b]52;c;eA==\x07', 'a b', 'a\nb', ''])
      expect(answer({ access_token: token }), token).to.include({ ok: false, what: 'tokenless' });
  });
});
