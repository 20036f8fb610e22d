import { existsSync } from 'node:fs';
import { expect } from 'chai';
import type { JwtListResult } from '../../src/commands/jwt/list.js';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { findSfCli, makeSfHome, sf, type SfHome } from '../support/sf-cli.js';
import { entryPath } from '../support/stored.js';
import { CI_USER, type Workplace } from '../support/workplace.js';

describe('What sf jwt list and revoke do, and the Salesforce CLI', () => {
  let workplace: Workplace;
  let flags: string[];
  let home: SfHome;

  before(async function () {
    this.timeout(400_000);
    await findSfCli();
    const opened = await openWithApp();
    workplace = opened.workplace;
    flags = loginFlags(workplace, opened.clientId);
    home = await makeSfHome();
  });
  after(async () => {
    const egress = home.egress();
    await home.remove();
    await workplace.close();
    expect(egress).to.deep.equal([]);
  });

  it('agree: a login of its own is listed and revoked, and it knows nothing of it afterwards', async () => {
    const names = ['--alias', 'ci', '--set-default', '--set-default-dev-hub', '--json'];
    const login = await sf(['org', 'login', 'jwt', ...flags, ...names], { home, cwd: workplace.cwd });
    expect(login.status, login.stdout).to.equal(0);
    const at = { home: home.path };
    const { result } = await workplace.json<JwtListResult>(['list', '--check'], at);
    expect(result.logins.map(({ username, aliases, login: works }) => [username, aliases, works])).to.deep.equal([
      [CI_USER, ['ci'], 'works'],
    ]);
    await granted(workplace, [...flags, '--alias', 'build'], at);
    const revoked = await workplace.json(['revoke', '--target-org', 'ci'], at);
    expect(revoked.status).to.equal(0);
    const [orgs, aliases, targetOrg, targetDevHub] = [
      await sf(['org', 'list', '--json', '--skip-connection-status'], { home }),
      await sf(['alias', 'list', '--json'], { home }),
      await sf(['config', 'get', 'target-org', '--json'], { home }),
      await sf(['config', 'get', 'target-dev-hub', '--json'], { home }),
    ];
    expect(orgs.stdout).not.to.contain(CI_USER);
    expect(aliases.json.result).to.deep.equal([]);
    for (const { json } of [targetOrg, targetDevHub]) {
      const [variable] = json.result as unknown as Array<{ value?: string }>;
      expect(variable?.value).to.equal(undefined);
    }
    expect(existsSync(entryPath(home.path))).to.equal(false);
    const display = await sf(['org', 'display', '--target-org', CI_USER, '--json'], { home });
    expect(display.json.name).to.equal('NamedOrgNotFoundError');
  });
});
