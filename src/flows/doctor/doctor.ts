import { chainOf, type Link } from './chain.js';
import { check } from './check.js';
import { explainFinding, type ExplainedFinding } from './explain.js';
import type { Facts } from './facts.js';
import { gather, type GatherDependencies, type LoginDescription } from './gather.js';

/** What was found out about one login, in words. */
export type Examination = {
  /** Whether the login works */
  ok: boolean;
  /** Worst first */
  findings: ExplainedFinding[];
  chain: Link[];
  /** The org refused the login, and no admin looked at the org: one would see more. */
  blind: boolean;
  /** What it stands on */
  facts: Facts;
};

/** Gathers the facts about a login, checks them, and explains what the checks found. Changes nothing. */
export async function examine(login: LoginDescription, dependencies: GatherDependencies): Promise<Examination> {
  const facts = await gather(login, dependencies);
  const { ok, findings } = check(facts);
  return {
    ok,
    findings: findings.map(explainFinding),
    chain: chainOf(facts, findings),
    blind: facts.login.state === 'refused' && facts.admin === undefined,
    facts,
  };
}
