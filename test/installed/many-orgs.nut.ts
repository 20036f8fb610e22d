import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { startOrg, type Org, type OrgOptions } from '../emulator/index.js';
import type { Report } from '../../src/terminal/report/report.js';
import { Browser, chromium } from '../support/browser.js';
import { installPlugin, packPlugin } from '../support/packed-plugin.js';
import { blocksOf, type Outcome } from '../support/recipe.js';
import { makeSfHome, runScript, type SfHome } from '../support/sf-cli.js';
import { storeOrg } from '../support/store-org.js';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const PAGE = join(DOCS, 'many-orgs.md');
const COMPANIES = ['acme', 'globex', 'initech', 'umbrella'];
const KINDS: Array<[suffix: string, kind: OrgOptions['kind']]> = [
  ['', 'production'],
  ['-uat', 'sandbox'],
  ['-dev', 'developer'],
];
/** How long the new certificates are valid; the sandbox of the page has the third. */
const DAYS = [730, 180, 365, 20, 90, 365, 400, 60, 365, 500, 25, 365];
const DEPLOYED = /deployRequest$/;

type Place = { alias: string; org: Org; type: 'external-client-app' | 'connected-app'; days: number };

/** The page of docs/ for whoever has many orgs, as it stands, in the real sf. */
describe('twelve orgs, set up, logged in to, rotated, audited, migrated and reported by the page of docs/', function () {
  this.timeout(900_000);
  this.bail(true);

  let folder: string;
  let home: SfHome;
  const places: Place[] = [];
  let blocks: ReturnType<typeof blocksOf>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-many-'));
    home = await makeSfHome();
    blocks = blocksOf(await readFile(PAGE, 'utf8'));
    for (const [index, company] of COMPANIES.entries())
      for (const [which, [suffix, kind]] of KINDS.entries()) {
        const number = index * KINDS.length + which;
        const alias = `${company}${suffix}`;
        const type = number % 2 === 0 ? 'external-client-app' : 'connected-app';
        const org = await startOrg({
          kind,
          orgId: `00D0000000000${String(number + 10)}EAA`,
          adminUsername: `admin@${alias}.example.com`,
          users: [{ username: `ci@${alias}.example.com` }],
          switches: { connectedAppCreation: type === 'connected-app' ? 'allowed' : 'blocked' },
        });
        places.push({ alias, org, type, days: DAYS[number]! });
      }
    await storeOrg(
      { ...process.env, ...home.env },
      ...places.map(({ alias, org }) => ({
        username: org.admin.username,
        accessToken: org.admin.accessToken,
        instanceUrl: org.url,
        orgId: org.orgId,
        alias: `${alias}-admin`,
      })),
    );
    await packPlugin();
    await installPlugin(home);
  });

  after(async () => {
    await Promise.all(places.map(({ org }) => org.stop()));
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** The commands of a section, each as it stands. */
  const commandsIn = (heading: string): string[] =>
    blocks
      .filter((block) => block.heading === heading && block.language === 'sh')
      .flatMap(({ text }) => text.trim().split('\n'));

  async function run(command: string, status = 0): Promise<Outcome> {
    const outcome = await runScript(command, { home, cwd: folder });
    expect(outcome.status, `${command}\n${outcome.stdout}\n${outcome.stderr}`).to.equal(status);
    return outcome;
  }

  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const linesOf = async (name: string): Promise<string[]> => (await read(name)).trim().split('\n').slice(1);
  const count = (text: string, pattern: RegExp): number => (text.match(pattern) ?? []).length;

  it('are listed in one file', async () => {
    const [csv] = blocks.filter(({ language }) => language === 'csv');
    const [head] = csv!.text.split('\n');
    expect(head).to.equal('alias,username,instance-url,admin,name,app-type,days');
    const rows = places.map(({ alias, org, type, days }) => {
      const name = type === 'connected-app' ? 'Pipeline' : 'JwtBearer';
      return [alias, `ci@${alias}.example.com`, org.url, `${alias}-admin`, name, type, days].join(',');
    });
    await writeFile(join(folder, 'orgs.csv'), [head, ...rows, ''].join('\n'));
  });

  it('are set up, after a look at what would change', async () => {
    const [keygen, look, connect] = commandsIn('Set up');
    await run(keygen!);
    const { stdout } = await run(look!);
    expect(count(stdout, /would be created/g), stdout).to.equal(12);
    expect(places.flatMap(({ org }) => org.apps)).to.deep.equal([]);
    await run(connect!);
    expect(places.map(({ org }) => org.apps.map(({ name }) => name))).to.deep.equal(
      places.map(({ type }) => [type === 'connected-app' ? 'Pipeline' : 'JwtBearer']),
    );
  });

  it('are logged in to', async () => {
    const [grant] = commandsIn('Log in');
    const { stdout } = await run(grant!);
    for (const { alias } of places) expect(stdout).to.contain(`ci@${alias}.example.com`);
  });

  it('are rotated in waves, of which one fails in the middle, and resumed', async () => {
    const [rotate, resume, grant] = commandsIn('Renew the keys');
    const [failing] = places.slice(5);
    failing!.org.faults.add({ match: { method: 'POST', path: DEPLOYED }, respond: { status: 500, body: 'down' } });
    for (const { org } of places) org.requests.splice(0);
    const deployed = (): number => places.filter(({ org }) => org.requestsTo(DEPLOYED).length > 0).length;
    await run(rotate!, 68);
    const begun = deployed();
    // The four of the first wave, the failing one, and those that had begun beside it.
    expect(begun).to.be.within(6, 11);
    failing!.org.faults.clear();
    for (const { org } of places) org.requests.splice(0);
    await run(resume!);
    expect(deployed()).to.equal(12 - (begun - 1));
    const keys = (await linesOf('rotated.csv')).map((line) => line.split(',').at(-1));
    expect(new Set(keys).size).to.equal(12);
    const { stdout } = await run(grant!);
    expect(count(stdout, /ci@[\w-]+\.example\.com/g)).to.be.at.least(12);
  });

  it('are audited', async () => {
    const [audit] = commandsIn('Look at every app');
    // Two of the new certificates end within 30 days.
    await run(audit!, 68);
    const page = await read('audit.html');
    for (const { alias } of places) expect(page).to.contain(alias);
    const { runs } = JSON.parse(await read('audit.sarif')) as { runs: unknown[] };
    expect(runs).to.have.length(1);
  });

  it('are moved on from Connected Apps', async () => {
    const [migrate] = commandsIn('Move on from Connected Apps');
    for (const { alias, org, type } of places) {
      if (type !== 'connected-app') continue;
      await run(migrate!.replace('acme-uat-admin', `${alias}-admin`));
      expect(org.apps.map(({ name }) => name).sort()).to.deep.equal(['Pipeline', 'Pipeline_ECA']);
    }
  });

  it('are reported', async () => {
    const [list, ask] = commandsIn('Report');
    await run(list!);
    const tests = await read('logins.xml');
    expect(tests).to.contain('tests="12" failures="0" errors="0" skipped="0"');
    expect(count(await read('ends.ics'), /^BEGIN:VEVENT/gm)).to.equal(12);
    await run(list!.replace('logins.html', 'logins.json'));
    const { rows } = JSON.parse(await read('logins.json')) as Report;
    expect(rows.map(({ org, state }) => [org, state]).sort()).to.deep.equal(
      places.map(({ alias, days }) => [alias, days <= 30 ? 'warning' : 'ok']).sort(),
    );
    const { stdout } = await run(ask!);
    expect(stdout).to.contain('exit code 1');
    expect(home.egress()).to.deep.equal([]);
  });

  it('have a picture in docs/, if it is asked for (REPORT_PICTURE=docs/many-orgs.png)', async function () {
    const { REPORT_PICTURE: picture } = process.env;
    if (picture === undefined || chromium === undefined) this.skip();
    const page = places
      .reduce(
        (text, { org }) => text.replaceAll(org.url, 'https://example.my.salesforce.com'),
        await read('logins.html'),
      )
      .replaceAll(folder, '/home/dev');
    await writeFile(join(folder, 'picture.html'), page);
    const browser = await Browser.open();
    try {
      const shown = await browser.page(pathToFileURL(join(folder, 'picture.html')).href, { width: 1240 });
      await writeFile(picture, await shown.picture(900));
    } finally {
      await browser.close();
    }
  });
});
