import { hostileAnswers } from './answers.js';
import { endHosts } from '../support/command-hosts.js';
import { attackOnce } from './attack.js';
import { startElsewhere } from './elsewhere.js';

/** Of the whole matrix, which `npm run test:all` goes through: each answer once, each command at least once. */
const DIAGONAL: ReadonlyArray<[command: string, request: number, answer: string]> = [
  ['connect, an app in use', 0, 'a page'],
  ['connect, an app in use', 1, 'null'],
  ['connect, a new app', 2, 'an empty object'],
  ['rotate', 0, 'nothing'],
  ['rotate', 1, 'a redirect'],
  ['doctor', 2, 'a drip'],
  ['connect, a new app', 0, 'a stall'],
  ['doctor', 3, 'a gigabyte'],
  ['connect, a new app', 1, 'an echo'],
  ['rotate', 2, 'controls in every text'],
  ['token', 0, 'controls in a refusal'],
  ['grant', 1, 'a closed connection'],
  ['token --path', 1, 'a cut answer'],
  ['list --check', 0, 'a page'],
  ['fleet grant', 1, 'null'],
  ['revoke', 0, 'an echo'],
  ['disconnect', 3, 'null'],
  ['migrate', 3, 'an empty object'],
  ['audit', 2, 'null'],
  ['fleet connect', 1, 'a page'],
  ['fleet rotate', 1, 'a redirect'],
  ['fleet doctor', 1, 'an echo'],
  ['fleet audit', 0, 'controls in a refusal'],
];

describe('A command, whatever comes in the place of an answer', () => {
  let elsewhere: Awaited<ReturnType<typeof startElsewhere>>;
  before(async () => (elsewhere = await startElsewhere()));
  after(async () => {
    elsewhere.stop();
    await endHosts('short');
  });

  for (const [command, request, answer] of DIAGONAL) {
    it(`${command}: ${answer} to request ${request}`, () => attackOnce(command, { nth: request }, answer, elsewhere));
  }

  it('disconnect: an empty object in the place of what became of each assignment', () => {
    const asked = 'DELETE /services/data/v67.0/composite/sobjects after deploying';
    return attackOnce('disconnect', { asked }, 'an empty object', elsewhere);
  });

  it('and every answer is among them', () => {
    const missing = Object.keys(hostileAnswers(elsewhere)).filter(
      (name) => !DIAGONAL.some(([, , each]) => each === name),
    );
    if (missing.length > 0) throw new Error(missing.join(', '));
  });
});
