import { expect } from 'chai';
import pLimit from 'p-limit';
import { endHosts } from '../support/command-hosts.js';
import { hostileAnswers } from './answers.js';
import { attack, requestsOf, type Asked } from './attack.js';
import { startElsewhere } from './elsewhere.js';
import { SCENARIOS, Stage, type Scenario } from './scenarios.js';

const NAMES = Object.keys(hostileAnswers({ url: '' }));

/** Attacks that go on at the same time: most of the time of some of them is waiting. */
const TOGETHER = 4;

/** The answers whose size could fill a memory; each command gets them once more in a process of its own. */
const LARGE = ['a gigabyte', 'a drip'];

const total = { commands: 0, requests: 0, attacks: 0, violations: 0 };

describe('Every command, whatever comes in the place of an answer', function () {
  this.timeout(3_600_000);
  let elsewhere: Awaited<ReturnType<typeof startElsewhere>>;
  before(async () => (elsewhere = await startElsewhere()));
  after(async () => {
    elsewhere.stop();
    await endHosts('short');
    const { commands, requests, attacks, violations } = total;
    console.log(`      ${commands} commands, ${requests} requests, ${attacks} attacks, ${violations} violations`);
  });

  for (const [command, scenario] of Object.entries(SCENARIOS)) {
    it(`${command}: each answer to each request is a failure or no matter`, async () => {
      const { requests, attacks, violations } = await attackAll(scenario, elsewhere);
      total.commands += 1;
      total.requests += requests.length;
      total.attacks += attacks;
      total.violations += violations.length;
      console.log(`      ${command}: ${requests.length} requests, ${attacks} attacks, ${violations.length} violations`);
      expect(requests.length === 0, requests.join('\n')).to.equal(command === 'snippet');
      if (violations.length > 0) throw new Error(violations.join('\n\n'));
    });
  }
});

async function attackAll(
  scenario: Scenario,
  elsewhere: Awaited<ReturnType<typeof startElsewhere>>,
): Promise<{ requests: Asked[]; attacks: number; violations: string[] }> {
  const stages = Array.from({ length: TOGETHER }, () => new Stage(scenario));
  const free = [...stages];
  const limit = pLimit(TOGETHER);
  const violations: string[] = [];
  try {
    const requests = await requestsOf(stages[0]!);
    const shared = requests.flatMap((asked) => NAMES.map((name) => ({ asked, name, process: 'shared' as const })));
    const own = requests.slice(-1).flatMap((asked) => LARGE.map((name) => ({ asked, name, process: 'own' as const })));
    const attacks = [...shared, ...own].map(async ({ asked, name, process }) =>
      limit(async () => {
        const stage = free.pop()!;
        await attack(stage, { scenario, target: { asked }, name, process }, elsewhere).catch((error: unknown) => {
          violations.push(`${name} to ${asked} (${process} process): ${String(error)}`);
        });
        free.push(stage);
      }),
    );
    await Promise.all(attacks);
    return { requests, attacks: attacks.length, violations };
  } finally {
    await Promise.all(stages.map(async (stage) => stage.close()));
  }
}
