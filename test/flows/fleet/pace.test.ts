import { expect } from 'chai';
import fc from 'fast-check';
import { workOff, type Attempt, type Paced, type Task } from '../../../src/flows/fleet/pace.js';
import { VirtualTime } from '../../support/virtual-time.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** When each attempt began, in milliseconds from the start, and how many were under way. */
type Log = Array<{ name: string; at: number; running: number }>;

class Bench {
  public readonly time = new VirtualTime();
  public readonly log: Log = [];
  public readonly pauses: string[] = [];
  public readonly done: string[] = [];
  private readonly start = this.time.now();
  private running = 0;

  /** A task whose attempts take some time and say what `answer` says. */
  public task(
    name: string,
    host: string,
    answer: (nth: number, elapsed: number) => Attempt<string>,
    duration = 100,
  ): Task<string> {
    let nth = 0;
    return {
      host,
      attempt: async () => {
        nth += 1;
        this.running += 1;
        this.log.push({ name, at: this.elapsed, running: this.running });
        await this.time.sleep(duration);
        this.running -= 1;
        return answer(nth, this.elapsed);
      },
    };
  }

  public get elapsed(): number {
    return this.time.now() - this.start;
  }

  public async workOff(tasks: Array<Task<string>>, concurrency = 8, wait = 10 * MINUTE): Promise<Array<Paced<string>>> {
    const onPause = ({ host }: Task<string>): void => void this.pauses.push(host);
    const onDone = (_: Task<string>, { result }: Paced<string>): void => void this.done.push(result);
    return this.time.until(workOff(tasks, { concurrency, wait, onPause, onDone }, this.time));
  }

  public startsOf(name: string): number[] {
    return this.log.filter((entry) => entry.name === name).map(({ at }) => at);
  }
}

const ok = (result: string): Attempt<string> => ({ result });
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe('the pace of a fleet', () => {
  it('works off everything, in the order of the tasks, never more at a time than it may', async () => {
    const bench = new Bench();
    const tasks = many(50, (i) => bench.task(`t${i}`, `h${i % 7}`, () => ok(`r${i}`)));
    const results = await bench.workOff(tasks, 8);
    expect(results).to.deep.equal(many(50, (i) => ({ result: `r${i}`, waited: 0 })));
    expect(bench.log.map(({ name }) => name)).to.deep.equal(many(50, (i) => `t${i}`));
    expect(Math.max(...bench.log.map(({ running }) => running))).to.equal(8);
    expect(bench.elapsed).to.equal(700);
    expect(bench.done).to.have.length(50);
  });

  it('has who waited longest begin first, though time goes on while it looks', async () => {
    for (let early = 0; early < 20; early++) {
      const time = new VirtualTime();
      const begun: string[] = [];
      const task = (name: string): Task<string> => ({
        host: 'a',
        attempt: () => {
          begun.push(name);
          const limit = { scope: 'host', retryAfter: 5 * SECOND } as const;
          return Promise.resolve(begun.length === 1 ? { result: '503', limit } : ok(name));
        },
      });
      let looks = 0;
      const clock = {
        now: () => time.now() + looks++,
        sleep: (milliseconds: number) => time.sleep(Math.max(0, milliseconds - early)),
      };
      const pace = { concurrency: 2, perHost: 1, wait: MINUTE, onPause: () => undefined, onDone: () => undefined };
      await time.until(workOff([task('limited'), task('waiting')], pace, clock));
      expect(begun).to.deep.equal(['limited', 'waiting', 'limited']);
    }
  });

  it('stays away from a host for as long as it says, while the other hosts go on', async () => {
    const bench = new Bench();
    const busy = bench.task('busy', 'a', (nth) =>
      nth === 1 ? { result: '429', limit: { scope: 'host', retryAfter: 30 * SECOND } } : ok('in'),
    );
    const later = bench.task('later', 'a', () => ok('in'));
    const others = many(20, (i) => bench.task(`other${i}`, `b${i}`, () => ok('in')));
    const results = await bench.workOff([busy, ...others, later], 2);
    expect(results.map(({ result }) => result)).to.deep.equal(many(22, () => 'in'));
    // One at a time now, and who has waited in line goes first.
    expect(bench.startsOf('later')).to.deep.equal([30_100]);
    expect(bench.startsOf('busy')).to.deep.equal([0, 30_200]);
    expect(bench.startsOf('other19')[0]).to.be.below(3_000);
    expect(results[0]!.waited).to.equal(30_200);
    expect(bench.pauses).to.deep.equal(['a']);
  });

  for (const retryAfter of [0, 1, 999]) {
    it(`waits longer each time where ${retryAfter} ms are asked for, as by a date that is past`, async () => {
      const bench = new Bench();
      const busy = bench.task('busy', 'a', () => ({ result: '429', limit: { scope: 'host', retryAfter } }));
      await bench.workOff([busy], 8, 5 * MINUTE);
      const starts = bench.startsOf('busy');
      expect(starts.length).to.be.below(15);
      expect(starts[1]! - starts[0]!).to.equal(1_100);
      expect(starts[2]! - starts[1]!).to.equal(2_100);
    });
  }

  it('holds up nobody but the one user who has logged in too often', async () => {
    const bench = new Bench();
    const often = bench.task('often', 'a', (nth) =>
      nth < 4 ? { result: 'rate', limit: { scope: 'login' } } : ok('in'),
    );
    const others = many(10, (i) => bench.task(`other${i}`, 'a', () => ok('in')));
    await bench.workOff([often, ...others], 1);
    expect(bench.startsOf('other9')[0]).to.be.at.most(1_100);
    // one second, two, four, each from the end of the attempt before, or when there is room
    const [first, second, third, fourth] = bench.startsOf('often');
    expect(first).to.equal(0);
    expect(second).to.be.within(1_100, 1_200);
    expect(third! - second!).to.equal(2_100);
    expect(fourth! - third!).to.equal(4_100);
  });

  it('gives a host half as many at a time after each round of limits, and one more after a good one', async () => {
    const bench = new Bench();
    let refusals = 16;
    const tasks = many(40, (i) =>
      bench.task(`t${i}`, 'a', () => {
        refusals -= 1;
        return refusals >= 0 ? { result: '503', limit: { scope: 'host', retryAfter: SECOND } } : ok('in');
      }),
    );
    const results = await bench.workOff(tasks, 8);
    expect(results.every(({ result }) => result === 'in')).to.equal(true);
    // Eight at once are refused, then four, then two, then one and one again: 8 + 4 + 2 + 1 + 1 = 16.
    const rounds = new Map<number, number>();
    for (const { at } of bench.log) rounds.set(at, (rounds.get(at) ?? 0) + 1);
    expect([...rounds.values()].slice(0, 8)).to.deep.equal([8, 4, 2, 1, 1, 1, 2, 3]);
    expect(Math.max(...[...rounds.values()].slice(8)), 'grows again').to.be.above(3);
  });

  it('gives up after the wait, with the last answer, and asks everything at least once', async () => {
    const bench = new Bench();
    const refuse = (): Attempt<string> => ({ result: 'full', limit: { scope: 'host', retryAfter: 20 * SECOND } });
    const tasks = [...many(5, (i) => bench.task(`t${i}`, 'a', refuse)), bench.task('fine', 'b', () => ok('in'))];
    const results = await bench.workOff(tasks, 8, MINUTE);
    expect(results.map(({ result }) => result)).to.deep.equal([...many(5, () => 'full'), 'in']);
    for (const i of [0, 1, 2, 3, 4]) expect(bench.startsOf(`t${i}`)).to.have.length.above(0);
    expect(bench.elapsed).to.be.within(40 * SECOND, MINUTE + 6 * SECOND);
    expect(bench.time.pending, 'nobody sleeps on').to.equal(0);
  });

  it('asks once and no more where nothing may be waited out, or the host wants more time than there is', async () => {
    for (const [wait, retryAfter] of [
      [0, 1],
      [MINUTE, 3600 * SECOND],
    ] as const) {
      const bench = new Bench();
      const refuse = (): Attempt<string> => ({ result: 'full', limit: { scope: 'host', retryAfter } });
      const results = await bench.workOff(
        many(4, (i) => bench.task(`t${i}`, 'a', refuse)),
        2,
        wait,
      );
      expect(bench.log).to.have.length(4);
      expect(results.map(({ waited }) => waited)).to.deep.equal([0, 0, 0, 0]);
      expect(bench.time.pending).to.equal(0);
    }
  });

  it('comes to an end with every result, whatever the limits are', async () => {
    const limit = fc.record({
      scope: fc.constantFrom('login' as const, 'org' as const, 'host' as const),
      retryAfter: fc.option(fc.integer({ min: 0, max: 900_000 }), { nil: undefined }),
    });
    const work = fc.array(
      fc.record({
        host: fc.constantFrom('a', 'b', 'c'),
        limits: fc.array(limit, { maxLength: 8 }),
        took: fc.nat(3_000),
      }),
      { maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(
        work,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 600_000 }),
        async (rows, concurrency, wait) => {
          const bench = new Bench();
          const tasks = rows.map(({ host, limits, took }, i) =>
            bench.task(`t${i}`, host, (nth) => ({ result: `r${i}`, limit: limits[nth - 1] }), took),
          );
          const results = await bench.workOff(tasks, concurrency, wait);
          expect(results.map(({ result }) => result)).to.deep.equal(rows.map((_, i) => `r${i}`));
          expect(Math.max(0, ...bench.log.map(({ running }) => running))).to.be.at.most(concurrency);
          expect(new Set(bench.log.map(({ name }) => name)).size).to.equal(rows.length);
          for (const { waited } of results) expect(waited).to.be.at.most(wait + 25 * 8 * 3_000);
          expect(bench.time.pending, 'nobody sleeps on').to.equal(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
