import { expect } from 'chai';
import {
  requireApiVersion,
  requireAppName,
  requireContactEmail,
  requireLoginScopes,
  requireScopes,
  requireUrl,
} from '../../../src/salesforce/app/requirements.js';
import type { Component } from '../../../src/salesforce/app/component.js';
import { failureOf } from '../../support/failures.js';

describe('A contact address', () => {
  for (const address of ['ci@example.com', 'ci+x@mail.example.co.uk', "o'brien@example.com"]) {
    it(`may be ${address}`, () => {
      expect(requireContactEmail(address)).to.equal(address);
    });
  }
  for (const address of [
    '',
    'nobody',
    'ci@localhost',
    'a@b@c.de',
    'ci @example.com',
    'ci@example.com\n',
    'a@.com',
    'a@b.',
  ]) {
    it(`can't be ${JSON.stringify(address)}`, () => {
      expect(() => requireContactEmail(address))
        .to.throw()
        .with.property('code', 'contact_email_illegal');
    });
  }
});

describe('What an app has to be', () => {
  it('an app of the org itself: one of a package is told by its namespace', () => {
    for (const name of ['acme__CiApp', 'NS__App', 'acme_1__Ci_App'])
      expect(failureOf('app_name_illegal', () => requireAppName(name)).data).to.deep.equal({
        name,
        variant: 'packaged',
      });
    for (const name of ['acme__', '__CiApp', 'acme__Ci__App', 'acme__1', 'a-b__App', 'acme___CiApp'])
      expect(failureOf('app_name_illegal', () => requireAppName(name)).data).to.deep.equal({ name });
  });

  it('an API name: letters, digits and single underscores, a letter first, no underscore last', () => {
    for (const name of ['JwtBearer', 'a', 'A1_b2', 'CI_Server_2']) expect(requireAppName(name)).to.equal(name);
    for (const name of ['', '1App', '_App', 'App_', 'A__b', 'My App', 'a-b', 'Äpp', 'a.b', 'a\n', 'a/../b']) {
      expect(failureOf('app_name_illegal', () => requireAppName(name)).data).to.deep.equal({ name });
    }
  });

  it('of an API version that has External Client Apps whole', () => {
    expect(requireApiVersion('62.0')).to.equal('62.0');
    expect(requireApiVersion('100.0')).to.equal('100.0');
    failureOf('api_version_too_old', () => requireApiVersion('61.0'));
  });

  it('called back at a URL, taken letter by letter but for a scheme that is missing', () => {
    for (const url of ['https://example.com', 'https://example.com/', 'myapp://oauth'])
      expect(requireUrl(url)).to.equal(url);
    for (const url of ['', 'no url', 'http://']) failureOf('callback_url_illegal', () => requireUrl(url));
    expect(requireUrl('example.com/callback')).to.equal('https://example.com/callback');
    expect(requireUrl('localhost:1717/OauthRedirect')).to.equal('http://localhost:1717/OauthRedirect');
  });

  it('given scopes that there are', () => {
    expect(requireScopes(['api', 'refresh_token'])).to.deep.equal(['api', 'refresh_token']);
    for (const scope of ['Api', 'toString', '']) failureOf('scope_unknown', () => requireScopes([scope]));
  });

  it('open for logins: refresh_token and one other scope, wherever scopes are deployed', () => {
    const app = (commaSeparatedOauthScopes: string): Component[] => [
      { type: 'ExtlClntAppOauthSettings', fullName: 'App_oauth', fields: { commaSeparatedOauthScopes } },
    ];
    for (const scopes of ['Api, RefreshToken', 'RefreshToken,Full']) requireLoginScopes(app(scopes));
    requireLoginScopes([]);
    for (const scopes of ['Api, Web', 'RefreshToken', '']) {
      failureOf('scopes_insufficient', () => requireLoginScopes(app(scopes)));
    }
  });
});
