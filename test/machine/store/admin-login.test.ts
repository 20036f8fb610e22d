import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global } from '@salesforce/core';
import { expect } from 'chai';
import sinon from 'sinon';
import { adminLogin } from '../../../src/machine/store/admin-login.js';

describe('The stored login of an admin', () => {
  let folder: string;
  let stub: sinon.SinonStub;
  const CI = 'ci@acme.com';
  const at = (url: string, orgId?: string) => ({ loginUrl: new URL(url), orgId });
  const save = (name: string, content: object): void => writeFileSync(join(folder, name), JSON.stringify(content));
  const jwt = { privateKey: '/server.key', clientId: 'x' };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'admin-login-'));
    stub = sinon.stub(Global, 'DIR').value(folder);
    save(`${CI}.json`, { ...jwt, orgId: '00D000000000001AAA', instanceUrl: 'https://acme.my.salesforce.com' });
    save('robot@acme.com.json', { ...jwt, orgId: '00D000000000001', instanceUrl: 'https://acme.my.salesforce.com' });
    save('ann@acme.com.json', {
      refreshToken: 'x',
      orgId: '00D000000000001AAA',
      instanceUrl: 'https://acme.my.salesforce.com/',
    });
    save('zoe@acme.com.json', {
      refreshToken: 'x',
      orgId: '00D000000000001AAA',
      instanceUrl: 'https://acme.my.salesforce.com',
    });
    save('bob@other.com.json', {
      refreshToken: 'x',
      orgId: '00D000000000002AAA',
      instanceUrl: 'https://other.my.salesforce.com',
    });
  });
  afterEach(() => {
    stub.restore();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is of the same host, and one that a person made', () => {
    expect(adminLogin(at('https://acme.my.salesforce.com'), 'new@acme.com', undefined)).to.equal('ann@acme.com');
    expect(adminLogin(at('https://other.my.salesforce.com'), CI, undefined)).to.equal('bob@other.com');
    expect(adminLogin(at('https://third.my.salesforce.com'), 'new@third.com', undefined)).to.equal(undefined);
  });

  it('is of the same org where its id is known, or that of the stored login', () => {
    expect(adminLogin(at('https://login.salesforce.com'), CI, undefined)).to.equal('ann@acme.com');
    expect(adminLogin(at('https://login.salesforce.com', '00D000000000002'), 'x@y.zz', undefined)).to.equal(
      'bob@other.com',
    );
    expect(adminLogin(at('https://login.salesforce.com'), 'new@acme.com', undefined)).to.equal(undefined);
  });

  it('is the configured target org, by its alias, if that is this org', () => {
    save('alias.json', { orgs: { hub: 'zoe@acme.com', other: 'bob@other.com' } });
    const acme = at('https://acme.my.salesforce.com');
    expect(adminLogin(acme, CI, 'hub')).to.equal('hub');
    expect(adminLogin(acme, CI, 'zoe@acme.com')).to.equal('hub');
    expect(adminLogin(acme, CI, 'other')).to.equal('ann@acme.com');
  });

  it('is nobody where the store is damaged, and never the user in question', () => {
    writeFileSync(join(folder, 'alias.json'), '{');
    expect(adminLogin(at('https://other.my.salesforce.com'), 'bob@other.com', undefined)).to.equal(undefined);
    expect(adminLogin(at('https://other.my.salesforce.com'), CI, undefined)).to.equal('bob@other.com');
  });
});
