import { expect } from 'chai';
import { isJwtLogin } from '../../../src/machine/store/stored-logins.js';

describe('An entry of the auth store', () => {
  const key = { privateKey: '/home/ci/server.key', clientId: '3MVG9x' };
  const cases: Array<[what: string, fields: Record<string, string | null>, isJwt: boolean]> = [
    ['a key', key, true],
    ['a key and an access token', { ...key, accessToken: 'x' }, true],
    ['a key and a refresh token', { ...key, refreshToken: 'x' }, false],
    ['a key and an empty refresh token', { ...key, refreshToken: '' }, true],
    ['a key and a refresh token that is null', { ...key, refreshToken: null }, true],
    ['a refresh token', { clientId: 'PlatformCLI', refreshToken: 'x' }, false],
    ['an empty key and a refresh token', { ...key, privateKey: '', refreshToken: 'x' }, false],
    ['a client id alone', { clientId: '3MVG9x', accessToken: 'x' }, true],
    ['a client id and a secret', { clientId: '3MVG9x', clientSecret: 'x' }, false],
    ['an access token alone', { accessToken: 'x' }, false],
  ];
  for (const [what, fields, isJwt] of cases) {
    it(`with ${what} is ${isJwt ? 'that of a JWT login' : 'of another kind'}`, () => {
      expect(isJwtLogin(fields)).to.equal(isJwt);
    });
  }
});
