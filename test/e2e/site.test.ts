import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { JwtDoctorResult } from '../../src/commands/jwt/doctor.js';
import type { JwtTokenResult } from '../../src/commands/jwt/token.js';
import { entryOf, granted } from '../support/grant.js';
import { environment } from '../support/plugin.js';
import { expectSchema } from '../support/schema.js';
import { openDesk, replaced, type Desk } from '../support/tokens.js';

const ROOT = join(import.meta.dirname, '..', '..');
const CUSTOMER = 'customer@acme.example.com';

const QUERY = `
  import { AuthInfo, Connection } from '@salesforce/core';
  const authInfo = await AuthInfo.create({ username: process.argv[1] });
  const connection = await Connection.create({ authInfo });
  const { records } = await connection.query("SELECT Username FROM User WHERE Username = '" + process.argv[1] + "'");
  console.log(records[0].Username);
`;

describe('a login at an Experience Cloud site', () => {
  let desk: Desk;
  let site: string;
  let flags: string[];

  before(async () => {
    desk = await openDesk({ sites: ['customers'] });
    const { org } = desk.workplace;
    org.addUser({ username: CUSTOMER, profile: 'Customer Community Plus User' });
    org.setup.assignPermissionSet(CUSTOMER, 'Ci');
    site = org.siteUrl('customers');
    flags = replaced(replaced(desk.flags, '--username', CUSTOMER), '--instance-url', site);
  });
  after(() => desk.workplace.close());
  beforeEach(() => void desk.workplace.org.requests.splice(0));

  const audiences = (): unknown[] =>
    desk.workplace.org.requestsTo(/oauth2\/token$/).map(({ path, body }) => {
      const claims = new URLSearchParams(body).get('assertion')?.split('.')[1] ?? '';
      const { aud } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string };
      return [path, aud];
    });

  it('gives token the site with its id, and asks the site, in its name', async () => {
    const { result, status } = await desk.json<JwtTokenResult>(['token', ...flags]);
    expect(status).to.equal(0);
    expectSchema('jwt-token', result);
    const { org } = desk.workplace;
    expect(result).to.include({ communityUrl: site, instanceUrl: org.url, userId: org.user(CUSTOMER)?.id });
    expect(result.communityId).to.match(/^0DB\w{15}$/);
    expect(audiences()).to.deep.equal([['/customers/services/oauth2/token', site]]);
  });

  it('opens the front door of the site, also with a slash behind its URL', async () => {
    const args = replaced(flags, '--instance-url', `${site}/`);
    const { stdout } = await desk.jwt(['token', ...args, '--path', '/customers/s/account']);
    expect(stdout.startsWith(`${site}/secur/frontdoor.jsp?otp=`), stdout).to.equal(true);
    const opened = await fetch(stdout.trim(), { redirect: 'manual' });
    expect(opened.headers.get('location')).to.equal(`${site}/s/account`);
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await (await fetch(`${site}/s/account`, { headers: { cookie } })).text()).to.contain(CUSTOMER);
    expect(audiences()).to.deep.equal([['/customers/services/oauth2/token', site]]);
  });

  it('opens its older front door where there is none for single use', async () => {
    desk.workplace.org.switches.singleAccess = 'missing';
    const { stdout } = await desk.jwt(['token', ...flags, '--path', '/customers/s/']);
    desk.workplace.org.switches.singleAccess = 'served';
    expect(stdout.startsWith(`${site}/secur/frontdoor.jsp?sid=`), stdout).to.equal(true);
    expect((await fetch(stdout.trim(), { redirect: 'manual' })).headers.get('location')).to.equal(`${site}/s/`);
  });

  it('is stored by grant, so that sf itself uses and refreshes it', async () => {
    const { home, org } = desk.workplace;
    const result = await granted(desk.workplace, flags);
    expect(result).to.include({ username: CUSTOMER, loginUrl: site, instanceUrl: org.url });
    expect(await entryOf(home, CUSTOMER)).to.include({ loginUrl: site });
    org.expireSessions();
    org.requests.splice(0);
    const argv = ['--input-type=module', '-e', QUERY, CUSTOMER];
    const { stdout } = await promisify(execFile)(process.execPath, argv, { env: environment({ home }), cwd: ROOT });
    expect(stdout.trim()).to.equal(CUSTOMER);
    expect(audiences()).to.deep.equal([['/customers/services/oauth2/token', site]]);
  });

  it('is well for doctor', async () => {
    const { result } = await desk.json<JwtDoctorResult>(['doctor', ...flags]);
    expect(result.ok, JSON.stringify(result)).to.equal(true);
    expect(result.findings.map(({ code }) => code)).not.to.include('audience_unusual');
  });

  describe('that the org does not have', () => {
    const elsewhere = (): string[] => replaced(flags, '--instance-url', desk.workplace.org.siteUrl('partners'));

    it('is told from other strange answers by token and grant', async () => {
      for (const command of ['token', 'grant']) {
        const { data, actions, message } = await desk.json([command, ...elsewhere()]);
        expect(data).to.include({ code: 'site_unknown', loginUrl: desk.workplace.org.siteUrl('partners') });
        expect(message).to.contain('URL No Longer Exists');
        expect(actions?.join()).to.contain('All Sites');
      }
    });

    it('is what doctor puts first', async () => {
      const { result } = await desk.json<JwtDoctorResult>(['doctor', ...elsewhere()]);
      expect(result.ok).to.equal(false);
      expect(result.findings[0]).to.include({ code: 'site_unknown', severity: 'error' });
    });
  });
});
