import { expect } from 'chai';
import {
  requireApiVersion,
  requireAppName,
  requireLoginScopes,
  requireScopes,
  requireUrl,
} from '../../src/app/requirements.js';
import type { Component } from '../../src/app/component.js';
import { failureOf } from '../support/failures.js';

describe('What an app has to be', () => {
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

  it('called back at a URL, taken letter by letter', () => {
    for (const url of ['https://example.com', 'https://example.com/', 'myapp://oauth'])
      expect(requireUrl(url)).to.equal(url);
    for (const url of ['', 'example.com', 'http://']) failureOf('callback_url_illegal', () => requireUrl(url));
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
