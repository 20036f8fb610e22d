import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { expect } from 'chai';
import sinon from 'sinon';
import { findingsAbout } from '../../src/flows/inspect/findings.js';
import { fingerprintsOf } from '../../src/flows/inspect/inspected.js';
import { inspect } from '../../src/flows/inspect/inspect.js';
import { describeFinding } from '../../src/flows/inspect/report.js';
import { knownUse, likelyAdminOrg } from '../../src/flows/known-use.js';
import { pair } from '../support/keystores.js';

describe('What is known of the use of a key pair', () => {
  let folder: string;
  const stubs: sinon.SinonStub[] = [];
  const save = (name: string, content: object): void => writeFileSync(join(folder, name), JSON.stringify(content));
  const targetOrg = (org?: string) => ({ getPropertyValue: () => org as never });
  const certificate = async () => (await pair()).certificatePem;

  /** The last words of what to do about the certificate, a year after its end. */
  async function advised(org?: string): Promise<string> {
    const none = { keyPassphrase: () => Promise.resolve(undefined), store: { given: [], ask: undefined } };
    const now = new Date('2099-01-01T00:00:00Z');
    const inspected = await inspect(Buffer.from(await certificate()), 'server.crt', none, now);
    const prints = fingerprintsOf(inspected);
    expect(prints).to.have.length(1);
    const use = knownUse(targetOrg(org), ({ fingerprint256 }) => prints.includes(fingerprint256));
    const ended = findingsAbout(inspected, now).find(({ code }) => code === 'certificate_ended');
    const [line = ''] = describeFinding(ended!, 'server.crt', use).fix.split('\n');
    return line.replace(/^.*sf jwt /, '');
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'known-use-'));
    mkdirSync(join(folder, 'jwt-apps'));
    stubs.push(sinon.stub(Global, 'DIR').value(folder), sinon.stub(Global, 'SF_DIR').value(folder));
    save('ann@acme.com.json', { refreshToken: 'x', orgId: '00D1', instanceUrl: 'https://acme.my.salesforce.com' });
  });
  afterEach(() => {
    for (const stub of stubs.splice(0)) stub.restore();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is the configured target org as its alias, where no more is known', async () => {
    expect(likelyAdminOrg(targetOrg())).to.equal('my-admin-org');
    expect(likelyAdminOrg(targetOrg('ann@acme.com'))).to.equal('ann@acme.com');
    save('alias.json', { orgs: { acme: 'ann@acme.com' } });
    expect(likelyAdminOrg(targetOrg('ann@acme.com'))).to.equal('acme');
    expect(await advised('acme')).to.equal('rotate --target-org acme');
    expect(await advised()).to.equal('rotate --target-org my-admin-org');
  });

  it('is the app that has the certificate, its admin and a login with it', async () => {
    const certificates = ['damaged', await certificate()];
    save('jwt-apps/3MVG9a.json', { name: 'Other', admin: 'ann@acme.com', certificates: [] });
    save('jwt-apps/3MVG9b.json', { admin: 'ann@acme.com', certificates });
    expect(await advised('elsewhere')).to.equal('rotate --target-org ann@acme.com --client-id 3MVG9b');
    const login = { orgId: '00D1', clientId: '3MVG9b', loginUrl: 'https://acme.my.salesforce.com' };
    save('ci@acme.com.json', { ...login, privateKey: '/server.key' });
    save('jwt-apps/3MVG9b.json', { name: 'Ci Server', admin: 'ann@acme.com', certificates });
    expect(await advised()).to.equal("rotate --target-org ann@acme.com --name 'Ci Server' --username ci@acme.com");
  });

  it('leaves out an admin whose login is gone, and what it cannot read', async () => {
    save('jwt-apps/3MVG9b.json', { name: 'Ci', admin: 'gone@acme.com', certificates: [await certificate()] });
    writeFileSync(join(folder, 'jwt-apps', '%zz.json'), '{');
    expect(await advised('acme')).to.equal('rotate --target-org acme --name Ci');
  });
});
