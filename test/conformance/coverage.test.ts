import { expect } from 'chai';

import { PROBES } from '../../conformance/probes/index.js';
import { EVIDENCE, WITHOUT_PROBE } from '../emulator/evidence.js';
import { DEFAULT_SWITCHES, type Switches } from '../emulator/switches.js';

const NAMES = Object.keys(DEFAULT_SWITCHES) as (keyof Switches)[];
const PROBED = new Set(PROBES.flatMap(({ questions }) => questions.flatMap(({ switches }) => switches ?? [])));

describe('the probes of the conformance kit', () => {
  it('settle every switch that stands for something about real orgs, or it is said why none does', () => {
    const claims = NAMES.filter((name) => EVIDENCE[name].stands !== 'chosen');
    expect(claims.filter((name) => !PROBED.has(name) && WITHOUT_PROBE[name] === undefined)).to.deep.equal([]);
    for (const [name, reason] of Object.entries(WITHOUT_PROBE)) {
      expect(PROBED.has(name), `${name} has a probe by now`).to.equal(false);
      expect(claims, `${name} is no claim`).to.include(name);
      expect(reason).to.match(/^[A-Z].{20,}\.$/);
    }
  });

  it('name no switch that the local org does not have', () => {
    expect([...PROBED].filter((name) => !NAMES.includes(name as keyof Switches))).to.deep.equal([]);
  });
});
