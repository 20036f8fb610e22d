import { expect } from 'chai';
import { CannotRun } from '../../conformance/circumstances.js';
import { openKit } from '../../conformance/kit.js';
import { PROBES } from '../../conformance/probes/index.js';
import type { Probe } from '../../conformance/probe.js';
import { exitCodeOf, listOf, summaryOf, tableOf } from '../../conformance/report.js';
import { INTEGRATION_USER, KitOrg, PLAIN_USER, settingOf } from '../support/conformance.js';

const probe = (name: string, changes: Partial<Probe> = {}): Probe => {
  const found = PROBES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`No probe ${name}`);
  return { ...found, ...changes };
};

describe('the conformance kit at the local org', () => {
  let kit: KitOrg;
  let before: string;
  beforeEach(async () => {
    kit = await KitOrg.start();
    before = kit.dump();
  });
  afterEach(() => kit.stop());

  it('finds the local org to be like itself, and leaves it as it was', async () => {
    const recording = await kit.run(['expiry', 'replay', 'access-row', 'refused-files', 'license-name']);
    const verdicts = recording.probes.flatMap(({ verdicts: each }) => each);
    expect(verdicts.filter(({ agrees }) => agrees !== true)).to.deep.equal([]);
    expect(exitCodeOf(recording)).to.equal(0);
    expect(recording.org).to.deep.equal({ kind: 'developer', apiVersion: '67.0', devHub: true, local: true });
    expect(kit.dump()).to.equal(before);
  });

  it('tells an answer that differs, and ends with 1', async () => {
    kit.org.switches.expiryGraceSeconds = 300;
    const recording = await kit.run(['expiry', 'replay']);
    expect(exitCodeOf(recording)).to.equal(1);
    expect(settingOf(recording, 'expiryGraceSeconds')).to.equal(300);
    const table = tableOf(recording, 120);
    expect(table).to.match(/^expiry +seconds after exp +300 seconds +differs$/m);
    expect(table).to.match(/^ +exp in ten years +granted +agrees$/m);
    expect(summaryOf(recording)).to.equal(
      '7 answers: 6 as the local org gives them, 1 otherwise. 0 of 2 probes did not run to their end.',
    );
  });

  it('goes on after a probe that fails, one that takes too long and one that lacks something, and ends with 68', async () => {
    const slow = probe('forced-settings', { limitSeconds: 0.2 });
    kit.org.faults.add({ match: { path: /\/limits$/ }, drop: 'before' });
    kit.org.faults.add({ match: ({ body }) => body.includes('JwtConformanceForced'), latencyMs: 500 });
    const probes = [probe('revocation'), slow, probe('scratch-sign-up'), probe('sandbox-refresh'), probe('replay')];
    const { user: _, ...options } = kit.options([]);
    kit.org.data.identity.devHub = false;
    const opened = await openKit(kit.access, { ...options, probes });
    const recording = await opened.run();
    kit.org.faults.clear();
    await opened.tidy();
    const ends = recording.probes.map(({ probe: name, outcome, reason }) => [name, outcome, reason ?? '']);
    expect(ends).to.deep.equal([
      ['revocation', 'failed', ends[0]?.[2]],
      ['forced-settings', 'failed', 'it took longer than 0.2 seconds'],
      ['scratch-sign-up', 'impossible', 'the org is no Dev Hub'],
      ['sandbox-refresh', 'impossible', 'by hand: docs/conformance.md says how'],
      ['replay', 'answered', ''],
    ]);
    expect(ends[0]?.[2]).to.match(/^fetch failed: /);
    // What it asked before it failed is kept, and read.
    expect(recording.probes[0]?.verdicts.map(({ question }) => question)).to.deep.equal(['a token that lives']);
    expect(exitCodeOf(recording)).to.equal(68);
    expect(tableOf(recording, 120)).to.match(/not run: the org is no Dev Hub$/m);
    expect(kit.dump()).to.equal(before);
  });

  it('creates and changes nothing with --read-only', async () => {
    const since = kit.org.requests.length;
    const readers = PROBES.filter(({ readOnly }) => readOnly).map(({ name }) => name);
    const recording = await kit.run(readers, { readOnly: true });
    expect(recording.probes.flatMap(({ verdicts }) => verdicts)).to.have.length.above(5);
    expect(recording.probes.map(({ outcome }) => outcome)).not.to.include('failed');
    expect(kit.dump()).to.equal(before);
    const sent = kit.org.requests.slice(since).filter(({ method }) => method !== 'GET');
    const jobs = kit.org.data.deployments;
    expect(jobs.map(({ options }) => options.checkOnly)).to.deep.equal(jobs.map(() => true));
    expect(sent.map(({ path }) => path).filter((path) => /sobjects|oauth2/.test(path))).to.deep.equal([]);
  });

  it('gives a probe that says it only reads no means to change anything', async () => {
    const ask: Probe['ask'] = async (run) => {
      await run.create('made', 'PermissionSet', { Name: 'X', Label: 'X' });
    };
    const liar = probe('license-name', { ask });
    const [record] = (await kit.run([], { probes: [liar] })).probes;
    expect(record?.reason).to.match(/^A probe that only reads sent POST .*PermissionSet\.$/);
    expect(kit.dump()).to.equal(before);
  });

  it('leaves what it made with --keep, but no change of a user; the next start removes it', async () => {
    const takesLong = probe('refused-logins', {
      ask: async (run) => {
        await run.sharedApp();
        const { user } = run.circumstances;
        const undo = { object: 'User', id: user?.id ?? '', fields: { IsActive: true } };
        await run.change('inactive', undo, { IsActive: false });
        throw new Error('and ends here');
      },
    });
    await kit.run([], { probes: [takesLong], keep: true });
    expect(kit.org.user(PLAIN_USER)?.active).to.equal(true);
    expect(kit.org.apps.map(({ name }) => name)).to.deep.equal(['JwtConformanceShared']);
    const notes: string[] = [];
    const report = { ...kit.options([]).report, note: (line: string) => void notes.push(line) };
    await openKit(kit.access, { ...kit.options(['license-name']), report });
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/^An earlier run left something: \d+ components and changes removed\.$/);
    expect(kit.dump()).to.equal(before);
  });

  it('removes an app as a whole where its parts can’t be deleted by themselves', async () => {
    await kit.run(['replay'], { keep: true });
    const refused = { status: 400, body: '[{"errorCode":"UNKNOWN_EXCEPTION","message":"no"}]' };
    kit.org.faults.add({ match: { path: /deployRequest$/, method: 'POST' }, respond: refused, times: 1 });
    await kit.run(['license-name']);
    expect(kit.dump()).to.equal(before);
  });

  it('says what could not be removed', async () => {
    await kit.run(['replay'], { keep: true });
    kit.org.data.users.find(({ id }) => id === kit.org.admin.userId)?.permissions.clear();
    kit.org.faults.add({
      match: { path: /deployRequest$/, method: 'POST' },
      respond: { status: 500, body: 'UNKNOWN_EXCEPTION' },
    });
    await expectRefused(kit, {}, /^Not everything could be removed\. The org says: .*UNKNOWN_EXCEPTION/);
    kit.org.faults.clear();
    await kit.run(['license-name']);
    expect(kit.dump()).to.equal(before);
  });

  it('takes no admin, and no user who is not there, for one who may be frozen', async () => {
    const { username } = kit.org.admin;
    await expectRefused(kit, { user: username }, /^--user: .* is the admin who runs this\. Name another user\.$/);
    await expectRefused(kit, { integrationUser: username.toUpperCase() }, /^--integration-user: .* is the admin/);
    await expectRefused(
      kit,
      { user: "nob'ody@example.com" },
      /^--user: there is no user nob'ody@example\.com in the org\.$/,
    );
  });

  it('takes a user of the integration license for both', async () => {
    const { integrationUser: _, ...options } = kit.options(['integration-user']);
    const opened = await openKit(kit.access, { ...options, user: INTEGRATION_USER });
    const [record] = (await opened.run()).probes;
    await opened.tidy();
    expect(record?.verdicts.map(({ answer, agrees }) => [answer, agrees])).to.deep.equal([
      ['with View Setup', undefined],
      ['everybody', true],
    ]);
  });

  it('needs --yes-production in a production org, unless it only reads', async () => {
    const production = await KitOrg.start({ kind: 'production' });
    await expectRefused(production, {}, /^This is a production org that is no Developer Edition\..*--yes-production/);
    expect(production.org.data.deployments).to.deep.equal([]);
    const recording = await production.run(['license-name'], { readOnly: true });
    expect(recording.org.kind).to.equal('production');
    await production.stop();
  });

  it('takes an org that does not say what it is for production', async () => {
    kit.org.switches.organizationReaders = 'nobody';
    await expectRefused(kit, {}, /^This is a production org/);
  });

  it('stops when it is interrupted, and takes back what it made', async () => {
    const stopping = new AbortController();
    const report = {
      ...kit.options([]).report,
      begin: ({ name }: Probe) => {
        if (name === 'replay') stopping.abort();
      },
    };
    const recording = await kit.run(['expiry', 'replay', 'revocation'], { signal: stopping.signal, report });
    expect(recording.probes.map(({ probe: name, outcome }) => [name, outcome])).to.deep.equal([
      ['expiry', 'answered'],
      ['replay', 'failed'],
    ]);
    expect(kit.dump()).to.equal(before);
  });
});

describe('--list of the conformance kit', () => {
  it('says of each probe what it asks, needs, changes and settles', () => {
    const list = listOf(PROBES);
    for (const { name, title } of PROBES) expect(list).to.contain(name).and.to.contain(title);
    expect(list).to.match(/^refused-logins\n {2}asks .*\n {2}needs {4}user\n {2}changes .*\n {2}settles /m);
    expect(list).to.match(
      /settles {2}seconds after exp \[9\.9\]: expiryGraceSeconds, src\/salesforce\/token\/meaning\.ts/,
    );
  });
});

async function expectRefused(kit: KitOrg, more: Parameters<KitOrg['options']>[1], words: RegExp): Promise<void> {
  const error: unknown = await openKit(kit.access, kit.options([], more)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(CannotRun);
  expect((error as Error).message).to.match(words);
}
