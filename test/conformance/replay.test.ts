import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import type { Json, Recording } from '../../conformance/recording.js';
import type { Org } from '../emulator/index.js';
import { deploy, metadataXml, packageXml, zip } from '../emulator/testkit/packages.js';
import { Bindings } from './bindings.js';
import { compareElements, compareJson, type Difference } from './compare.js';
import { CI_USER, replayLocally, type Stage } from './local-replay.js';
import type { Replayed } from './replay.js';
import { parseXml } from '../emulator/metadata/xml.js';

const FOLDER = join(import.meta.dirname, '..', '..', 'conformance', 'recordings');
/** Not those that a run at the local org has left. */
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .filter((name) => (JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Recording).org.local !== true);

/**
 * Where the local org is to answer otherwise: of which exchange of a probe, where in the answer (`*` is all of it), and why. One that is
 * no difference any more fails the test.
 */
const EXCEPTIONS: { recording: string; probe: string; label: string; where: string; reason: string }[] = [
  {
    recording: 'published-deploy-status-2021.json',
    probe: 'deploy-status',
    label: 'status',
    where: 'Envelope.Body.checkDeployStatusResponse.result.details.componentFailures.problem',
    reason:
      'The deployment was not published, only its end. It fails here in the same form of words, of another field.',
  },
  {
    recording: 'published-organization-record-2022.json',
    probe: 'organization-record',
    label: 'record',
    where: 'Address',
    reason: 'A compound field, which rows of the local org do not have; its parts are there.',
  },
  {
    recording: 'published-token-samples.json',
    probe: 'token-response-extras',
    label: 'client credentials',
    where: '*',
    reason:
      'The local org refuses this grant type; the sample is kept for the members that such tokens have in common.',
  },
];

/** What was there before the first recorded request: nobody recorded how it came about. */
const STAGES: Record<string, Stage> = {
  'published-token-samples.json': (org, certificate, bindings) => {
    addApp(org, certificate, bindings, ['Web', 'OpenID', 'Api', 'Full', 'RefreshToken']);
    bindings.set('client-secret-1', org.data.consumers[0]?.secret ?? '');
    bindings.set('client-id-2', 'another').set('client-secret-2', 'secret');
  },
  'published-token-of-a-site.json': (org, certificate, bindings) => {
    addApp(org, certificate, bindings, ['Web', 'Api', 'RefreshToken']);
    bindings.set('site-1', 'portal').set('host-2', new URL(org.url).host);
  },
  'published-login-rate-2026.json': (org, certificate, bindings) => {
    addApp(org, certificate, bindings, ['Api', 'RefreshToken']);
    org.switches.loginsPerUserAndHour = 0;
  },
  'published-deploy-status-2021.json': async (org, _certificate, bindings) => {
    const apex = (name: string): Record<string, string> => ({
      [`classes/${name}.cls`]: `public class ${name} {}`,
      [`classes/${name}.cls-meta.xml`]: APEX_META,
    });
    const files = {
      'package.xml': packageXml({
        ApexClass: ['One', 'Two'],
        ExternalClientApplication: ['App'],
        [POLICY]: ['Policy'],
      }),
      ...apex('One'),
      ...apex('Two'),
      'externalClientApps/App.eca': metadataXml('ExternalClientApplication', [
        ['distributionState', 'Local'],
        ['label', 'App'],
      ]),
      'extlClntAppOauthPolicies/Policy.ecaOauthPlcy': metadataXml(POLICY, [
        ['commaSeparatedPermissionSet', 'Nobody'],
        ['externalClientApplication', 'App'],
        ['label', 'Policy'],
      ]),
    };
    // The highest version of that summer.
    bindings.set('api-version-1', '52.0').set('id-0Af-1', (await deploy(org, await zip(files))).id);
  },
};

const POLICY = 'ExtlClntAppOauthConfigurablePolicies';
const APEX_META = metadataXml('ApexClass', [
  ['apiVersion', '62.0'],
  ['status', 'Active'],
]);

function addApp(org: Org, certificate: string, bindings: Bindings, scopes: string[]): void {
  org.setup.createPermissionSet('Ci');
  org.setup.assignPermissionSet(CI_USER, 'Ci');
  const app = { name: 'Ci', certificate, adminApproved: true, permissionSets: ['Ci'], scopes };
  bindings.set('client-id-1', org.setup.createExternalClientApp(app));
}

describe('recordings, asked of the local org again', () => {
  for (const name of NAMES) {
    it(`${name}: the same status, shape and fixed texts`, async () => {
      const answers = await replayLocally(join(FOLDER, name), STAGES[name]);
      const exceptions = EXCEPTIONS.filter(({ recording }) => recording === name);
      const covers = ({ probe, label }: Replayed, where: string): boolean =>
        exceptions.some(
          (each) => each.probe === probe && each.label === label && (each.where === '*' || each.where === where),
        );
      const unserved = answers.filter((answer) => answer.outcome === 'unserved' && !covers(answer, '*'));
      expect(unserved.map(({ label }) => label)).to.deep.equal([]);
      const found = answers.flatMap((answer) =>
        answer.differences
          .filter(({ where }) => !covers(answer, where))
          .map((difference) => ({ probe: answer.probe, label: answer.label, ...difference })),
      );
      expect(found).to.deep.equal([]);
      for (const { probe, label, where, reason } of exceptions) {
        const met = answers.some((answer) => answer.probe === probe && answer.label === label && isMet(answer, where));
        expect(met, `no difference any more: ${where} of ${probe}, ${label}`).to.equal(true);
        expect(reason).to.match(/^[A-Z].{30,}\.$/);
      }
    });
  }

  it('are all the ones that exceptions speak of', () => {
    expect(NAMES).to.include.members([
      ...new Set(EXCEPTIONS.map(({ recording }) => recording)),
      ...Object.keys(STAGES),
    ]);
  });
});

const isMet = ({ outcome, differences }: Replayed, where: string): boolean =>
  where === '*'
    ? outcome !== 'asked' || differences.length > 0
    : differences.some((difference) => difference.where === where);

describe('the comparison of a recorded answer with one of the local org', () => {
  const inJson = (recorded: Json, local: Json): Difference[] => compareJson('', recorded, local, new Bindings());
  const inXml = (recorded: string, local: string, texts: 'fixed' | 'all' = 'fixed'): Difference[] =>
    compareElements('', parseXml(recorded), parseXml(local), { bindings: new Bindings(), texts });

  it('sees a member that is missing, added, or of another type, deep down, and a list that is none', () => {
    const local = { a: { b: '1', d: 2 }, c: [{ e: true }], f: {} };
    expect(inJson({ a: { b: 1, c: 2 }, c: [{ e: 'true' }], f: [] }, local)).to.deep.equal([
      { where: 'a.b', recorded: 'number', local: 'string' },
      { where: 'a.c', recorded: 'there', local: 'missing' },
      { where: 'a.d', recorded: 'missing', local: 'there' },
      { where: 'c[0].e', recorded: 'string', local: 'boolean' },
      { where: 'f', recorded: 'list', local: 'object' },
    ]);
    expect(inJson({ a: null, b: 'x', c: 3 }, { a: 'y', b: null, c: 4 })).to.deep.equal([]);
    expect(inJson({ a: { b: 1 } }, { a: null })).to.deep.equal([{ where: 'a', recorded: 'object', local: 'null' }]);
  });

  it("compares the words that are the server's own, and with them what a placeholder stood for before", () => {
    const recorded = { error: 'invalid_grant', note: 'one', message: 'no {name-1} in {name-1}' };
    expect(inJson(recorded, { error: 'invalid_grant', note: 'two', message: 'no App in App' })).to.deep.equal([]);
    expect(inJson(recorded, { error: 'invalid_client', note: 'two', message: 'no App in Bpp' })).to.deep.equal([
      { where: 'error', recorded: 'invalid_grant', local: 'invalid_client' },
      { where: 'message', recorded: 'no {name-1} in {name-1}', local: 'no App in Bpp' },
    ]);
  });

  it('lets one org hold more than another, each entry looking like one of the recorded', () => {
    const local = [{ id: '1', n: 1 }, { id: '2', n: 2 }, { n: 3 }];
    expect(inJson([{ n: 7 }], local)).to.deep.equal([]);
    expect(inJson([{ n: 7 }, { m: 7 }], local)).to.have.length(2);
  });

  it('sees elements of XML that are missing, added, in another order or of other fixed words', () => {
    expect(inXml('<a><b/><c/><c/></a>', '<a><b/><c/></a>')).to.deep.equal([]);
    expect(inXml('<a><b/><c/></a>', '<a><c/><b/></a>')).to.deep.equal([
      { where: 'a', recorded: 'b, c', local: 'c, b' },
    ]);
    expect(inXml('<a><b/></a>', '<a><c/></a>')).to.deep.equal([
      { where: 'a.b', recorded: 'there', local: 'missing' },
      { where: 'a.c', recorded: 'missing', local: 'there' },
    ]);
    const [one, other] = ['<a><status>x</status><id>1</id></a>', '<a><status>y</status><id>2</id></a>'];
    expect(inXml(one, other).map(({ where }) => where)).to.deep.equal(['a.status']);
    expect(inXml(one, other, 'all').map(({ where }) => where)).to.deep.equal(['a.status', 'a.id']);
  });

  it('takes ids of 15 and of 18 characters for the same, and nothing else', () => {
    const bindings = new Bindings().set('id-00D-1', '00D000000000001EAA').set('name-1', 'App');
    expect(bindings.matches('{id-00D-1}:{name-1}', '00D000000000001:App')).to.equal(true);
    expect(bindings.matches('{id-00D-1}', '00D000000000002EAA')).to.equal(false);
    expect(bindings.matches('{name-1}', 'App2')).to.equal(false);
    expect(() => bindings.fill('{id-005-9}')).to.throw('Nothing is known of {id-005-9}');
    expect(bindings.fill('{client-id-9}'))
      .to.equal(bindings.fill('{client-id-9}'))
      .and.not.to.equal(bindings.fill('{client-id-8}'));
  });
});
