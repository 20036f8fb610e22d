import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { openJob, type Job, type StepResult } from '../support/action.js';
import type { Desk } from '../support/tokens.js';
import { CI_USER, pairOf } from '../support/workplace.js';

describe('the action, as a runner runs it', () => {
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

  it('without the CLI gives a masked token, which ends with the job, and leaves no file', async () => {
    const { org } = desk.workplace;
    const before = await desk.workplace.files();
    org.requests.splice(0);
    const main = await step({ cli: 'false' }, {}, { withCli: false });
    expect(main.status, main.raw).to.equal(0);
    const { 'access-token': token = '', 'expires-at': end = '', ...others } = main.outputs;
    expect(Date.parse(end)).to.be.within(Date.now(), Date.now() + 24 * 3_600_000);
    expect(others).to.deep.equal({ 'org-id': org.orgId, 'instance-url': org.url, 'username': CI_USER });
    expect(job.isAlive(token)).to.equal(true);
    expect(main.commands).to.deep.include({ name: 'add-mask', title: undefined, data: token });
    expect(org.requests.map(({ path }) => path)).to.deep.equal(['/services/oauth2/token']);
    expect(main.summary).to.contain('### Salesforce login').and.to.contain(org.orgId);
    const post = await step({ cli: 'false' }, main.state);
    expect([post.status, job.isAlive(token)]).to.deep.equal([0, false]);
    expect(await desk.workplace.files()).to.deep.equal(before);
  });

  it('stores the login for the CLI under its alias, and takes all of it back', async () => {
    const { org } = desk.workplace;
    const before = await desk.workplace.files();
    const main = await step({ 'alias': 'ci', 'set-default': 'true' });
    expect(main.status, main.raw).to.equal(0);
    const { 'expires-at': _, ...outputs } = main.outputs;
    expect(outputs).to.deep.equal({
      'org-id': org.orgId,
      'instance-url': org.url,
      'username': CI_USER,
      'alias': 'ci',
    });
    expect(main.log).to.contain('--target-org ci');
    const token = main.state['token']!;
    expect(job.isAlive(token)).to.equal(true);
    expect(JSON.parse(await readFile(job.entryFile, 'utf8'))).to.include({
      username: CI_USER,
      clientId: desk.clientId,
    });
    expect(await readdir(join(job.home, '.sf', 'jwt-keys'))).to.deep.equal([`${org.orgId}.${CI_USER}.key`]);
    const listed = await desk.json<{ logins: Array<{ username: string }> }>(['list']);
    expect(JSON.stringify(listed)).to.contain(CI_USER);
    const post = await step({}, main.state);
    expect(post.status, post.raw).to.equal(0);
    expect(job.isAlive(token)).to.equal(false);
    const left = (await desk.workplace.files()) as Record<string, unknown>;
    for (const [file, content] of Object.entries(before as Record<string, unknown>))
      expect(left[file], file).to.deep.equal(content);
    expect(existsSync(job.entryFile)).to.equal(false);
    expect(await readdir(join(job.home, '.sf', 'jwt-keys'))).to.deep.equal([]);
    expect(await readdir(join(job.home, '.sf', 'jwt-action'))).to.deep.equal([]);
    expect(JSON.stringify(left)).not.to.contain('"ci"');
  });

  it('takes the key with escaped line ends and as base64, and masks it in every form', async () => {
    for (const form of [job.key.replaceAll('\n', String.raw`\n`), Buffer.from(job.key).toString('base64')]) {
      const main = await step({ 'private-key': form, 'cli': 'false' });
      expect(main.status, main.raw).to.equal(0);
      const masks = main.commands.filter(({ name }) => name === 'add-mask').map(({ data }) => data);
      const lines = job.key.split('\n').filter((line) => line.length > 8 && !line.startsWith('-'));
      expect(masks).to.include.members([
        ...lines,
        job.key.trim().replaceAll('\n', String.raw`\n`),
        Buffer.from(job.key).toString('base64'),
        lines.join(''),
      ]);
      expect(masks.filter((mask) => mask.length < 8 || mask.startsWith('-----BEGIN PRIVATE KEY-----\n'))).to.deep.equal(
        [],
      );
    }
  });

  it('annotates a refused login with what the doctor finds first', async () => {
    const { key: other } = await pairOf('other');
    const main = await step({ 'private-key': other, 'cli': 'false' });
    expect(main.status).to.equal(1);
    const [error, ...more] = errors(main);
    expect(more).to.deep.equal([]);
    expect(error!.title).to.equal('Salesforce login failed: signature_mismatch');
    expect(error!.data.split('\n')).to.have.length.above(1);
    expect(main.summary).to.contain('### Salesforce login failed');
    expect(main.outputs).to.deep.equal({});
    const post = await step({}, main.state);
    expect([post.status, post.commands]).to.deep.equal([0, []]);
  });

  it('lets no value act as a command, an output, Markdown or HTML', async () => {
    const evil =
      'a@b.c\n::set-output name=x::y\n##[add-path]/evil %0A::stop-commands::x <img src=x> | `x` [l](javascript:0)';
    const refused = { error: 'invalid_grant\n::error::x', error_description: `no\r\n::add-mask::a ${evil}` };
    desk.workplace.org.faults.add({
      match: { path: /oauth2\/token/ },
      respond: { status: 400, body: JSON.stringify(refused) },
    });
    const main = await step({ username: evil, cli: 'false' });
    expect(main.status).to.equal(1);
    expect(new Set(main.commands.map(({ name }) => name))).to.deep.equal(new Set(['add-mask', 'error']));
    expect(errors(main)).to.have.lengthOf(1);
    for (const line of main.raw.split('\n').filter((each) => each.includes('##['))) expect(line).to.match(/^::error /);
    expect(main.summary).not.to.match(/<img|\[l\]|^::/m);
    desk.workplace.org.faults.clear();
    const alias = 'x\nname<<E\ny\nE\n::notice::z';
    const done = await step({ alias });
    expect([done.status, done.outputs['alias']]).to.deep.equal([0, alias]);
    expect(done.commands.map(({ name }) => name)).not.to.include('notice');
    await step({}, done.state);
  });
});
