import { parseArgs } from 'node:util';

import { type LoggedRequest, type OrgOptions, startOrg } from './index.js';
import { ORG_KINDS, type Settled, settledBy, settledText, UnusableRecording } from './like.js';
import type { OrgKind } from './model/domain.js';
import { switchesTable } from './switches-table.js';

const HELP = `Starts a local Salesforce org on loopback.

  npm run emulator -- [options]

  --kind production|developer|sandbox|scratch   what sort of org (default developer)
  --dev-hub                                     the org is a Dev Hub; its scratch orgs are started too
  --port N                                      port to listen on (default 7357)
  --latency MS                                  delay before every answer
  --deploy MS                                   how long a deployment takes (default 3000)
  --propagation S                               seconds until a new app or assignment takes effect
  --connected-apps                              allow creating Connected Apps
  --user NAME                                   one more user (repeatable)
  --site NAME                                   an Experience Cloud site at URL/NAME (repeatable)
  --like FILE                                   as the org of that recording: its kind, and the switches that it settles
  --switches                                    only show the switches, their settings, and on what these stand
`;

/** A call that can't be meant so. Its message is one line. */
class WrongCall extends Error {}

type Flags = ReturnType<typeof flagsIn>;

function flagsIn(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      'kind': { type: 'string' },
      'dev-hub': { type: 'boolean', default: false },
      'port': { type: 'string', default: '7357' },
      'latency': { type: 'string', default: '0' },
      'deploy': { type: 'string' },
      'propagation': { type: 'string' },
      'connected-apps': { type: 'boolean', default: false },
      'user': { type: 'string', multiple: true, default: [] },
      'site': { type: 'string', multiple: true, default: [] },
      'like': { type: 'string' },
      'switches': { type: 'boolean', default: false },
      'help': { type: 'boolean', default: false },
    },
  });
  const { kind, deploy, propagation } = values;
  if (kind !== undefined && !(ORG_KINDS as readonly string[]).includes(kind))
    throw new WrongCall(`Unknown kind ${kind}.`);
  return {
    ...values,
    kind: kind as OrgKind | undefined,
    port: numberIn('port', values.port, 65_535),
    latency: numberIn('latency', values.latency),
    deploy: deploy === undefined ? undefined : numberIn('deploy', deploy),
    propagation: propagation === undefined ? undefined : numberIn('propagation', propagation),
  };
}

function numberIn(flag: string, text: string, most = 86_400_000): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= most) return value;
  throw new WrongCall(`--${flag} takes a number from 0 to ${most}, not "${text}".`);
}

await main();

async function main(): Promise<void> {
  try {
    const flags = flagsIn(process.argv.slice(2));
    if (flags.help) return void process.stdout.write(HELP);
    const settled = flags.like === undefined ? undefined : settledBy(flags.like);
    if (flags.switches) process.stdout.write(switchesTable(settled?.switches, flags.like));
    else await run(flags, settled);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    process.stderr.write(`${reason}\n`);
    process.exitCode = 1;
  }
}

/** The one line that tells a user what is wrong with the call; of other errors there is none. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof UnusableRecording) return error.message;
  if (!(error instanceof Error)) return undefined;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const isCall = error instanceof WrongCall || code.startsWith('ERR_PARSE_ARGS');
  if (isCall) return `${message.split('\n')[0] ?? ''}\n\n${HELP}`;
  return ['EADDRINUSE', 'EACCES'].includes(code)
    ? `The port can't be used (${code}). Choose another one: --port N`
    : undefined;
}

async function run(flags: Flags, settled: Settled | undefined): Promise<void> {
  const kind = flags.kind ?? settled?.kind ?? 'developer';
  const devHub = flags['dev-hub'] || settled?.devHub === true;
  const org = await startOrg({
    kind,
    devHub,
    port: flags.port,
    users: flags.user.map((username) => ({ username })),
    sites: flags.site,
    adminUsername: 'admin@local-org.example.com',
    switches: { deployMs: 3000, ...settled?.switches, ...switchesOf(flags) },
    onRequest: logLine,
    holdsProcess: true,
  });
  if (flags.latency > 0) org.faults.add({ match: () => true, latencyMs: flags.latency });
  const users = [org.admin.username, ...flags.user].join(', ');
  process.stdout.write(`
A local ${kind} org is up${devHub ? ' (Dev Hub)' : ''}. Ctrl-C stops it; nothing is kept.${likeLine(flags, settled)}

  URL       ${org.url}
  Org ID    ${org.orgId}
  Users     ${users}

Store the admin in the Salesforce CLI, in a HOME of its own if you like:

  export SF_DISABLE_DNS_CHECK=true SF_DISABLE_TELEMETRY=true SF_AUDIENCE_URL=${org.url}
  SF_ACCESS_TOKEN='${org.admin.accessToken}' sf org login access-token --instance-url ${org.url} --alias local --no-prompt

`);
  const stop = (): void => void org.stop({ ignoreUnknown: true }).then(() => process.exit(0));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** What a flag says goes before a recording, what none says doesn't. */
function switchesOf(flags: Flags): OrgOptions['switches'] {
  return {
    ...(flags.deploy === undefined ? {} : { deployMs: flags.deploy }),
    ...(flags.propagation === undefined ? {} : { propagationMs: flags.propagation * 1000 }),
    ...(flags['connected-apps'] ? { connectedAppCreation: 'allowed' } : {}),
  };
}

function likeLine({ like }: Flags, settled: Settled | undefined): string {
  return settled === undefined ? '' : `\nLike ${like ?? ''}: ${settledText(settled)}.`;
}

function logLine({ time, method, path, status, durationMs }: LoggedRequest): void {
  const clock = new Date(time).toISOString().slice(11, 19);
  const shown = path.length > 120 ? `${path.slice(0, 117)}...` : path;
  const note = status === 501 ? '  <- unknown to the local org' : '';
  process.stdout.write(`${clock}  ${String(status)}  ${method.padEnd(6)} ${shown}  ${durationMs} ms${note}\n`);
}
