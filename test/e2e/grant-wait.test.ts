import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { loginFlags, openWithApp } from '../support/grant.js';
import { ADMIN_ALIAS, CI_USER, type Workplace } from '../support/workplace.js';

const MINUTE = 60_000;
const FAST_CLOCK = join(import.meta.dirname, '..', 'support', 'fast-clock.cjs');

describe('sf jwt grant and time', () => {
  let workplace: Workplace;
  let clientId: string;

  before(async () => {
    ({ workplace, clientId } = await openWithApp());
  });
  after(() => workplace.close());
  afterEach(() => {
    workplace.org.faults.clear();
  });

  const tokenRequests = (): number => workplace.org.requestsTo(/\/oauth2\/token$/).length;
  const refusing = (error: string, error_description: string, times = Infinity): void => {
    workplace.org.faults.add({
      match: { path: /\/oauth2\/token$/ },
      times,
      respond: { status: 400, body: JSON.stringify({ error, error_description }) },
    });
  };

  it('names a clock that is behind, with the minutes', async () => {
    workplace.org.clock.skewMs = 12 * MINUTE;
    const { data, message } = await workplace.json(['grant', ...loginFlags(workplace, clientId)]);
    workplace.org.clock.skewMs = 0;
    expect(data).to.include({
      code: 'clock_behind',
      minutesBehind: 12,
      error_description: 'expired authorization code',
    });
    expect(message).to.contain('12 minutes behind');
  });

  it('waits for what may propagate, says on what, and logs in with a new assertion', async () => {
    refusing('invalid_client_id', 'client identifier invalid', 1);
    refusing('invalid_app_access', 'user is not admin approved to access this app', 1);
    const before = tokenRequests();
    const { status, stderr } = await workplace.jwt(['grant', ...loginFlags(workplace, clientId), '--wait', '1']);
    expect(status).to.equal(0);
    expect(stderr).to.contain('invalid_client_id: client identifier invalid').and.to.contain('invalid_app_access');
    const bodies = workplace.org
      .requestsTo(/\/oauth2\/token$/)
      .slice(before)
      .map(({ body }) => body);
    expect(bodies).to.have.length(3);
    expect(new Set(bodies).size, 'assertions').to.equal(3);
  });

  it('asks once, whatever the wait, where waiting mends nothing', async () => {
    refusing('invalid_grant', 'invalid assertion');
    const before = tokenRequests();
    const { status, data } = await workplace.json(['grant', ...loginFlags(workplace, clientId), '--wait', '10']);
    expect([status, data?.code, tokenRequests() - before]).to.deep.equal([1, 'signature_mismatch', 1]);
  });

  it('ends with 69 and the code of the last refusal when the wait runs out', async () => {
    refusing('app_not_found', 'External client app is not installed in this org');
    const files = await workplace.files();
    const args = ['grant', ...loginFlags(workplace, clientId), '--wait', '1'];
    const env = { NODE_OPTIONS: `--require=${FAST_CLOCK}` };
    const { status, data, message } = await workplace.json(args, { env });
    expect([status, data?.code]).to.deep.equal([69, 'app_not_in_org']);
    expect(message).to.match(/wait of 1 minutes ran out/);
    expect(await workplace.files()).to.deep.equal(files);
  });

  it('has nothing to say about a store that is broken but what is broken', async () => {
    const { json, status } = await workplace.jwt(
      ['grant', ...loginFlags(workplace, clientId), '--alias', 'ci', '--json'],
      { env: { HOME: await brokenHome() } },
    );
    const answer = json as { name: string; message: string; data: { code: string } };
    expect([status, answer.data.code, answer.name]).to.deep.equal([1, 'store_damaged', 'StoreDamagedError']);
    expect(answer.message)
      .to.contain('alias.json')
      .and.not.to.match(/jwt|token/i);
  });

  async function brokenHome(): Promise<string> {
    const home = await mkdtemp(`${workplace.home}/broken-`);
    await cp(`${workplace.home}/.sfdx`, `${home}/.sfdx`, { recursive: true });
    await writeFile(`${home}/.sfdx/alias.json`, `{"orgs":{"${ADMIN_ALIAS}":"${CI_USER}"`);
    return home;
  }
});
