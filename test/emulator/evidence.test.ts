import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

import { EVIDENCE } from './evidence.js';
import { fits, SETTINGS } from './settings.js';
import { DEFAULT_SWITCHES, type Switches } from './switches.js';
import { switchesTable } from './switches-table.js';

const ROOT = join(import.meta.dirname, '..', '..');
const NAMES = Object.keys(DEFAULT_SWITCHES) as (keyof Switches)[];

describe('local org: on what its switches stand', () => {
  it('is told of every switch, in one line, with whoever saw or wrote it', () => {
    expect(Object.keys(EVIDENCE).sort()).to.deep.equal([...NAMES].sort());
    for (const name of NAMES) {
      const { stands, observation, sources } = EVIDENCE[name];
      expect(observation, name).to.match(/^.{15,120}$/);
      if (['recorded', 'reported', 'documented'].includes(stands)) expect(sources, name).not.to.have.length(0);
    }
  });

  it('every default is one of the settings that its switch has', () => {
    expect(Object.keys(SETTINGS).sort()).to.deep.equal([...NAMES].sort());
    for (const name of NAMES) expect(fits(SETTINGS[name], DEFAULT_SWITCHES[name]), name).to.equal(true);
  });

  it('is shown as a table, a line for each switch', () => {
    const lines = switchesTable().trimEnd().split('\n');
    expect(lines[0]).to.match(/^Switch +Setting +Stands on +Observation$/);
    expect(lines).to.have.length(NAMES.length + 2);
    for (const [index, name] of NAMES.entries()) {
      const line = lines[index + 2] ?? '';
      expect(line).to.match(new RegExp(`^${name} `));
      expect(line).to.contain(` ${EVIDENCE[name].stands} `).and.to.contain(EVIDENCE[name].observation);
    }
    const columns = lines.map((line) => line.split(/ {2,}/));
    const row = (name: string): string[] | undefined => columns.find(([first]) => first === name);
    expect(row('deployMs')?.slice(0, 3)).to.deep.equal(['deployMs', '50', 'chosen']);
    expect(row('pkceRequired')?.slice(0, 3)).to.deep.equal(['pkceRequired', 'forced', 'reported']);
    expect(row('propagationAnswers')?.[1]).to.equal('invalid_client_id, app_not_found, not_approved');
  });

  it('is printed by "npm run emulator -- --switches", with what a recording settles in its place', async () => {
    const script = ['--import', 'tsx', join('test', 'emulator', 'main.ts'), '--switches'];
    const like = join('conformance', 'recordings', 'published-eca-retrieve-2024.json');
    const run = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)(process.execPath, [...script, ...args], { cwd: ROOT })).stdout;
    const [plain, settled] = await Promise.all([run(), run('--like', like)]);
    expect(plain).to.equal(switchesTable());
    expect(settled).to.match(/^pkceRequired +as-deployed +this recording +.*published-eca.*; by default forced$/m);
    expect(settled).to.match(/^omittedFields +reset +inferred /m);
  });
});
