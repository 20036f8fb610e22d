import { parseArgs } from 'node:util';

import { type LoggedRequest, startOrg } from './index.js';
import type { OrgKind } from './model/domain.js';

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
`;

const { values } = parseArgs({
  options: {
    'kind': { type: 'string', default: 'developer' },
    'dev-hub': { type: 'boolean', default: false },
    'port': { type: 'string', default: '7357' },
    'latency': { type: 'string', default: '0' },
    'deploy': { type: 'string', default: '3000' },
    'propagation': { type: 'string', default: '0' },
    'connected-apps': { type: 'boolean', default: false },
    'user': { type: 'string', multiple: true, default: [] },
    'site': { type: 'string', multiple: true, default: [] },
    'help': { type: 'boolean', default: false },
  },
});

const KINDS: readonly string[] = ['production', 'developer', 'sandbox', 'scratch'];

if (values.help) {
  process.stdout.write(HELP);
} else if (!KINDS.includes(values.kind)) {
  process.stderr.write(`Unknown kind ${values.kind}.\n\n${HELP}`);
  process.exitCode = 1;
} else {
  await run(values.kind as OrgKind);
}

async function run(kind: OrgKind): Promise<void> {
  const org = await startOrg({
    kind,
    devHub: values['dev-hub'],
    port: Number(values.port),
    users: values.user.map((username) => ({ username })),
    sites: values.site,
    adminUsername: 'admin@local-org.example.com',
    switches: {
      deployMs: Number(values.deploy),
      propagationMs: Number(values.propagation) * 1000,
      connectedAppCreation: values['connected-apps'] ? 'allowed' : 'blocked',
    },
    onRequest: logLine,
    holdsProcess: true,
  });
  if (Number(values.latency) > 0) org.faults.add({ match: () => true, latencyMs: Number(values.latency) });
  const users = [org.admin.username, ...values.user].join(', ');
  process.stdout.write(`
A local ${kind} org is up${values['dev-hub'] ? ' (Dev Hub)' : ''}. Ctrl-C stops it; nothing is kept.

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

function logLine({ time, method, path, status, durationMs }: LoggedRequest): void {
  const clock = new Date(time).toISOString().slice(11, 19);
  const shown = path.length > 120 ? `${path.slice(0, 117)}...` : path;
  const note = status === 501 ? '  <- unknown to the local org' : '';
  process.stdout.write(`${clock}  ${String(status)}  ${method.padEnd(6)} ${shown}  ${durationMs} ms${note}\n`);
}
