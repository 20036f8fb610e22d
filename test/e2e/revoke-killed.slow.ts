import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtRevokeResult } from '../../src/commands/jwt/revoke.js';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { environment, run } from '../support/plugin.js';
import { expireLocks } from '../support/stored.js';
import { CI_USER, type Answer, type Workplace } from '../support/workplace.js';

const KILL_AT = join(import.meta.dirname, '..', 'support', 'kill-at.cjs');

describe('sf jwt revoke, killed', function () {
  this.timeout(900_000);
  let workplace: Workplace;
  let template: string;

  before(async () => {
    const opened = await openWithApp();
    workplace = opened.workplace;
    const flags = loginFlags(workplace, opened.clientId);
    await granted(workplace, [...flags, '--alias', 'ci', '--set-default', '--key-storage', 'copy']);
    await granted(workplace, [...flags, '--alias', 'build', '--set-default-dev-hub', '--key-storage', 'copy']);
    const list = join(workplace.home, '.sfdx', `${workplace.org.orgId}.json`);
    await writeFile(list, JSON.stringify({ usernames: [CI_USER, 'someone@acme.example.com'] }));
    template = workplace.home;
  });
  after(() => workplace.close());

  /** The state folders below a HOME by file, but for logs. */
  function state(home: string): Record<string, string> {
    const folders = [join(home, '.sfdx'), join(home, '.sf'), join(home, '.sf', 'jwt-keys')];
    const files = folders.flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.log'))
        .map(({ name }) => join(folder, name)),
    );
    return Object.fromEntries(files.map((file) => [file.slice(home.length + 1), readFileSync(file, 'utf8')]));
  }

  for (const [which, stride] of [
    [['--target-org', 'ci'], 1],
    [['--target-org', CI_USER], 2],
    [['--all'], 3],
  ] as const) {
    it(`before any step: each file is whole, and the same run finishes it: ${which.join(' ')}`, async () => {
      let status: number | null = null;
      let kills = 0;
      for (; status === null; kills += stride) {
        const home = await mkdtemp(join(tmpdir(), 'killed-'));
        try {
          for (const folder of ['.sf', '.sfdx']) {
            await cp(join(template, folder), join(home, folder), { recursive: true });
          }
          await mkdir(join(home, 'work'));
          await relocate(home);
          const options = { home, cwd: join(home, 'work') };
          const env = { NODE_OPTIONS: `--require=${KILL_AT}`, KILL_AT: String(kills + 1) };
          ({ status } = await run(['jwt', 'revoke', ...which, '--no-prompt'], { ...options, env }));
          for (const [name, content] of Object.entries(state(home))) {
            if (name.endsWith('.json'))
              expect(() => JSON.parse(content) as unknown, `${name} after ${kills}`).not.to.throw();
          }
          await expireLocks(home);
          if (status === null) {
            const again = await run(['jwt', 'revoke', ...which, '--json'], options);
            const { result } = again.json as Answer<JwtRevokeResult>;
            const done = which[0] === '--all' || isGone(home);
            expect(again.status === 0 || done, `${kills}: ${again.stdout}`).to.equal(true);
            if (again.status === 0) for (const { removed } of result.logins) expect(removed).to.equal(true);
          }
          expect(isGone(home), `${kills}: ${JSON.stringify(Object.keys(state(home)))}`).to.equal(true);
        } finally {
          await rm(home, { recursive: true, force: true });
        }
      }
      expect(status).to.equal(0);
      expect(kills, 'steps').to.be.above(10);
    });
  }

  /** The copy of the key stands below the HOME, wherever that is. */
  async function relocate(home: string): Promise<void> {
    const entry = join(home, '.sfdx', `${CI_USER}.json`);
    await writeFile(entry, readFileSync(entry, 'utf8').replaceAll(template, home));
  }

  function isGone(home: string): boolean {
    return !Object.entries(state(home)).some(
      ([name, content]) =>
        name.includes(CI_USER) ||
        content.includes(CI_USER) ||
        /"(ci|build)"/.test(content) ||
        /\.(new|old)\./.test(name),
    );
  }

  it('is what the tests look at: before the run all of it is there', () => {
    expect(environment({ home: template })['HOME']).to.equal(template);
    expect(isGone(template)).to.equal(false);
    const names = Object.keys(state(template)).filter((name) => name.includes(CI_USER));
    expect(names.sort()).to.deep.equal([
      join('.sf', 'jwt-keys', `${workplace.org.orgId}.${CI_USER}.key`),
      join('.sfdx', `${CI_USER}.json`),
    ]);
  });
});
