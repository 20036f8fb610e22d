import { expect } from 'chai';
import { PROBES } from '../../conformance/probes/index.js';
import type { OrgOptions } from '../emulator/index.js';
import type { Switches } from '../emulator/switches.js';
import { KitOrg, settingOf } from '../support/conformance.js';

type Sides = {
  [Name in keyof Switches]?: ReadonlyArray<readonly [setting: Switches[Name], more?: Partial<OrgOptions>]>;
};

const ALLOWED = { connectedAppCreation: 'allowed' } as const;
const production: Partial<OrgOptions> = { kind: 'production' };

/**
 * The settings of every switch that a probe claims to settle, with what else the org has to be like for the difference to
 * show. A number is told within what a probe can measure.
 */
const SIDES: Sides = {
  organizationReaders: [['all-but-minimal'], ['setup-viewers'], ['everybody'], ['nobody']],
  scratchOrgInfoReaders: [['everybody'], ['setup-viewers']],
  myDomainAudience: [['any'], ['matching']],
  ecaAtLoginHosts: [['login'], ['nowhere']],
  genericLogins: [['allowed'], ['refused']],
  expiryGraceSeconds: [[0], [60], [180], [300]],
  signatureMismatch: [
    ['by-type', { switches: ALLOWED }],
    ['invalid_assertion', { switches: ALLOWED }],
    ['invalid_client', { switches: ALLOWED }],
  ],
  appWithoutCertificate: [['unsupported_grant_type'], ['signature_mismatch']],
  ecaKeySettable: [[true], ['ignored'], ['rejected']],
  consumerKeyReadable: [[true], [false], ['empty']],
  oauthCredentialsApi: [['disabled'], ['enabled']],
  certificateReadback: [['as-sent'], ['pem'], ['base64'], ['base64-of-pem'], ['omitted']],
  certificateChain: [['refused'], ['first-taken']],
  omittedCertificate: [['removed'], ['kept'], ['kept', { switches: { certificateReadback: 'omitted' } }]],
  omittedFields: [['reset'], ['kept']],
  ecCertificate: [['accepted'], ['refused']],
  expiredCertificate: [['accepted'], ['refused']],
  expiredCertificateGrant: [['accepted'], ['refused']],
  certificateMaxBytes: [[4096], [65_536]],
  defaultPolicyTiming: [['after-package'], ['with-settings']],
  accessRowCreated: [[true], [false]],
  pkceRequired: [['forced'], ['as-deployed']],
  dPopField: [['returned'], ['unknown']],
  labelRequired: [[true], [false]],
  contactEmail: [['checked'], ['taken']],
  orgScopedExternalAppOnUpdate: [['accepted'], ['refused']],
  propagationAnswers: [
    [['invalid_client_id', 'app_not_found', 'not_approved'], { switches: { propagationMs: 3000 } }],
    [['invalid_app_access'], { switches: { propagationMs: 1500 } }],
  ],
  tokenResponseExtras: [['by-app'], ['always'], ['never']],
  repeatedGrant: [['new-token'], ['same-token']],
  onlyRefreshScope: [['refused'], ['issued']],
  connectedAppCreation: [['blocked'], ['allowed']],
  connectedAppBlockedStatusCode: [['UNKNOWN_EXCEPTION'], ['FUNCTIONALITY_NOT_ENABLED']],
  productionTests: [
    ['required', production],
    ['level-required', production],
    ['fail', production],
    ['pass', production],
  ],
  finalizing: [
    ['none'],
    ['Finalizing', { switches: { deployMs: 3000 } }],
    ['FinalizingDeploy', { switches: { deployMs: 3000 } }],
  ],
  deploymentsQueryable: [[true], [false]],
  deadTokenRevocation: [['invalid_token'], ['unsupported_token_type']],
  singleAccess: [['served'], ['missing']],
  previewSignUp: [['active-without-app'], ['C-1016']],
  integrationMayDeploy: [[true], [false]],
  assignedPermissionSetDeletion: [['refused'], ['allowed']],
};

const claimed = PROBES.flatMap(({ name, questions }) =>
  questions.flatMap(({ switches = [] }) => switches.map((entry) => [entry as keyof Switches, name] as const)),
);

describe('the conformance kit tells the settings of a switch apart', () => {
  it('for every switch that a probe claims to settle, both sides at least', () => {
    // How long a new app takes is measured, not told: see below.
    const names: string[] = claimed.map(([name]) => name).filter((name) => name !== 'propagationMs');
    const sides = (name: string): number =>
      new Set(SIDES[name as keyof Switches]?.map(([side]) => JSON.stringify(side))).size;
    expect(names.filter((name) => sides(name) < 2)).to.deep.equal([]);
    expect(Object.keys(SIDES).filter((name) => !names.includes(name))).to.deep.equal([]);
  });

  for (const [name, probe] of claimed) {
    for (const [side, more = {}] of SIDES[name] ?? []) {
      const beside = JSON.stringify(more) === '{}' ? '' : `, ${JSON.stringify(more)}`;
      it(`${name}: ${JSON.stringify(side)}${beside}`, async () => {
        const kit = await KitOrg.start({ ...more, switches: { ...more.switches, [name]: side } });
        const before = kit.dump();
        const recording = await kit.run([probe], { yesProduction: true });
        expect(recording.probes.map(({ outcome, reason }) => [outcome, reason])).to.deep.equal([
          ['answered', undefined],
        ]);
        expect(settingOf(recording, name)).to.deep.equal(side);
        expect(kit.dump()).to.equal(before);
        await kit.stop();
      });
    }
  }

  it('propagationMs: measured, within the time between two looks', async () => {
    for (const propagationMs of [0, 2000]) {
      const kit = await KitOrg.start({ switches: { propagationMs } });
      const measured = settingOf(await kit.run(['propagation']), 'propagationMs');
      if (propagationMs === 0) expect(measured).to.equal(0);
      else expect(measured).to.be.above(300);
      await kit.stop();
    }
  });
});
