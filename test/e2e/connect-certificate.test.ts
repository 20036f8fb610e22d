import { expect } from 'chai';
import type { JwtConnectResult } from '../../src/commands/jwt/connect.js';
import { CONNECT, connected, deployRequests, fieldsOf, stateOf, tokenRequests } from '../support/connect.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

const GLOBAL = 'ExtlClntAppGlobalOauthSettings';

describe('sf jwt connect, in an org that shows no certificate', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open({ switches: { certificateReadback: 'omitted' } });
  });
  afterEach(() => workplace.close());

  it('proves by a login that the app has it, and deploys nothing', async () => {
    const { clientId } = await connected(workplace);
    const { status, stdout, stderr } = await workplace.jwt(CONNECT);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain('Nothing to change');
    expect(stderr).not.to.contain('Warning');
    expect(deployRequests(workplace.org)).to.equal(1);
    expect(workplace.org.apps[0]?.consumerKey).to.equal(clientId);
  });

  it('sends it along with what else is deployed, so that it is not removed', async () => {
    workplace.org.switches.omittedCertificate = 'removed';
    await connected(workplace);
    const { changes, users } = await connected(workplace, ['--callback-url', 'https://example.com/callback']);
    expect(changes).to.deep.equal(['Callback URL: http://localhost:1717/OauthRedirect → https://example.com/callback']);
    expect(users[0]?.verified).to.equal(true);
    expect(fieldsOf(workplace.org, GLOBAL)['certificate']).to.match(/^-----BEGIN/);
  });

  it('deploys another one, and says why', async () => {
    await connected(workplace);
    await workplace.savePair('renewed');
    const { status, stdout, stderr } = await workplace.jwt(CONNECT);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(/^ {2}Certificate: SHA-256 [0-9A-F:]{95}$/m);
    expect(stderr.replace(/\s+/g, ' ')).to.contain(
      "didn't prove it either: invalid_client: invalid client credentials",
    );
    expect(deployRequests(workplace.org)).to.equal(2);
  });

  it('deploys it where there is no key for a login, and says so', async () => {
    const { certificate } = await workplace.savePair('server');
    await connected(workplace);
    await workplace.save('alone.crt', certificate);
    const alone = CONNECT.map((word) => word.replace('server.crt', 'alone.crt'));
    const { status, stderr } = await workplace.jwt(alone);
    expect(status, stderr).to.equal(0);
    expect(stderr.replace(/\s+/g, ' ')).to.contain(
      'With the private key at hand (--jwt-key-file), a login would tell.',
    );
    expect(deployRequests(workplace.org)).to.equal(2);
  });

  it('asks for the client id where a login lacks that, and proves it with it', async () => {
    const { clientId } = await connected(workplace);
    workplace.org.switches.consumerKeyReadable = false;
    const { data } = await workplace.json(CONNECT);
    expect(data).to.deep.include({ code: 'client_id_unreadable', status: 'updated' });
    const result = await connected(workplace, ['--client-id', clientId ?? '']);
    expect(result.status).to.equal('unchanged');
    expect(deployRequests(workplace.org)).to.equal(2);
  });
});

describe('sf jwt connect, while a new certificate propagates', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    workplace = await Workplace.open();
    await connected(workplace, ['--username', CI_USER, '--username', ADMIN]);
    await workplace.savePair('renewed');
  });
  afterEach(() => workplace.close());

  it('says beforehand that the old key ends, and says no such thing where none ends', async () => {
    const warned = async (args: string[]): Promise<string> =>
      (await workplace.json([...CONNECT, ...args])).warnings!.join();
    const before = stateOf(workplace.org);
    expect(await warned(['--dry-run'])).to.contain('logins with the key of the one before it fail');
    expect(stateOf(workplace.org)).to.deep.equal(before);
    expect(await warned([])).to.contain('logins with the key of the one before it fail');
    expect(await warned(['--label', 'CI'])).to.equal('');
    expect(await warned(['--name', 'Another'])).to.equal('');
  });

  it('waits until the org takes the new key', async () => {
    workplace.org.switches.propagationMs = 5_000;
    const before = tokenRequests(workplace.org);
    const { status, users } = await connected(workplace, ['--username', CI_USER]);
    expect(status).to.equal('updated');
    expect(users).to.deep.equal([{ username: CI_USER, assigned: 'already', verified: true }]);
    expect(tokenRequests(workplace.org) - before).to.be.within(2, 5);
  });

  it('ends with 69 when --wait runs out', async () => {
    workplace.org.switches.propagationMs = 600_000;
    const { status, stdout, stderr } = await workplace.jwt([...CONNECT, '--wait', '0']);
    expect(status, stderr).to.equal(69);
    expect(stderr.replace(/\s+/g, ' ')).to.contain("The org hadn't taken over the new certificate");
    expect(stdout).to.contain('Client ID: ');
  });

  it('fails at once where it deployed no certificate: then the key is the wrong one', async () => {
    workplace.org.switches.propagationMs = 600_000;
    await connected(workplace, ['--wait', '0'], { exitCode: 69 });
    const before = tokenRequests(workplace.org);
    const { status, result, warnings } = await workplace.json<JwtConnectResult>(CONNECT);
    expect(status).to.equal(68);
    expect(JSON.stringify(warnings)).to.match(/--certificate-file \S+ --jwt-key-file \S*server\.key/);
    expect(tokenRequests(workplace.org) - before).to.equal(1);
    expect(result.users[0]?.error).to.equal('invalid_client: invalid client credentials');
  });
});
