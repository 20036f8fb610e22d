/** A command, and one of its requests to which an enemy answers: what has to hold whatever the answer is. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stateOf } from '../support/connect.js';
import { run, runShared } from '../support/plugin.js';
import type { Workplace } from '../support/workplace.js';
import { hostileAnswers } from './answers.js';
import type { startElsewhere } from './elsewhere.js';
import { SCENARIOS, Stage, storeOf, type Scenario } from './scenarios.js';

/** Milliseconds that a request gets. */
const LIMIT = 1_000;
/** Milliseconds that a command may take in which pauses are short: it asks several things, some of them again. */
const LONGEST_RUN = 60_000;
/** Bytes of memory. */
const MOST_MEMORY = 300 * 1024 * 1024;

// A line feed is no harm, since every line begins as ours do.
const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

/** A process of its own shows its memory. */
export type Process = 'own' | 'shared';

/** What a request asks for: two that are alike differ in no more than an id. Polls of a deployment are one. */
export type Asked = string;

/** Names the requests of one run of a command, as {@link Asked}. What is asked again after a deployment is another. */
function namer(): (request: { method: string; path: string; query?: URLSearchParams; body: Buffer | string }) => Asked {
  let deployments = 0;
  return ({ method, path, query, body }) => {
    const text = body.toString();
    const url = new URL(path, 'http://localhost');
    const from = / from (\w+)/i.exec((query ?? url.searchParams).get('q') ?? '')?.[1] ?? '';
    const type = /<(?:\w+:)?type>(\w+)</.exec(text)?.[1] ?? '';
    const operation = /<(?:\w+:)?Body>\s*<(?:\w+:)?(\w+)/.exec(text)?.[1] ?? '';
    const what = [
      method,
      url.pathname.replace(/\b(%27)?0[A-Za-z0-9]{14}(?:[A-Z0-5]{3})?\b/g, 'ID'),
      from,
      operation,
      type,
    ];
    const asked = [...what.filter((word) => word !== ''), ...(deployments > 0 ? ['after deploying'] : [])].join(' ');
    if (method === 'POST' && path.endsWith('/deployRequest')) deployments += 1;
    return asked;
  };
}

/** What the command asks for where nobody disturbs it, each once. */
export async function requestsOf(stage: Stage): Promise<Asked[]> {
  const { workplace, args } = await stage.ready();
  const before = workplace.org.requests.length;
  const { status, stdout, stderr } = await runShared(['jwt', ...args], workplace, 'short');
  expect(status, stdout + stderr).to.equal(0);
  const nameOf = namer();
  return [...new Set(workplace.org.requests.slice(before).map((request) => nameOf(request)))];
}

/** The request that is attacked: the n-th, counted from 0, or one by what it asks for. */
export type Target = { nth: number } | { asked: Asked };

type Attack = { scenario: Scenario; target: Target; name: string; process: Process };

/** Runs a command of {@link SCENARIOS} in a new place, while a request and every later one like it get this answer. */
export async function attackOnce(
  command: string,
  target: Target,
  name: string,
  elsewhere: Awaited<ReturnType<typeof startElsewhere>>,
): Promise<void> {
  const scenario = SCENARIOS[command]!;
  const stage = new Stage(scenario);
  try {
    await attack(stage, { scenario, target, name, process: 'shared' }, elsewhere);
  } finally {
    await stage.close();
  }
}

/** As {@link attackOnce}, on a stage that other attacks are made on as well. */
export async function attack(
  stage: Stage,
  { scenario, target, name, process }: Attack,
  elsewhere: Awaited<ReturnType<typeof startElsewhere>>,
): Promise<void> {
  const { workplace, args } = await stage.ready();
  const { org } = workplace;
  const [stateBefore, storeBefore] = [JSON.stringify(stateOf(org)), await storeOf(workplace)];
  const attacked = aim(workplace, target, hostileAnswers(elsewhere)[name]!);
  const { status, stdout, stderr, elapsed, memory } = await runTimed(workplace, args, process);
  const said = `${attacked() ?? ''}\n${stdout}\n${stderr}`;
  expect(attacked(), `the request that was attacked\n${said}`).not.to.equal(undefined);
  expect(status, said).to.be.oneOf([0, 1, 68, 69]);
  expect(elapsed, said).to.be.below(LONGEST_RUN);
  expect(memory, said).to.be.below(MOST_MEMORY);
  expect(stdout + stderr, said).not.to.match(STEERING);
  expect(stderr, said).not.to.match(/^(Try this:\n\n)?hostile words/m);
  expect(said).not.to.match(/TypeError|RangeError|UnexpectedError|^\s+at .*:\d+:\d+/m);
  await expectNoSecret(workplace, args[0] === 'token' ? stderr : stdout + stderr);
  expect(elsewhere.seen, said).to.deep.equal([]);
  if (status === 0) {
    expect(await scenario.isDone(workplace, stdout), `done\n${said}`).to.equal(true);
    return;
  }
  if (JSON.stringify(stateOf(org)) !== stateBefore) {
    expect(scenario.changes, said).to.include('org');
    expect(said, 'what became of the deployment').to.match(
      /0Af\w{12,15}|deployed|deployment|^Client ID: |run the same command again/im,
    );
  }
  if (!scenario.changes.includes('store')) expect(await storeOf(workplace), said).to.deep.equal(storeBefore);
}

/** @returns what is asked for by the request that was hit, undefined before that */
function aim(
  { org }: Workplace,
  target: Target,
  take: ReturnType<typeof hostileAnswers>[string],
): () => Asked | undefined {
  const nameOf = namer();
  let at = 0;
  let hit: Asked | undefined;
  org.faults.add({
    match: (request) => {
      const asked = nameOf(request);
      if ('nth' in target ? at++ === target.nth : asked === target.asked) hit ??= asked;
      return asked === hit;
    },
    take,
  });
  return () => hit;
}

/** Milliseconds, and bytes, which only a process of its own shows. */
async function runTimed(
  { home, cwd }: Workplace,
  args: string[],
  process: Process,
): Promise<{ status: number | null; stdout: string; stderr: string; elapsed: number; memory: number }> {
  const env = { HTTP_TIMEOUT: String(LIMIT) };
  const started = Date.now();
  if (process === 'shared') {
    const ended = await runShared(['jwt', ...args], { home, cwd, env }, 'short');
    return { ...ended, elapsed: Date.now() - started, memory: 0 };
  }
  const peak = `${home}/peak`;
  const ended = await run(['jwt', ...args], {
    ...{ home, cwd, ownProcess: true },
    env: {
      ...env,
      NODE_OPTIONS: `--require ${FAST_CLOCK} --import=data:text/javascript,${encodeURIComponent(PEAK)}`,
      PEAK_FILE: peak,
    },
  });
  return { ...ended, elapsed: Date.now() - started, memory: Number(await readFile(peak, 'utf8')) * 1024 };
}

const FAST_CLOCK = join(import.meta.dirname, '..', 'support', 'fast-clock.cjs');
const PEAK = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));`;

async function expectNoSecret({ org, secrets, cwd }: Workplace, output: string): Promise<void> {
  const keys = (await readdir(cwd)).filter((name) => name.endsWith('.key')).map((name) => readFile(`${cwd}/${name}`));
  const lines = [...secrets, ...(await Promise.all(keys)).map(String)]
    .flatMap((secret) => secret.split('\n'))
    .filter((line) => line !== '' && !line.startsWith('---'));
  const found = [...org.data.sessions.keys(), ...lines].filter((secret) => output.includes(secret));
  expect(found, output).to.deep.equal([]);
}
