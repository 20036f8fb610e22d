import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@oclif/core';
import { StateAggregator } from '@salesforce/core';
import { expect } from 'chai';
import fc from 'fast-check';
import type { JwtConnectResult } from '../../src/commands/jwt/connect.js';
import type { JwtRotateResult } from '../../src/commands/jwt/rotate.js';
import type { Fault } from '../emulator/index.js';
import { fieldsOf } from '../support/connect.js';
import { ADMIN_ALIAS, CI_USER, Workplace } from '../support/workplace.js';

const ROOT = join(import.meta.dirname, '..', '..');
const USERS = [CI_USER, 'deploy@acme.example.com'];
const APP = 'JwtBearer';
const ONE_OF_EACH = [
  'ExternalClientApplication',
  'ExtlClntAppGlobalOauthSettings',
  'ExtlClntAppOauthSettings',
  'ExtlClntAppOauthConfigurablePolicies',
];

/** What has to hold: the client id of the app, once there is one, and the file of the key that logs in. */
type Model = { clientId: string | undefined; keyFile: string | undefined; authorized: Set<string> };
type Command = fc.AsyncCommand<Model, Workplace>;

/** How a command ended; no result where it failed. */
type Outcome<Result> = { result?: Result; exitCode: number; error?: string };

/** What may go wrong in a run; what follows must make it good. */
const TROUBLES: Record<string, Fault> = {
  'none': { match: () => false },
  'the deployment arrives, its answer does not': {
    match: { method: 'POST', path: /deployRequest$/ },
    drop: 'after',
    times: 1,
  },
  'the deployment does not arrive': { match: { method: 'POST', path: /deployRequest$/ }, drop: 'before', times: 1 },
  'no poll is answered': { match: { method: 'GET', path: /deployRequest\/0Af/ }, respond: { status: 400, body: '[]' } },
  'the first assignment is refused': {
    match: { method: 'POST', path: /PermissionSetAssignment/ },
    respond: { status: 500, body: '[{"errorCode":"UNKNOWN_EXCEPTION","message":"No."}]' },
  },
  'no login is answered': { match: { path: /oauth2\/token$/ }, drop: 'before' },
};

/** Commands run in this process: a sequence of processes would take minutes. */
describe('connect and rotate, in any order, between edits in Setup and failures', function () {
  this.timeout(600_000);

  const environment = { ...process.env };
  let config: Config;
  before(async () => {
    config = await Config.load(ROOT);
    // Each command listens to signals until the process ends, which here is after many.
    process.setMaxListeners(0);
  });
  afterEach(() => {
    // Another object in its place would leave os.homedir() with the HOME of this test.
    for (const name of Object.keys(process.env)) if (!(name in environment)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, environment);
    process.exitCode = 0;
  });

  /** Runs a command as `sf` would, quietly, with `--json`. */
  async function jwt<Result>(args: string[]): Promise<Outcome<Result>> {
    const write = process.stdout.write.bind(process.stdout);
    StateAggregator.clearInstance();
    process.exitCode = 0;
    process.stdout.write = () => true;
    try {
      const result = await config.runCommand<Result>(`jwt:${args[0]}`, [...args.slice(1), '--json']);
      return { result, exitCode: exitCodeNow() };
    } catch (error) {
      return { exitCode: 1, error: String(error) };
    } finally {
      process.stdout.write = write;
    }
  }

  class Connect implements Command {
    public constructor(
      private readonly pair: string,
      private readonly users: string[],
      private readonly flags: string[],
      private readonly trouble: string,
    ) {}
    public check(): boolean {
      return true;
    }
    public async run(model: Model, workplace: Workplace): Promise<void> {
      const args = ['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', workplace.path(`${this.pair}.crt`)];
      args.push(...this.users.flatMap((user) => ['--username', user]), ...this.flags, '--wait', '0');
      await withTrouble(workplace, this.trouble, () => jwt(args));
      const { result, exitCode, error } = await jwt<JwtConnectResult>(args);
      expect(exitCode, `the run after the trouble: ${error}`).to.equal(0);
      model.clientId ??= result?.clientId ?? undefined;
      expect(result?.clientId).to.equal(model.clientId);
      expect(result?.users.map(({ verified }) => verified)).to.deep.equal(this.users.map(() => true));
      model.keyFile = workplace.path(`${this.pair}.key`);
      for (const user of this.users) model.authorized.add(user);
      expectHouseInOrder(model, workplace);
    }
    public toString(): string {
      return `connect ${this.pair} ${this.users.join(' ')} ${this.flags.join(' ')} (${this.trouble})`;
    }
  }

  class Rotate implements Command {
    public constructor(private readonly trouble: string) {}
    public check({ keyFile, authorized }: Readonly<Model>): boolean {
      return keyFile !== undefined && authorized.has(CI_USER);
    }
    public async run(model: Model, workplace: Workplace): Promise<void> {
      const args = ['rotate', '--target-org', ADMIN_ALIAS, '--username', CI_USER, '--jwt-key-file', model.keyFile!];
      const first = await withTrouble(workplace, this.trouble, () => jwt<JwtRotateResult>([...args, '--wait', '0']));
      // A run that found no trouble has nothing left to do; one that undid leaves the old key in use.
      const { result, exitCode } = first.exitCode === 0 ? first : await jwt<JwtRotateResult>([...args, '--wait', '0']);
      expect(exitCode, 'the run after the trouble').to.equal(0);
      expect(result?.clientId).to.equal(model.clientId);
      model.keyFile = result?.issued?.privateKeyFile ?? undefined;
      expect(statSync(model.keyFile!).mode & 0o777).to.equal(0o600);
      expectHouseInOrder(model, workplace);
    }
    public toString(): string {
      return `rotate (${this.trouble})`;
    }
  }

  class Edit implements Command {
    public constructor(private readonly what: keyof typeof EDITS) {}
    public check({ clientId, authorized }: Readonly<Model>): boolean {
      return clientId !== undefined && authorized.has(CI_USER);
    }
    public async run(model: Model, { org }: Workplace): Promise<void> {
      EDITS[this.what]!(model, org.setup);
      await Promise.resolve();
    }
    public toString(): string {
      return `in Setup: ${this.what}`;
    }
  }

  it('keep one app, one client id, one of each satellite, one permission set, one row each; and the login works', async () => {
    const troubles = fc.constantFrom(...Object.keys(TROUBLES));
    const users = fc.subarray(USERS, { minLength: 1 });
    const flags = fc.constantFrom<string[]>(
      [],
      ['--scope', 'api', '--scope', 'refresh_token'],
      ['--ip-relaxation', 'bypass'],
    );
    const commands = [
      fc.tuple(fc.constantFrom('server', 'other'), users, flags, troubles).map((values) => new Connect(...values)),
      troubles.map((trouble) => new Rotate(trouble)),
      fc.constantFrom(...Object.keys(EDITS)).map((what) => new Edit(what)),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands<Model, Workplace, false>(commands, { maxCommands: 12 }), async (sequence) => {
        const workplace = await open();
        try {
          const model: Model = { clientId: undefined, keyFile: undefined, authorized: new Set() };
          await fc.asyncModelRun(() => ({ model, real: workplace }), sequence);
        } finally {
          await workplace.close();
        }
      }),
      { numRuns: 12, endOnFailure: true, includeErrorInReport: true },
    );
  });

  async function open(): Promise<Workplace> {
    const workplace = await Workplace.open({ users: USERS.map((username) => ({ username })) });
    await workplace.savePair('other', 'other');
    Object.assign(process.env, {
      HOME: workplace.home,
      SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
      SF_DISABLE_DNS_CHECK: 'true',
      SF_DISABLE_TELEMETRY: 'true',
      SF_DISABLE_LOG_FILE: 'true',
    });
    return workplace;
  }
});

const EDITS: Record<string, (model: Model, setup: Workplace['org']['setup']) => void> = {
  'a scope more': (_, setup) => setup.changeScopes(APP, ['Api', 'RefreshToken', 'Chatter']),
  'the policy relaxed': (_, setup) => setup.changePolicy(APP, { ipRelaxationPolicyType: 'Bypass' }),
  'the user loses the permission set': (model, setup) => {
    setup.removeAssignment(CI_USER, APP);
    model.authorized.delete(CI_USER);
  },
  'the permission set loses the app': (model, setup) => {
    setup.removePermissionSetFromApp(APP, APP);
    model.authorized.clear();
  },
};

function exitCodeNow(): number {
  return (process.exitCode as number | undefined) ?? 0;
}

async function withTrouble<T>({ org }: Workplace, trouble: string, action: () => Promise<T>): Promise<T> {
  const remove = org.faults.add(TROUBLES[trouble]!);
  try {
    return await action();
  } finally {
    remove();
  }
}

function expectHouseInOrder({ clientId, keyFile }: Model, { org }: Workplace): void {
  for (const type of ONE_OF_EACH) expect(org.data.componentsOf(type), type).to.have.lengthOf(1);
  expect(org.apps.map(({ consumerKey }) => consumerKey)).to.deep.equal([clientId]);
  const { certificate } = fieldsOf(org, 'ExtlClntAppGlobalOauthSettings');
  const publicKey = createPublicKey(createPrivateKey(readFileSync(keyFile!, 'utf8')));
  expect(new X509Certificate(certificate as string).publicKey.equals(publicKey), 'the key in use').to.equal(true);
  const permissionSets = org.data.componentsOf('PermissionSet').filter(({ fullName }) => fullName === APP);
  expect(permissionSets, 'permission sets').to.have.lengthOf(1);
  const rows = [
    org.data.assignments.map(({ userId, permissionSetId }) => `${userId} ${permissionSetId}`),
    org.data.accesses.map(({ parentId, entityId }) => `${parentId} ${entityId}`),
  ];
  for (const each of rows) expect(each).to.deep.equal([...new Set(each)]);
}
