import { expect } from 'chai';
import { connected, stateOf } from '../support/connect.js';
import { granted, loginFlags } from '../support/grant.js';
import { openInUse, ROTATE, rotated } from '../support/rotate.js';
import { ADMIN_ALIAS, CI_USER, type Workplace } from '../support/workplace.js';

/** An app has three names: its API name, its label and its client id. `disconnect` has tests of its own. */
describe('an app by its label', () => {
  let workplace: Workplace;
  let clientId: string;
  beforeEach(async () => {
    ({ workplace, clientId } = await openInUse({}, [], {}));
    await connected(workplace, ['--username', CI_USER, '--label', 'CI of the shop']);
  });
  afterEach(() => workplace.close());

  it('is found by connect, whatever the case', async () => {
    const result = await connected(workplace, ['--name', 'ci of THE shop', '--username', CI_USER]);
    expect(result).to.include({ name: 'JwtBearer', clientId, status: 'unchanged' });
    expect(workplace.org.apps).to.have.lengthOf(1);
  });

  it('is found by rotate', async () => {
    expect(await rotated(workplace, ['--name', 'CI of the shop'])).to.include({ clientId, status: 'rotated' });
  });

  it('is found by doctor, in the org or in what this machine has kept of it', async () => {
    const login = loginFlags(workplace, clientId).filter((word) => !['--client-id', clientId].includes(word));
    for (const by of [
      ['--name', 'CI of the shop', '--target-org', ADMIN_ALIAS],
      ['--name', 'JwtBearer', '--target-org', ADMIN_ALIAS],
      ['--name', 'JwtBearer'],
    ]) {
      const answer = await workplace.json<{ ok: boolean }>(['doctor', ...login, ...by]);
      expect(answer.result, JSON.stringify(answer)).to.include({ ok: true });
    }
    const unknown = await workplace.json<never>(['doctor', ...login, '--name', 'NotThere']);
    expect(unknown.data?.code).to.equal('app_unknown_here');
  });

  it('that several have is refused with the candidates, and one that none has is no name for a new app', async () => {
    workplace.org.setup.createConnectedApp({ name: 'Older', label: 'CI of the shop' });
    const state = stateOf(workplace.org);
    for (const args of [['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt'], ROTATE]) {
      const { data, message } = await workplace.json<never>([...args, '--name', 'CI of the shop']);
      expect(data?.code).to.equal('app_label_ambiguous');
      expect(message).to.contain('JwtBearer (external-client-app), Older (connected-app)');
    }
    const connect = ['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt', '--name', 'No such'];
    expect((await workplace.json<never>(connect)).data?.code).to.equal('app_name_illegal');
    expect((await workplace.json<never>([...ROTATE, '--name', 'No such'])).data?.code).to.equal('app_name_illegal');
    expect(stateOf(workplace.org)).to.deep.equal(state);
  });

  it('is found by connect as a Connected App, unless a flag says the other type', async () => {
    workplace.org.setup.createConnectedApp({ name: 'Older', label: 'By hand' });
    for (const name of ['Older', 'By hand']) {
      const result = await connected(workplace, ['--name', name, '--username', CI_USER]);
      expect(result).to.include({ name: 'Older', appType: 'connected-app' });
    }
    const args = ['--name', 'Older', '--app-type', 'external-client-app'];
    const { data } = await workplace.json<never>([
      ...['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt'],
      ...args,
    ]);
    expect(data?.code).to.equal('app_name_taken');
  });
});

describe('connect without --certificate-file', () => {
  let workplace: Workplace;
  beforeEach(async () => {
    ({ workplace } = await openInUse());
  });
  afterEach(() => workplace.close());

  it('takes server.crt and server.key of the folder, and says so', async () => {
    const { status, stdout, stderr } = await workplace.jwt(['connect', '--target-org', ADMIN_ALIAS, '-u', CI_USER]);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain('The certificate is server.crt, and the private key server.key, of this folder.');
    expect(stdout).to.contain('works');
  });

  it('is refused in a folder without them, as ever', async () => {
    const { status, stderr } = await workplace.jwt(['connect', '--target-org', ADMIN_ALIAS], { cwd: workplace.home });
    expect(status).to.equal(2);
    expect(stderr).to.contain('Missing required flag certificate-file');
  });

  it('takes a callback URL without its scheme', async () => {
    const urls = ['--callback-url', 'login.example.com/callback'];
    await connected(workplace, ['--username', CI_USER, ...urls]);
    const [app] = workplace.org.data.componentsOf('ExtlClntAppGlobalOauthSettings');
    expect(app?.fields['callbackUrl']).to.equal('https://login.example.com/callback');
    expect(granted).to.be.a('function');
  });
});
