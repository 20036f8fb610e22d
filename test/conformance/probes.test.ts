import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Answers } from '../../conformance/answers.js';
import { PROBES } from '../../conformance/probes/index.js';
import { DEFAULT_SWITCHES } from '../emulator/index.js';

const ROOT = join(import.meta.dirname, '..', '..');
const QUESTIONS = PROBES.flatMap(({ name, questions }) => questions.map((question) => ({ probe: name, ...question })));

describe('the probes of the conformance kit', () => {
  it('are the files of their folder, each by its name', () => {
    const files = readdirSync(join(ROOT, 'conformance', 'probes')).filter((file) => file !== 'index.ts');
    expect(PROBES.map(({ name }) => `${name}.ts`).sort()).to.deep.equal(files.sort());
  });

  it('say what they ask, what they change, how long they may take, and what they settle', () => {
    for (const { name, title, changes, limitSeconds, questions, byHand } of PROBES) {
      expect(title, name).to.match(/^[A-Z].{20,}[^.]$/);
      expect(changes, name).to.match(/^[a-z].{5,}[^.]$/);
      if (byHand !== undefined) continue;
      expect(limitSeconds, name).to.be.within(60, 3600);
      expect(questions, name).not.to.be.empty;
      const names = questions.map((question) => question.name);
      expect(new Set(names).size, name).to.equal(names.length);
    }
  });

  it('take back what they make, and say so', () => {
    for (const { name, changes, readOnly } of PROBES) {
      if (readOnly) expect(changes, name).to.match(/^nothing/);
      else expect(changes, name).to.match(/removed|deletes|for one login/);
    }
  });

  it('name switches that the local org has, and places of the plugin that exist', () => {
    for (const { probe, name, switches = [], reliesOn, notes } of QUESTIONS) {
      const where = `${probe}: ${name}`;
      expect(notes, where).to.match(/^\d+(\.\d+)?(, \d+(\.\d+)?)*$/);
      for (const entry of switches) expect(DEFAULT_SWITCHES, where).to.have.property(entry);
      if (reliesOn === undefined) continue;
      expect(existsSync(join(ROOT, reliesOn.file)), `${where}: ${reliesOn.file}`).to.equal(true);
      expect(readFileSync(join(ROOT, reliesOn.file), 'utf8'), where).to.contain(reliesOn.at);
    }
  });

  it('say what the answers mean, that of the local org first of all where a switch stands for it', () => {
    for (const { probe, name, switches, means, local } of QUESTIONS) {
      if (switches === undefined || local === undefined) continue;
      if (/\d/.test(local) && !Object.hasOwn(means, local)) continue;
      expect(Object.keys(means), `${probe}: ${name}`).to.include(local === 'at once' ? 'at once' : local);
    }
  });

  it('tell nothing from no answers', () => {
    for (const { probe, name, read } of QUESTIONS)
      expect(read(new Answers([])), `${probe}: ${name}`).to.equal(undefined);
  });
});
