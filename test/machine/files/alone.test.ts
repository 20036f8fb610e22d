import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import nodeFs, { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { whileAlone } from '../../../src/machine/files/alone.js';
import { failureOf } from '../../support/failures.js';

const WRITER = join(import.meta.dirname, '..', '..', 'support', 'pair-writer.ts');

describe('runs that write into the same folder', function () {
  this.timeout(120_000);

  let folder: string;
  const writers: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'alone-'));
  });
  afterEach(async () => {
    await Promise.all(
      writers.splice(0).map(async (writer) => {
        if (writer.exitCode !== null || writer.signalCode !== null) return;
        const exit = once(writer, 'exit');
        writer.kill('SIGKILL');
        await exit;
      }),
    );
    rmSync(folder, { recursive: true });
  });

  async function startWriter(): Promise<ChildProcess> {
    const writer = fork(WRITER, { execArgv: ['--import', 'tsx'] });
    writers.push(writer);
    await once(writer, 'message');
    return writer;
  }

  const ask = async (writer: ChildProcess, job: object): Promise<unknown> => {
    writer.send({ folder, ...job });
    const [answer] = (await once(writer, 'message')) as [unknown];
    return answer;
  };

  const claims = (): string[] => readdirSync(folder).filter((name) => name.startsWith('.sf-jwt-'));

  it('leave a pair, however often they race', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(startWriter));
    const kept = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      // Over nothing, over a pair, and, as when a certificate was lost, over one of both.
      if (round % 3 === 0) rmSync(join(folder, 'server.key'), { force: true });
      const answers = await Promise.all(all.map((writer, who) => ask(writer, { text: `${round}.${who}` })));
      expect(answers).to.deep.equal(all.map(() => 'written'));
      const [key, crt] = ['server.key', 'server.crt'].map((name) => readFileSync(join(folder, name), 'utf8'));
      expect(crt, `round ${round}`).to.equal(key);
      expect(readdirSync(folder).sort(), 'left behind').to.deep.equal(['server.crt', 'server.key']);
      kept.add(key!.split('.')[1]!);
    }
    expect(kept.size, 'writers that came last').to.be.above(1);
  });

  it('leave a pair where the files lie in two folders and are named in any order', async () => {
    const all = await Promise.all([1, 2].map(startWriter));
    const other = join(folder, 'other');
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(
        all.map((writer, who) => ask(writer, { text: `${round}.${who}`, other, reversed: who === 1 })),
      );
      expect(answers).to.deep.equal(['written', 'written']);
      const texts = [join(folder, 'server.key'), join(other, 'server.crt')].map((path) => readFileSync(path, 'utf8'));
      expect(new Set(texts).size, `round ${round}`).to.equal(1);
    }
  });

  it('are not kept waiting by one that was killed, and its claim goes', async () => {
    const writer = await startWriter();
    const exit = once(writer, 'exit');
    writer.send({ folder, text: 'killed', dies: true });
    await exit;
    expect(claims()).to.have.lengthOf(1);
    const started = performance.now();
    whileAlone([folder], () => undefined);
    expect(performance.now() - started).to.be.below(5_000);
    expect(claims()).to.deep.equal([]);
  });

  /** The name of a claim of this machine, as a run of this process has it. */
  function claimOf(pid: number): string {
    let name = '';
    whileAlone([folder], () => {
      [name = ''] = claims();
    });
    return name.replace(`-${process.pid}.`, `-${pid}.`).replace(/\d{15}/, '000000000000001');
  }

  it('give up on one that goes on and on, and name its claim', () => {
    const path = join(folder, claimOf(process.ppid));
    writeFileSync(path, '');
    let ran = false;
    const wait = { wait: 100, elsewhere: 100 };
    const { data } = failureOf('files_locked', () => whileAlone([folder], () => (ran = true), nodeFs, wait));
    expect(data).to.deep.equal({ path, folder });
    expect(ran).to.equal(false);
    expect(claims()).to.deep.equal([basename(path)]);
    rmSync(path);
    whileAlone([folder], () => (ran = true), nodeFs, wait);
    expect(ran).to.equal(true);
  });

  it('take an old claim for that of a process whose number is another’s today', () => {
    const path = join(folder, claimOf(process.ppid));
    writeFileSync(path, '');
    const anHourAgo = Date.now() / 1000 - 3600;
    utimesSync(path, anHourAgo, anHourAgo);
    whileAlone([folder], () => undefined, nodeFs, { wait: 0, elsewhere: 0 });
    expect(claims()).to.deep.equal([]);
  });

  it('wait for one on another machine as long as it may take', () => {
    const path = join(folder, claimOf(1).replace(/-[0-9a-f]{8}-1\./, '-00000000-1.'));
    writeFileSync(path, '');
    const started = performance.now();
    whileAlone([folder], () => undefined, nodeFs, { wait: 60_000, elsewhere: 200 });
    expect(performance.now() - started).to.be.at.least(200);
    expect(claims()).to.deep.equal([]);
  });

  it('leave nothing when the action fails', () => {
    const fail = (): never => {
      throw new Error('of the action');
    };
    expect(() => whileAlone([folder], fail)).to.throw('of the action');
    expect(claims()).to.deep.equal([]);
  });
});
