/** The commands that ask an org for anything, each in the place where it succeeds when nobody disturbs it. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginFlags, openWithApp } from '../support/grant.js';
import { certificateInUse, openInUse, ROTATE } from '../support/rotate.js';
import { ADMIN_ALIAS, CI_USER, pairOf, Workplace } from '../support/workplace.js';

/** What a command may have changed where it fails, if it says so. */
type Changes = ReadonlyArray<'org' | 'store'>;

type Opened = { workplace: Workplace; args: string[] };

export type Scenario = {
  open: () => Promise<Opened>;
  changes: Changes;
  /** Whether the command has done what it was asked for. `stdout` is what it printed. */
  isDone: (workplace: Workplace, stdout: string) => boolean | Promise<boolean>;
};

const withApp = (args: (flags: string[]) => string[]) => async () => {
  const { workplace, clientId } = await openWithApp();
  return { workplace, args: args(loginFlags(workplace, clientId)) };
};
const stored = (args: string[]) => async () => ({
  workplace: (await openInUse({}, [], { sharedProcess: true })).workplace,
  args,
});
const connect = ['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', 'server.crt', '--username', CI_USER];

async function openFleet(): Promise<Opened> {
  const { workplace, clientId } = await openWithApp();
  const row = [CI_USER, workplace.org.url, 'ci', clientId].join(',');
  await workplace.save('orgs.csv', `username,instance-url,alias,client-id\n${row}\n`);
  const args = ['fleet', 'grant', '--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key', '--timeout', '2'];
  return { workplace, args };
}

/** An orgs file with a row for the org, whose app the CI user has logged in through. */
async function openFleetInUse(words: string[]): Promise<Opened> {
  const { workplace, clientId } = await openInUse({}, [], { sharedProcess: true });
  const row = [CI_USER, workplace.org.url, 'ci', clientId, ADMIN_ALIAS].join(',');
  await workplace.save('orgs.csv', `username,instance-url,alias,client-id,admin\n${row}\n`);
  return { workplace, args: ['fleet', ...words, '--orgs-file', 'orgs.csv'] };
}

async function openFleetToConnect(): Promise<Opened> {
  const workplace = await Workplace.open();
  await workplace.save('orgs.csv', `username,admin\n${CI_USER},${ADMIN_ALIAS}\n`);
  const pair = ['--certificate-file', 'server.crt', '--jwt-key-file', 'server.key'];
  return { workplace, args: ['fleet', 'connect', '--orgs-file', 'orgs.csv', ...pair, '--wait', '1'] };
}

async function openToMigrate(): Promise<Opened> {
  const workplace = await Workplace.open();
  const { setup } = workplace.org;
  const { certificate } = await pairOf();
  setup.createPermissionSet('Ci');
  setup.assignPermissionSet(CI_USER, 'Ci');
  const app = { name: 'CiApp', certificate, adminApproved: true, permissionSets: ['Ci'] };
  const clientId = setup.createConnectedApp({ ...app, scopes: ['Api', 'RefreshToken'] });
  const words = ['migrate', '--target-org', ADMIN_ALIAS, '--client-id', clientId, '--username', CI_USER];
  return { workplace, args: [...words, '--jwt-key-file', 'server.key', '--wait', '1'] };
}

const isStored = async (workplace: Workplace): Promise<boolean> => `${CI_USER}.json` in (await storeOf(workplace));
const isSetUp = (workplace: Workplace): boolean =>
  certificateInUse(workplace).raw.length > 0 && workplace.org.data.consumers.length > 0;
async function isRotated(workplace: Workplace): Promise<boolean> {
  const before = await readFile(workplace.path('server.crt'), 'utf8');
  return !before.includes(certificateInUse(workplace).raw.toString('base64').slice(0, 60));
}
const isToken = ({ org }: Workplace, stdout: string): boolean => org.data.sessions.has(stdout.trim());

/** By the name of the command. */
export const SCENARIOS: Record<string, Scenario> = {
  'connect, a new app': {
    open: async () => ({ workplace: await Workplace.open(), args: [...connect, '--wait', '1'] }),
    changes: ['org'],
    isDone: isSetUp,
  },
  'connect, an app in use': {
    open: stored([...connect, '--label', 'Another', '--wait', '1']),
    changes: ['org'],
    isDone: isSetUp,
  },
  'setup': {
    open: async () => ({
      workplace: await Workplace.open(),
      args: ['setup', '--for', 'none', ...connect.slice(1), '--jwt-key-file', 'server.key', '--wait', '1'],
    }),
    changes: ['org'],
    isDone: isSetUp,
  },
  'rotate': { open: stored([...ROTATE, '--wait', '1']), changes: ['org', 'store'], isDone: isRotated },
  'migrate': {
    open: openToMigrate,
    changes: ['org', 'store'],
    isDone: ({ org }) => org.data.componentsOf('ExternalClientApplication').length === 1,
  },
  'disconnect': {
    open: stored(['disconnect', '--target-org', ADMIN_ALIAS, '--wait', '1']),
    changes: ['org'],
    isDone: ({ org }) => org.apps.length === 0,
  },
  'doctor': {
    open: withApp((flags) => ['doctor', ...flags, '--target-org', ADMIN_ALIAS, '--timeout', '2']),
    changes: [],
    isDone: () => true,
  },
  'grant': { open: withApp((flags) => ['grant', ...flags, '--timeout', '2']), changes: [], isDone: isStored },
  'fleet grant': { open: openFleet, changes: [], isDone: isStored },
  'fleet connect': { open: openFleetToConnect, changes: ['org'], isDone: isSetUp },
  'fleet rotate': {
    open: () => openFleetInUse(['rotate', '--wait', '1']),
    changes: ['org', 'store'],
    isDone: isRotated,
  },
  'fleet doctor': {
    open: () => openFleetInUse(['doctor', '--jwt-key-file', 'server.key', '--timeout', '2']),
    changes: [],
    isDone: () => true,
  },
  'audit': {
    open: stored(['audit', '--target-org', ADMIN_ALIAS]),
    changes: [],
    isDone: (_, stdout) => stdout.includes('JwtBearer'),
  },
  'fleet audit': {
    open: () => openFleetInUse(['audit']),
    changes: [],
    isDone: (_, stdout) => stdout.includes(CI_USER),
  },
  'token': { open: withApp((flags) => ['token', ...flags, '--timeout', '2']), changes: [], isDone: isToken },
  'token --path': {
    open: withApp((flags) => ['token', ...flags, '--path', '/', '--timeout', '2']),
    changes: [],
    isDone: ({ org }, stdout) => stdout.startsWith(org.url),
  },
  'list --check': { open: stored(['list', '--check', '--timeout', '2']), changes: [], isDone: () => true },
  'revoke': {
    open: stored(['revoke', '--target-org', 'ci', '--no-prompt', '--timeout', '2']),
    changes: ['store'],
    isDone: async (workplace) => !(await isStored(workplace)),
  },
  'snippet': {
    open: stored(['snippet', '--for', 'github-actions', '--target-org', 'ci']),
    changes: [],
    isDone: (_, stdout) => stdout.includes(CI_USER),
  },
};

/** The logins by the names of their files, without what core notes of its own: the API version of an org. */
export async function storeOf(workplace: Workplace): Promise<Record<string, unknown>> {
  const folder = join(workplace.home, '.sfdx');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const entries = names.map(async (name): Promise<[string, unknown]> => {
    const content = JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;
    const { instanceApiVersion, instanceApiVersionLastRetrieved, ...rest } = content;
    return [name, [rest, typeof instanceApiVersion, typeof instanceApiVersionLastRetrieved]];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** A place that is as it was at its opening again each time, at less cost than another one. */
export class Stage {
  #opened: Opened | undefined;
  #copy: { home: string; state: () => void } | undefined;

  public constructor(private readonly scenario: Scenario) {}

  public async ready(): Promise<Opened> {
    if (this.#opened !== undefined && !isSettled(this.#opened)) await this.close();
    if (this.#opened === undefined || this.#copy === undefined) {
      this.#opened = await this.scenario.open();
      const home = await mkdtemp(join(tmpdir(), 'stage-'));
      await cp(this.#opened.workplace.home, home, { recursive: true });
      this.#copy = { home, state: keptState(this.#opened.workplace) };
      return this.#opened;
    }
    const { workplace } = this.#opened;
    workplace.org.faults.clear();
    workplace.org.requests.splice(0);
    this.#copy.state();
    await rm(workplace.home, { recursive: true, force: true });
    await cp(this.#copy.home, workplace.home, { recursive: true });
    return this.#opened;
  }

  public async close(): Promise<void> {
    await this.#opened?.workplace.close();
    if (this.#copy !== undefined) await rm(this.#copy.home, { recursive: true, force: true });
    this.#opened = this.#copy = undefined;
  }
}

/** A deployment that an attack left behind may still change the org. */
const isSettled = ({ workplace: { org } }: Opened): boolean => org.data.deployments.every(({ done }) => done);

/** Puts back what `stateOf` shows. */
function keptState({ org: { data } }: Workplace): () => void {
  const components = structuredClone(data.components);
  const [assignments, accesses] = structuredClone([data.assignments, data.accesses] as const);
  const consumers = data.consumers.map((consumer) => ({ ...consumer, certificates: [...consumer.certificates] }));
  const sessions = [...data.sessions];
  return () => {
    data.components.clear();
    for (const [name, component] of structuredClone(components)) data.components.set(name, component);
    data.assignments.splice(0, Infinity, ...structuredClone(assignments));
    data.accesses.splice(0, Infinity, ...structuredClone(accesses));
    const again = consumers.map((consumer) => ({ ...consumer, certificates: [...consumer.certificates] }));
    data.consumers.splice(0, Infinity, ...again);
    data.deployments.splice(0);
    data.sessions.clear();
    for (const [token, session] of sessions) data.sessions.set(token, session);
  };
}
