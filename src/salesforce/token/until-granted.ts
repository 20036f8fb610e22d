import type { Clock } from '../../clock.js';
import type { TokenAnswer, TokenRefusal } from './endpoint.js';
import { meaningOf } from './meaning.js';

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/**
 * Asks for a token until the answer is one, or a refusal that waiting does not mend, or the time is up. The pauses grow
 * from one second to thirty. A limit of 0 asks once.
 *
 * @param limit milliseconds
 * @param mayMend whether waiting may mend a refusal; the caller may know more than what the refusal means by itself
 * @returns the last answer
 */
export async function untilGranted(
  ask: () => Promise<TokenAnswer>,
  limit: number,
  { now, sleep }: Clock,
  onWait: (refusal: TokenRefusal) => void,
  mayMend = (refusal: TokenRefusal): boolean => meaningOf(refusal).mayPropagate,
): Promise<TokenAnswer> {
  const deadline = now() + limit;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const answer = await ask();
    const left = deadline - now();
    if (answer.ok || !mayMend(answer) || left <= 0) return answer;
    onWait(answer);
    await sleep(Math.min(pause, left));
  }
}
