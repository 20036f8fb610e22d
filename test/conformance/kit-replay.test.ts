import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import type { Recording } from '../../conformance/recording.js';
import { settledBy } from '../emulator/like.js';
import type { Switches } from '../emulator/switches.js';
import { KitOrg } from '../support/conformance.js';
import { replayLocally } from './local-replay.js';
import type { Replayed } from './replay.js';

/** An org that is as unlike the local org's defaults as those of the probes can tell that take no time. */
const UNLIKE: Partial<Switches> = {
  pkceRequired: 'as-deployed',
  dPopField: 'unknown',
  deadTokenRevocation: 'unsupported_token_type',
  singleAccess: 'missing',
  signatureMismatch: 'invalid_assertion',
  appWithoutCertificate: 'signature_mismatch',
  tokenResponseExtras: 'always',
  contactEmail: 'taken',
  labelRequired: false,
  scratchOrgInfoReaders: 'setup-viewers',
};

const PROBES = [
  ...['license-name', 'app-settings', 'refused-files', 'hosts-and-audiences', 'replay', 'signature', 'revocation'],
  ...['client-id-readback', 'single-access', 'token-response', 'forced-settings', 'sent-back', 'connected-app'],
  ...['deployment', 'ended-app', 'integration-user', 'refused-logins'],
];

describe('a recording of the kit', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sf-jwt-kit-replay-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const recordedAt = async (switches: Partial<Switches>, probes: string[]): Promise<Recording> => {
    const kit = await KitOrg.start({ switches });
    try {
      return await kit.run(probes);
    } finally {
      await kit.stop();
    }
  };
  const written = async (name: string, recording: Recording): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, JSON.stringify(recording));
    return file;
  };
  const differing = (answers: Replayed[]): string[] =>
    answers.flatMap(({ probe, label, differences }) =>
      differences.map(({ where, recorded, local }) => `${probe}, ${label}: ${where} ${recorded} → ${local}`),
    );

  it('makes another local org answer every request likewise, whatever its switches are', async () => {
    const recording = await recordedAt(UNLIKE, PROBES);
    expect(recording.probes.map(({ outcome }) => outcome)).to.deep.equal(PROBES.map(() => 'answered'));
    const file = await written('unlike.json', recording);
    expect(settledBy(file).switches).to.include(UNLIKE);
    const answers = await replayLocally(file);
    expect(differing(answers)).to.deep.equal([]);
    // A changed assertion can't be made again from what is told of it.
    const left = answers.filter(({ outcome }) => outcome !== 'asked').map(({ probe, label }) => `${probe}, ${label}`);
    expect(left).to.deep.equal(['signature, changed payload', 'signature, not a JWT']);
    expect(answers).to.have.length.above(250);
  });

  it('differs where a switch is another one', async () => {
    const recording = await recordedAt({ deadTokenRevocation: 'unsupported_token_type' }, ['revocation']);
    const probes = recording.probes.map((probe) => ({ ...probe, verdicts: [] }));
    const answers = await replayLocally(await written('forgetful.json', { ...recording, probes }));
    const all = differing(answers);
    expect(all).to.have.length.above(0);
    expect(
      all.filter((line) => !line.includes('unsupported_token_type') && !line.includes('error_description')),
    ).to.deep.equal([]);
  });
});
