import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { CIS, type Ci } from '../../src/flows/snippet/request.js';
import { CiMachine, type CiRun } from '../support/ci-machine.js';
import { FleetPlace } from '../support/fleet.js';
import { pipelineText, runnersOf } from '../support/pipelines.js';
import { pairOf } from '../support/workplace.js';

const PASSPHRASE = 'correct horse';

/** The CIs that hand every secret to every script, and so the passphrase of an encrypted key too. */
const WITH_PASSPHRASE: Ci[] = ['gitlab-ci', 'bitbucket-pipelines', 'circleci'];

describe('the pipeline of jwt snippet for a fleet', () => {
  let place: FleetPlace;
  let key: string;

  before(async () => {
    ({ key } = await pairOf());
    place = await FleetPlace.open(4);
    await place.saveCsv();
  });
  after(() => place.close());
  beforeEach(() => {
    place.forgetRequests();
    for (const { org } of place.orgs) org.data.sessions.clear();
  });

  const secretsFor = (ci: Ci): Record<string, string> => {
    const encryption = { cipher: 'aes-256-cbc', passphrase: PASSPHRASE };
    const encrypted = (): string =>
      createPrivateKey(key)
        .export({ type: 'pkcs8', format: 'pem', ...encryption })
        .toString();
    return WITH_PASSPHRASE.includes(ci)
      ? { SF_JWT_KEY: Buffer.from(encrypted()).toString('base64'), SF_JWT_KEY_PASSPHRASE: PASSPHRASE }
      : { SF_JWT_KEY: Buffer.from(key).toString('base64') };
  };

  /** A new machine with a checkout of the repository. */
  const machineFor = async (name: string, variables: Record<string, string>): Promise<[CiMachine, string]> => {
    const home = join(place.home, name);
    await mkdir(home);
    const machine = await CiMachine.at(home, variables);
    await writeFile(join(machine.folder, 'orgs.csv'), readFileSync(join(place.cwd, 'orgs.csv')));
    return [machine, home];
  };

  /** The stored logins, aliases and copies of keys of a machine after its job. */
  const leftIn = (home: string): { logins: string[]; aliases: object; keyCopies: string[] } => {
    const list = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
    const aliases = join(home, '.sfdx', 'alias.json');
    return {
      logins: list(join(home, '.sfdx')).filter((name) => !['alias.json', 'key.json'].includes(name)),
      aliases: existsSync(aliases) ? (JSON.parse(readFileSync(aliases, 'utf8')) as { orgs: object }).orgs : {},
      keyCopies: list(join(home, '.sf', 'jwt-keys')),
    };
  };
  const NOTHING = { logins: [], aliases: {}, keyCopies: [] };

  const homeIn = ({ notes }: CiRun): string | undefined =>
    notes.find((note) => note.startsWith('HOME '))?.slice('HOME '.length);

  for (const ci of CIS) {
    it(`for ${ci} divides the rows among its machines, and leaves nothing, whether the work succeeds or fails`, async () => {
      const content = await pipelineText(ci, { fleet: { file: 'orgs.csv', shards: 2 } });
      expect(runnersOf(ci, content)).to.have.lengthOf(2);
      const jobs = await Promise.all(
        [1, 2].map(async (shard) => {
          const status = shard === 1 ? '0' : '3';
          const variables = { ...secretsFor(ci), WORK_STATUS: status };
          const [machine, home] = await machineFor(`${ci}-${shard}`, variables);
          return { shard, home, job: await machine.runPipeline(ci, content, shard) };
        }),
      );
      for (const { shard, home, job } of jobs) {
        expect(job.status, job.output).to.equal(shard === 1 ? 0 : 3);
        for (const line of key.split('\n').slice(1, -2)) expect(job.output).not.to.contain(line);
        const rows = shard === 1 ? [0, 2] : [1, 3];
        const ofOurs = job.notes.slice(job.notes.findIndex((note) => note.startsWith('sf jwt')));
        expect(ofOurs, 'each login with its copy of the key, which refreshed it').to.deep.equal([
          `sf jwt fleet grant -x orgs.csv --shard ${shard}/2 --key-storage copy`,
          'sf org list auth',
          `HOME ${homeIn(job)}`,
          ...rows.map((row) => {
            const { org, username } = place.orgs[row]!;
            return `USED ${username} 200 ${join('.sf', 'jwt-keys', `${org.orgId}.${username}.key`)}`;
          }),
          'sf jwt revoke --all --no-prompt',
        ]);
        expect(job.output).to.contain('Logged in: 2. Worked already: 0. Failed: 0.').and.to.contain('Logins ended: 2.');
        expect(homeIn(job) === home, 'the HOME of the machine').to.equal(ci !== 'shell');
        expect(leftIn(homeIn(job)!)).to.deep.equal(NOTHING);
        if (ci === 'shell') expect(existsSync(homeIn(job)!)).to.equal(false);
      }
      for (const [row, { org }] of place.orgs.entries()) {
        // The login's, which the work ended, and the one that refreshed it.
        expect(
          place.tokenRequests(row).map(({ status }) => status),
          `row ${row}`,
        ).to.deep.equal([200, 200]);
        expect([...org.data.sessions.keys()], 'tokens that live on').to.deep.equal([]);
      }
    });
  }

  it('takes back the logins of a shard in which another one failed, and works with none', async () => {
    place.orgs[2]!.org.switches.orgLocked = true;
    const content = await pipelineText('github-actions', { fleet: { file: 'orgs.csv', shards: 2 } });
    const [machine, home] = await machineFor('partly', { SF_JWT_KEY: key });
    const job = await machine.runPipeline('github-actions', content, 1);
    place.orgs[2]!.org.switches.orgLocked = false;
    expect(job.status, job.output).to.equal(68);
    expect(job.output).to.contain('inactive_org').and.to.contain('Logins ended: 1.');
    expect(job.notes).not.to.include('sf org list auth');
    expect(leftIn(home)).to.deep.equal(NOTHING);
    expect(place.tokenRequests(0)).to.have.lengthOf(1);
    expect([...place.orgs[0]!.org.data.sessions.keys()], 'tokens that live on').to.deep.equal([]);
  });
});
