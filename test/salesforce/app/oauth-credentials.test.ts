import type { Connection } from '@salesforce/core';
import { expect } from 'chai';
import { learnClientId } from '../../../src/salesforce/app/oauth-credentials.js';

const APP = { developerName: 'JwtBearer', identifier: '0xI000000000001' };
const CONSUMER = '/apps/oauth/credentials/0xI000000000001/888000000000001';

/** An org with one app, whose list of consumers and whose consumer give out these client ids. */
function org(listed: unknown, shown: unknown): Connection {
  const answers: Record<string, unknown> = {
    '/apps/oauth/usage': { apps: [APP] },
    '/apps/oauth/credentials/0xI000000000001': { consumers: [{ key: listed, url: CONSUMER }] },
    [`${CONSUMER}?part=keyandsecret`]: { key: shown, secret: '0123456789ABCDEF' },
  };
  return { request: (url: string) => Promise.resolve(answers[url]) } as unknown as Connection;
}

describe('learnClientId', () => {
  it('takes the client id from the list, or else from the consumer', async () => {
    expect(await learnClientId(org('3MVG9listed', '3MVG9shown'), 'JwtBearer')).to.equal('3MVG9listed');
    expect(await learnClientId(org(null, '3MVG9shown'), 'JwtBearer')).to.equal('3MVG9shown');
    expect(await learnClientId(org('', '3MVG9shown'), 'JwtBearer')).to.equal('3MVG9shown');
  });

  for (const redacted of [undefined, null, '']) {
    it(`knows that ${JSON.stringify(redacted)} is no client id`, async () => {
      expect(await learnClientId(org(null, redacted), 'JwtBearer')).to.equal(undefined);
    });
  }
});
