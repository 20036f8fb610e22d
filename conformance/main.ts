/** `npm run conformance -- --target-org ALIAS`: see docs/conformance.md. */
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

import { CannotRun } from './circumstances.js';
import { isLocal, type KitOptions, openKit } from './kit.js';
import type { LoginHosts, OrgAccess } from './org-access.js';
import type { Pace } from './org-api.js';
import { PROBES } from './probes/index.js';
import type { Probe } from './probe.js';
import { writeRecording } from './recording-file.js';
import { EXIT, exitCodeOf, listOf, summaryOf, tableOf } from './report.js';
import type { Report } from './run-probe.js';

const HELP = `Asks an org how it behaves, and compares that with the local org of this project.

  npm run conformance -- --target-org ALIAS [options]

  --target-org ALIAS         an org that sf is logged in to as an admin
  --list                     show the probes, and what each makes and takes back; no org is asked
  --only NAME                this probe only (repeatable, or with commas)
  --read-only                only the probes that create and change nothing
  --user NAME                a throw-away user, who is frozen, locked and deactivated for a moment
  --integration-user NAME    a user of the license Salesforce Integration; default: --user, if that is one
  --keep                     leave what was made; the next run removes it
  --yes-production           run in a production org that is no Developer Edition
  --output-dir DIR           where the recording goes (default conformance/recordings)
  --login-url URL            what stands for login.salesforce.com, and
  --test-url URL             for test.salesforce.com, beside a local org

Exit code: 0 every answer is the local org's, 1 some differ, 2 wrong call, 68 some probes could not run.
`;

const REAL_PACE: Pace = { deploymentPollMs: 1000, loginPollMs: 2000, readyMs: 600_000, settleMs: 90_000 };
const LOCAL_PACE: Pace = { deploymentPollMs: 15, loginPollMs: 100, readyMs: 15_000, settleMs: 0 };

const REAL_HOSTS: LoginHosts = { login: 'https://login.salesforce.com', test: 'https://test.salesforce.com' };

/** How often it is said what is going on, where a line can't be written over. */
class WrongCall extends Error {}

const PIPED_WIDTH = 160;

const STILL_MS = 15_000;

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: {
        'target-org': { type: 'string' },
        'list': { type: 'boolean', default: false },
        'only': { type: 'string', multiple: true, default: [] },
        'read-only': { type: 'boolean', default: false },
        'user': { type: 'string' },
        'integration-user': { type: 'string' },
        'keep': { type: 'boolean', default: false },
        'yes-production': { type: 'boolean', default: false },
        'output-dir': { type: 'string', default: join(import.meta.dirname, 'recordings') },
        'login-url': { type: 'string' },
        'test-url': { type: 'string' },
        'help': { type: 'boolean', default: false },
      },
    });
    if (values.help) return say(HELP);
    const probes = chosen(values.only, values['read-only']);
    if (values.list) return say(listOf(probes));
    const alias = values['target-org'];
    if (alias === undefined) throw new WrongCall('Name the org: --target-org ALIAS');
    return await run(alias, { ...values, probes });
  } catch (error) {
    if (error instanceof CannotRun) return complain(error.message, EXIT.differ);
    if (error instanceof WrongCall || isParseError(error)) return complain(`${error.message}\n\n${HELP}`, EXIT.usage);
    throw error;
  }
}

function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

function complain(text: string, code: number): number {
  process.stderr.write(`${text}\n`);
  return code;
}

function chosen(only: readonly string[], readOnly: boolean): readonly Probe[] {
  const names = only.flatMap((entry) => entry.split(',')).map((name) => name.trim());
  const unknown = names.find((name) => !PROBES.some((probe) => probe.name === name));
  if (unknown !== undefined) throw new WrongCall(`There is no probe ${unknown}. --list shows them.`);
  const named = names.length === 0 ? PROBES : PROBES.filter(({ name }) => names.includes(name));
  return readOnly ? named.filter((probe) => probe.readOnly) : named;
}

interface Call {
  'probes': readonly Probe[];
  'read-only': boolean;
  'keep': boolean;
  'yes-production': boolean;
  'output-dir': string;
  'user'?: string | undefined;
  'integration-user'?: string | undefined;
  'login-url'?: string | undefined;
  'test-url'?: string | undefined;
}

async function run(alias: string, call: Call): Promise<number> {
  // Salesforce's library takes its time; --list needs none of it.
  const { storedLogin } = await import('./stored-login.js');
  const access = await storedLogin(alias);
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  process.once('SIGTERM', () => stopping.abort());
  const { report, stop } = progress();
  const options = optionsOf(call, access, stopping.signal, report);
  const kit = await openKit(access, options);
  try {
    const recording = await kit.run();
    stop();
    process.stdout.write(
      `${tableOf(recording, process.stdout.isTTY ? process.stdout.columns : PIPED_WIDTH)}\n\n${summaryOf(recording)}\n`,
    );
    const path = await writeRecording(recording, call['output-dir']);
    process.stdout.write(`Recording: ${relative('.', path)}\n`);
    return stopping.signal.aborted ? EXIT.incomplete : exitCodeOf(recording);
  } finally {
    stop();
    await kit.tidy();
  }
}

function optionsOf(call: Call, access: OrgAccess, signal: AbortSignal, report: Report): KitOptions {
  const local = isLocal(access);
  const { user, 'integration-user': integrationUser, 'login-url': login, 'test-url': test } = call;
  return {
    ...{ probes: call.probes, readOnly: call['read-only'], keep: call.keep, yesProduction: call['yes-production'] },
    ...(user === undefined ? {} : { user }),
    ...(integrationUser === undefined ? {} : { integrationUser }),
    // A key that is good for a local org has no business at Salesforce.
    hosts: {
      ...(local ? {} : REAL_HOSTS),
      ...(login === undefined ? {} : { login }),
      ...(test === undefined ? {} : { test }),
    },
    pace: local ? LOCAL_PACE : REAL_PACE,
    ...{ signal, report },
  };
}

function progress(): { report: Report; stop: () => void } {
  const { stderr } = process;
  let current = '';
  let step = '';
  const write = (text: string): void => void stderr.write(stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  const timer = setInterval(() => {
    if (!stderr.isTTY && current !== '') write(`  still: ${step}`);
  }, STILL_MS).unref();
  const report: Report = {
    note: (line) => void stderr.write(`${stderr.isTTY ? '\r\u001b[K' : ''}${line}\n`),
    begin: ({ name, title }, index, count) => {
      current = `[${String(index + 1)}/${String(count)}] ${name}`;
      write(stderr.isTTY ? current : `${current}: ${title}`);
    },
    step: (label) => {
      step = label;
      if (stderr.isTTY) write(`${current}: ${label}`.slice(0, stderr.columns - 1));
    },
  };
  const stop = (): void => {
    clearInterval(timer);
    if (stderr.isTTY) stderr.write('\r\u001b[K');
    current = '';
  };
  return { report, stop };
}

process.exitCode = await main();
