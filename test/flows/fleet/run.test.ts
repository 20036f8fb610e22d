import { expect } from 'chai';
import fc from 'fast-check';
import { Failure, isFailure } from '../../../src/failure.js';
import { limitOf } from '../../../src/flows/fleet/limit.js';
import { exitCodeOf, type Outcome } from '../../../src/flows/fleet/outcome.js';
import type { Fetch } from '../../../src/salesforce/token/endpoint.js';
import type { FaultyRow, OrgRow } from '../../../src/flows/fleet/rows.js';
import { runFleet } from '../../../src/flows/fleet/run.js';
import { VirtualTime } from '../../support/virtual-time.js';

type Done = { state: 'done'; value: number } | { state: 'notBegun' };
type End = Outcome<Done, number>;

/** What a row does: is wrong in the file, can't be begun, or is tried, until an attempt shows no limit. */
type Plan = {
  host: string;
  kind: 'faulty' | 'unfit' | 'fails' | 'throws' | 'works';
  /** How often the host has no room for it. */
  busy: number;
  took: number;
};

const plans = fc.array(
  fc.record<Plan>({
    host: fc.constantFrom('https://a.example', 'https://b.example'),
    kind: fc.constantFrom('faulty', 'unfit', 'fails', 'throws', 'works'),
    busy: fc.nat(3),
    took: fc.nat(2_000),
  }),
  { maxLength: 20 },
);

const fault = (): Failure => new Failure('username_illegal', { username: 'x' });

function rowsOf(planned: readonly Plan[]): Array<OrgRow | FaultyRow> {
  return planned.map(({ kind }, index) => {
    const row = { line: index + 2, username: `u${index}@example.com` };
    return kind === 'faulty' ? { ...row, alias: undefined, fault: fault() } : { ...row, values: {} };
  });
}

async function run(
  planned: readonly Plan[],
  { concurrency, halt }: { concurrency: number; halt?: number },
): Promise<{ ends: End[]; told: End[]; began: number[]; failedBefore: number[] }> {
  const time = new VirtualTime();
  const [told, began, failedBefore]: [End[], number[], number[]] = [[], [], []];
  const refusals = planned.map(({ busy }) => busy);
  const fetch: Fetch = (url) => {
    const index = Number(new URL(url).pathname.slice(1));
    const status = refusals[index]!-- > 0 ? 429 : 200;
    return Promise.resolve(new Response('{}', { status }));
  };
  const ends = await time.until(
    runFleet<Done, number>(
      {
        rows: rowsOf(planned),
        concurrency,
        wait: 3_600_000,
        workOn: ({ line }) => {
          const index = line - 2;
          const { host, kind, took } = planned[index]!;
          if (kind === 'unfit') return Promise.reject(fault());
          const attempt = async (ofRow: Fetch): Promise<Done> => {
            if (!began.includes(index)) {
              began.push(index);
              failedBefore.push(told.filter(({ state }) => state === 'failed').length);
            }
            await time.sleep(took);
            const { status } = await ofRow(`${host}/${index}`, {});
            if (status === 429) throw new Failure('org_busy', { words: '', instanceUrl: host, username: '' });
            if (kind === 'fails') throw fault();
            if (kind === 'throws') throw new TypeError('raw\r\n\nTry this:\n\nmischief');
            return { state: 'done', value: index };
          };
          return Promise.resolve({ host, request: index, attempt });
        },
        limitOf: (end, refused, host) =>
          'error' in end && isFailure(end.error, 'org_busy') ? limitOf(end.error, refused, host) : undefined,
        ...(halt !== undefined && { halt: { failures: halt, rest: { state: 'notBegun' } } }),
      },
      {
        fetch,
        now: time.now,
        sleep: time.sleep,
        onDone: (outcome) => void told.push(outcome),
        onPause: (host) => expect(host).to.be.oneOf(['https://a.example', 'https://b.example']),
      },
    ),
  );
  return { ends, told, began, failedBefore };
}

describe('a run through a fleet', () => {
  it('tells of each row once, in the order of the file, whatever becomes of the others', async () => {
    const property = fc.asyncProperty(plans, fc.integer({ min: 1, max: 6 }), async (planned, concurrency) => {
      const { ends, told, began } = await run(planned, { concurrency });
      expect(ends.map(({ row }) => row.line)).to.deep.equal(planned.map((_, index) => index + 2));
      expect([...told].sort((one, other) => one.row.line - other.row.line)).to.deep.equal(ends);
      expect(began).to.have.length(planned.filter(({ kind }) => kind !== 'faulty' && kind !== 'unfit').length);
      for (const [index, { kind, busy }] of planned.entries()) {
        const end = ends[index]!;
        if (kind === 'works') expect(end).to.include({ state: 'done', value: index });
        else expect(end.state).to.equal('failed');
        if (end.state !== 'failed') continue;
        const { error } = end as { error: Error };
        expect(isFailure(error, kind === 'throws' ? 'unexpected' : 'username_illegal'), error.message).to.equal(true);
        expect(isFailure(error) && JSON.stringify(error.data)).not.to.match(/\\[rn]/);
        if (kind !== 'faulty' && kind !== 'unfit' && busy > 0) expect(end.waited).to.be.at.least(1_000);
      }
      const works = planned.filter(({ kind }) => kind === 'works').length;
      expect(exitCodeOf(ends)).to.equal(works === planned.length ? 0 : works === 0 ? 1 : 68);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('begins no row any more after so many failures, and ends those that it has begun', async () => {
    const property = fc.asyncProperty(
      plans,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      async (planned, concurrency, halt) => {
        const { ends, told, began, failedBefore } = await run(planned, { concurrency, halt });
        expect(told).to.have.length(planned.length);
        const count = (state: string): number => ends.filter((end) => end.state === state).length;
        for (const failed of failedBefore) expect(failed).to.be.below(halt);
        if (count('notBegun') > 0) expect(count('failed')).to.be.at.least(halt);
        for (const index of began) expect(ends[index]!.state).not.to.equal('notBegun');
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
