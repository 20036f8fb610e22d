/** `sf jwt doctor` as the tests run it, on a login that works until a situation stands in its way. */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { JwtDoctorResult } from '../../src/commands/jwt/doctor.js';
import type { SetupApp } from '../emulator/index.js';
import { Pasting } from './advice/paste.js';
import { commandsIn } from './advice/templates.js';
import { expectSchema } from './schema.js';
import { ADMIN_ALIAS, CI_USER, Workplace, type Answer } from './workplace.js';

export const APP = 'CiApp';
export const PERMISSION_SET = 'CiUsers';

/** What differs from the usual command; the word `no--FLAG` leaves a usual flag out. */
export type Arguments = { clientId?: string; args?: string[]; env?: Record<string, string>; input?: string };

/** Stops with the test. */
export type Stoppable = { stop: () => Promise<void> };

export type Situation = {
  name: string;
  /** What the CI user's login meets; returns the `Arguments` that differ from the usual ones, if any do. */
  prepare: (workplace: Workplace, others: Stoppable[]) => unknown;
  /** Code of the first finding */
  first: string;
  /** Code of the token endpoint's answer, which then stands second; undefined: there is none */
  answer?: string;
  /** A word of the first finding's fix, or what its last line is */
  fix?: string | RegExp;
  /** Without an admin's view */
  blind?: boolean;
  /** `prepare` makes the app */
  appless?: boolean;
};

/** An app that lets the CI user in; returns its client id. */
export function healthyApp(
  workplace: Workplace,
  app: Partial<SetupApp> = {},
  type: 'ExternalClientApp' | 'ConnectedApp' = 'ExternalClientApp',
): string {
  const { org } = workplace;
  if (!org.data.component('PermissionSet', PERMISSION_SET)) org.setup.createPermissionSet(PERMISSION_SET);
  const clientId = org.setup[`create${type}`]({
    name: APP,
    certificate: readFileSync(workplace.path('server.crt'), 'utf8'),
    adminApproved: true,
    permissionSets: [PERMISSION_SET],
    ...app,
  });
  org.setup.assignPermissionSet(CI_USER, PERMISSION_SET);
  return clientId;
}

export function doctorWords({ org }: Workplace, clientId: string, { args = [] }: Arguments = {}): string[] {
  const usual = { '--username': CI_USER, '--jwt-key-file': 'server.key', '--instance-url': org.url };
  const missing = Object.entries(usual).flatMap(([flag, value]) =>
    args.includes(flag) || args.includes(`no${flag}`) ? [] : [flag, value],
  );
  return ['doctor', '--client-id', clientId, ...missing, ...args.filter((word) => !word.startsWith('no--'))];
}

/** Runs doctor with `--json`: the result is as the schema says, in order and complete. */
export async function doctor(
  workplace: Workplace,
  clientId: string,
  given: Arguments = {},
): Promise<Answer<JwtDoctorResult>> {
  const { env, input } = given;
  const answer = await workplace.json<JwtDoctorResult>(doctorWords(workplace, clientId, given), {
    ...(env === undefined ? {} : { env }),
    ...(input === undefined ? {} : { input }),
  });
  expectSchema('jwt-doctor', answer.result);
  const { ok, findings } = answer.result;
  expect(answer.status).to.equal(ok ? 0 : 1);
  expect(findings.some(({ severity }) => severity === 'error')).to.equal(!ok);
  for (const { severity, message, fix = '' } of findings) {
    expect(message + fix, 'no open placeholder').not.to.match(/\{\w+(:\w+)?\}/);
    if (severity === 'ok') expect(fix).to.equal('');
  }
  const ranks = findings.map(({ severity }) => ['error', 'warning', 'ok'].indexOf(severity));
  expect(ranks).to.deep.equal(ranks.toSorted());
  return answer;
}

export const codesOf = ({ result }: Answer<JwtDoctorResult>): string[] => result.findings.map(({ code }) => code);

/** No request since then wrote anything, and one token at most was asked for. */
export function expectOnlyReading({ org }: Workplace, since: number): void {
  const requests = org.requests.slice(since);
  const isReading = ({ method, path, body }: (typeof requests)[number]): boolean =>
    method === 'GET' ||
    path.startsWith('/services/oauth2/token') ||
    (path.startsWith('/services/Soap/m/') && /<(listMetadata|readMetadata)\b/.test(body));
  const writes = requests.filter((request) => !isReading(request));
  expect(writes.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([]);
  expect(requests.filter(({ path }) => path.startsWith('/services/oauth2/token'))).to.have.length.below(2);
}

/** A test for each situation: doctor comes down to one thing to do first, and changes nothing. */
export function testSituations(title: string, situations: Situation[]): void {
  describe(title, () => {
    let workplace: Workplace;
    const others: Stoppable[] = [];

    beforeEach(async () => {
      workplace = await Workplace.open();
    });

    afterEach(async () => {
      await workplace.close();
      for (const other of others.splice(0)) await other.stop();
    });

    for (const situation of situations) {
      it(`${situation.name}: ${situation.first}`, () => expectFirst(workplace, others, situation));
    }
  });
}

async function expectFirst(
  workplace: Workplace,
  others: Stoppable[],
  { prepare, first, answer, fix, blind = false, appless = false }: Situation,
): Promise<void> {
  const app = appless ? '' : healthyApp(workplace);
  const given = ((await prepare(workplace, others)) ?? {}) as Arguments;
  const args = [...(blind ? [] : ['--target-org', ADMIN_ALIAS]), ...(given.args ?? [])];
  const before = await workplace.files();
  const asked = workplace.org.requests.length;
  const found = await doctor(workplace, given.clientId ?? app, { ...given, args });
  const { findings } = found.result;
  expect(codesOf(found)[0]).to.equal(first);
  const said = findings.findIndex(({ code }) => code === answer);
  if (answer !== undefined) {
    expect(said, `${answer} in ${codesOf(found).join()}`).to.be.above(0);
    expect(findings[said]).not.to.have.property('fix');
  }
  expect(findings[0]?.fix).to.match(/\S/);
  if (typeof fix === 'string') expect(findings[0]?.fix).to.contain(fix);
  else if (fix !== undefined) expect(findings[0]?.fix?.split('\n').at(-1)).to.match(fix);
  expect(await workplace.files(), 'nothing was changed').to.deep.equal(before);
  expectOnlyReading(workplace, asked);
  await expectMended(workplace, first, findings[0]?.fix, () =>
    doctor(workplace, given.clientId ?? app, { ...given, args }),
  );
}

/** What changes the org or the user, as opposed to a login as it should have been. */
const MENDING = /^sf (jwt connect|org assign|data update)/;

/** The certificate of the key at hand isn't, so that the command is refused with what is to be done about that. */
const REFUSED = ['app_certificate_of_other_key'];

/** Each command of the first fix runs as it stands; after one that mends something, the finding is gone. */
async function expectMended(
  workplace: Workplace,
  first: string,
  fix = '',
  again: () => Promise<Answer<JwtDoctorResult>>,
): Promise<void> {
  const commands = commandsIn(fix.split('\n')).filter((command) => !command.includes('MyDomainName'));
  const pasting = new Pasting(['jwt.doctor']);
  for (const command of commands) {
    // An app that nobody has is set up anew, with a client id of its own.
    const status = await pasting.paste(workplace, command, { example: first === 'app_missing' });
    if (!MENDING.test(command) || first === 'app_missing') continue;
    if (REFUSED.includes(first)) expect(status, command).to.equal(1);
    else expect(status, command).to.be.oneOf([0, 69]);
    if (status === 1) continue;
    const { findings } = (await again()).result;
    const left = findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    expect(left, command).not.to.include(first);
  }
}

/** Stores a login of the CI user as `sf jwt grant` leaves it, with its key at this path. */
export async function storeLogin({ home, org }: Workplace, privateKey: string): Promise<void> {
  const entry = join(home, '.sfdx', 'admin@acme.example.com.json');
  const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
  const login = { ...fields, username: CI_USER, loginUrl: org.url, clientId: '3MVG9x', privateKey };
  await writeFile(join(home, '.sfdx', `${CI_USER}.json`), JSON.stringify(login), { mode: 0o600 });
}
