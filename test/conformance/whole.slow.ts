import { expect } from 'chai';
import { findSecrets } from '../../conformance/secret-scanner.js';
import { PROBES } from '../../conformance/probes/index.js';
import { exitCodeOf } from '../../conformance/report.js';
import type { Recording } from '../../conformance/recording.js';
import { settledBy } from '../emulator/like.js';
import { DEFAULT_SWITCHES, type OrgOptions } from '../emulator/index.js';
import { KitOrg } from '../support/conformance.js';
import { KitProgram, usersOf } from '../support/conformance-program.js';

describe('the whole conformance kit', function () {
  this.timeout(600_000);

  it('runs as a program at the local org: it agrees with itself, and its recording tells nothing of the org', async () => {
    const kit = await KitOrg.start();
    const program = await KitProgram.at(kit);
    const before = kit.dump();
    const { status, stdout, stderr } = await program.run(usersOf(kit));
    expect(stdout, stderr).to.match(/ 0 otherwise\. 1 of \d+ probes did not run to their end\./);
    expect(status).to.equal(0);
    expect(kit.dump()).to.equal(before);
    const [written] = await program.recordings();
    expectNoSecrets(written?.text ?? '', kit);
    expectAllAgree(written?.recording);
    await program.remove();
    await kit.stop();
  });

  it('writes a recording that a local org can be like', async () => {
    const kit = await KitOrg.start({
      switches: { expiryGraceSeconds: 60, ecaAtLoginHosts: 'nowhere', connectedAppCreation: 'allowed' },
    });
    const program = await KitProgram.at(kit);
    const { status } = await program.run([...usersOf(kit), '--only', 'expiry,hosts-and-audiences,signature']);
    expect(status).to.equal(1);
    const [written] = await program.recordings();
    expectNoSecrets(written?.text ?? '', kit);
    const { switches, kind } = settledBy(`${program.outputDir}/${written?.name ?? ''}`);
    expect(kind).to.equal('developer');
    expect(switches).to.deep.equal({
      maxApiVersion: 67,
      myDomainAudience: 'any',
      ecaAtLoginHosts: 'nowhere',
      expiryGraceSeconds: 60,
      signatureMismatch: 'by-type',
      appWithoutCertificate: 'unsupported_grant_type',
    });
    await program.remove();
    await kit.stop();
  });

  const kinds: Array<Partial<OrgOptions>> = [
    { kind: 'production' },
    { kind: 'sandbox' },
    { kind: 'scratch', devHub: false },
  ];
  for (const options of kinds) {
    it(`agrees with a local ${options.kind ?? ''} org, and leaves it as it was`, async () => {
      const kit = await KitOrg.start(options);
      const before = kit.dump();
      const recording = await kit.run([], { yesProduction: true });
      expectAllAgree(recording);
      expect(exitCodeOf(recording)).to.equal(options.devHub === false ? 68 : 0);
      expect(kit.dump()).to.equal(before);
      await kit.stop();
    });
  }
});

/** Every answer is the default's, and every question was answered that this org can answer. */
function expectAllAgree(recording: Recording | undefined): void {
  const records = recording?.probes ?? [];
  expect(records.map(({ probe }) => probe)).to.deep.equal(PROBES.map(({ name }) => name));
  expect(records.filter(({ outcome }) => outcome === 'failed')).to.deep.equal([]);
  const verdicts = records.flatMap((record) => record.verdicts);
  expect(verdicts.filter(({ agrees }) => agrees === false)).to.deep.equal([]);
  const settings = verdicts.flatMap((verdict) => Object.entries(verdict.settings ?? {}));
  expect(settings).to.have.length.above(30);
  for (const [name, setting] of settings)
    expect([name, setting]).to.deep.equal([name, DEFAULT_SWITCHES[name as keyof typeof DEFAULT_SWITCHES]]);
}

function expectNoSecrets(text: string, { org }: KitOrg): void {
  expect(text.length).to.be.above(50_000);
  expect(findSecrets(text)).to.deep.equal([]);
  const { users, orgId, sessions } = org.data;
  const tokens = [...sessions.keys(), ...org.requests.flatMap(({ responseBody }) => tokensIn(responseBody))];
  const secrets = [org.admin.accessToken, orgId.slice(0, 15), new URL(org.url).host, ...tokens];
  expect(tokens).to.have.length.above(10);
  for (const secret of secrets)
    expect(text.includes(secret), `the recording holds ${secret.slice(0, 6)}…`).to.equal(false);
  for (const { username, id } of users) {
    expect(text).not.to.contain(username);
    expect(text).not.to.contain(id.slice(0, 15));
  }
}

const tokensIn = (body: string): string[] =>
  [...body.matchAll(/"(?:access_token|key|secret)":"([^"]+)"|<consumer(?:Key|Secret)>([^<]+)</g)].map(
    ([, first, second]) => first ?? second ?? '',
  );
