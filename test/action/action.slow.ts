import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { openJob, type Job, type StepResult } from '../support/action.js';
import type { Desk } from '../support/tokens.js';

/** A program that has the key: see `exec:` of the signers. */
const KEEPER = `
const { createPublicKey, sign } = require('node:crypto');
const { readFileSync } = require('node:fs');
const key = readFileSync(__dirname + '/elsewhere.key');
const isSign = process.argv.at(-1) === 'sign';
process.stdout.write(isSign ? sign('sha256', readFileSync(0), key) : createPublicKey(key).export({ type: 'spki', format: 'pem' }));
`;

describe('the action, on other runners and with other ends', () => {
  let job: Job;
  let desk: Desk;
  let step: Job['step'];

  before(async () => {
    job = await openJob();
    ({ desk, step } = job);
  });
  after(() => desk.workplace.close());
  beforeEach(() => desk.workplace.org.faults.clear());

  const errors = ({ commands }: StepResult) => commands.filter(({ name }) => name === 'error');

  it('signs by a key that is elsewhere, which is stored nowhere', async () => {
    const keeper = join(job.home, 'keeper.cjs');
    await writeFile(join(job.home, 'elsewhere.key'), job.key);
    await writeFile(keeper, KEEPER);
    const signer = `exec:"${process.execPath}" "${keeper}"`;
    const main = await step({ 'private-key': '', signer, 'alias': 'ci' });
    expect(main.status, main.raw).to.equal(0);
    expect(job.isAlive(main.state['token']!)).to.equal(true);
    expect(JSON.parse(await readFile(job.entryFile, 'utf8'))).not.to.have.property('privateKey');
    await step({}, main.state);
    expect(existsSync(job.entryFile)).to.equal(false);
    const unknown = await step({ 'private-key': '', 'signer': 'nosuch:key', 'cli': 'false' });
    expect([unknown.status, errors(unknown)[0]!.title]).to.deep.equal([
      1,
      'Salesforce login failed: signer_scheme_unknown',
    ]);
  });

  it('a failed revocation is a warning, and what was stored goes all the same', async () => {
    const main = await step({});
    desk.workplace.org.faults.add({ match: { path: /oauth2\/revoke/ }, respond: { status: 503, body: 'maintenance' } });
    const post = await step({}, main.state);
    expect(post.status).to.equal(0);
    expect(post.commands.filter(({ name }) => name === 'warning').map(({ title }) => title)).to.deep.equal([
      'Salesforce logout incomplete',
    ]);
    expect(existsSync(job.entryFile)).to.equal(false);
  });

  it('leaves the token where skip-token-revoke says so, and a login that was there before the job', async () => {
    const main = await step({ 'skip-token-revoke': 'true' });
    expect(main.state).not.to.have.property('token');
    const { length } = [...desk.workplace.org.data.sessions.keys()].filter(job.isAlive);
    await step({}, main.state);
    expect([...desk.workplace.org.data.sessions.keys()].filter(job.isAlive)).to.have.lengthOf(length);
    expect(existsSync(job.entryFile)).to.equal(false);
    expect((await desk.json(['grant', ...desk.flags])).status).to.equal(0);
    const second = await step({});
    expect(second.commands.filter(({ name }) => name === 'notice')).to.have.lengthOf(1);
    await step({}, second.state);
    expect(existsSync(job.entryFile)).to.equal(true);
    await rm(job.entryFile);
  });

  it('removes what a job left that was killed before its end', async () => {
    await step({});
    const next = await step({});
    expect(next.commands.filter(({ name }) => name === 'notice')).to.deep.equal([]);
    await step({}, next.state);
    expect(existsSync(job.entryFile)).to.equal(false);
  });

  it('says which step to add where there is no CLI', async () => {
    const main = await step({}, {}, { withCli: false });
    expect(main.status).to.equal(0);
    const [warning] = main.commands.filter(({ name }) => name === 'warning');
    expect(warning!.data).to.match(/npm install --global @salesforce\/cli@\d+\.\d+\.\d+/);
    await step({}, main.state);
  });
});
