import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../src/keys/credential/issue.js';
import { signerOf } from '../../src/keys/signer/signer.js';
import type { OrgOptions } from '../emulator/index.js';
import { Pasting } from '../support/advice/paste.js';
import { commandsIn, templatesIn } from '../support/advice/templates.js';
import { AGE, certificateOf } from '../support/certificates.js';
import { APP, doctor, healthyApp, storeLogin } from '../support/doctor.js';
import { hasBash } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER, pairOf, Workplace } from '../support/workplace.js';

type Case = {
  /** Brings the finding about; returns the flags that the usual ones lack, if any. */
  prepare: (workplace: Workplace, clientId: string) => unknown;
  /** The finding is gone after its commands. */
  mends?: true;
  org?: Partial<OrgOptions>;
};

const keyOfServer = async (): Promise<KeyObject> => createPrivateKey((await pairOf()).key);
const certificateFor = async (workplace: Workplace, days: number): Promise<string[]> => {
  await workplace.save('given.crt', await certificateOf(await keyOfServer(), 'server', days));
  return ['--certificate-file', 'given.crt'];
};

/** Findings that no situation of the other tests of doctor begins with, mostly since they are warnings. */
const CASES: Record<string, Case> = {
  app_certificate_ended: {
    prepare: async ({ org }) => {
      org.setup.changeCertificate(APP, await certificateOf(await keyOfServer(), 'server', 30));
    },
  },
  certificate_ended: { prepare: (at) => certificateFor(at, 30) },
  certificate_ends_soon: { prepare: (at) => certificateFor(at, AGE + 10) },
  certificate_starts_later: {
    prepare: async (at) => {
      const [subject, signer] = [{ commonName: 'server' }, signerOf(await keyOfServer())];
      const notBefore = new Date(Date.now() + 86_400_000);
      const serialNumber = Uint8Array.of(1);
      const pem = await selfSignedCertificate({ subject, signer, serialNumber, notBefore, days: 100 });
      await at.save('given.crt', pem);
      return ['--certificate-file', 'given.crt'];
    },
  },
  dev_hub_app_type_unknown: { prepare: () => ['no--target-org'], org: { kind: 'production', devHub: true } },
  dev_hub_external_client_app: { prepare: () => undefined, org: { kind: 'production', devHub: true } },
  jwt_login_replaced: {
    prepare: async (at) => {
      await storeLogin(at, at.path('server.key'));
      const entry = join(at.home, '.sfdx', `${CI_USER}.json`);
      const fields = JSON.parse(await readFile(entry, 'utf8')) as object;
      const web = { ...fields, refreshToken: '5Aep', privateKey: undefined, clientId: 'PlatformCLI' };
      await writeFile(entry, JSON.stringify(web));
    },
    mends: true,
  },
  key_readable_by_others: { prepare: (at) => chmod(at.path('server.key'), 0o644), mends: true },
  target_org_unreadable: { prepare: ({ org }) => org.expireSessions() },
};

/** Fixes that nothing runs, and why. */
const UNRUN: Record<string, string> = {
  clock_ahead: 'the command sets the clock of the machine',
  generic_login_host: 'only login.salesforce.com is such a host; the line is that of login_url_of_other_org',
  login_history: 'it always follows from a finding above it, whose fix is given',
};

describe('advice of doctor', () => {
  const pasting = new Pasting(['jwt.doctor']);
  before(function () {
    needs(this, hasBash, 'bash');
  });

  for (const [code, { prepare, mends, org = {} }] of Object.entries(CASES)) {
    it(`for ${code} works as it stands`, async () => {
      const workplace = await Workplace.open(org);
      try {
        const clientId = healthyApp(workplace);
        const prepared = await prepare(workplace, clientId);
        const more = Array.isArray(prepared) ? (prepared as string[]) : [];
        const admin = more.includes('no--target-org') ? [] : ['--target-org', ADMIN_ALIAS];
        const given = { args: [...more, ...admin] };
        const { result } = await doctor(workplace, clientId, given);
        const finding = result.findings.find((each) => each.code === code);
        expect(finding, result.findings.map((each) => each.code).join()).not.to.equal(undefined);
        const commands = commandsIn((finding?.fix ?? '').split('\n'));
        expect(commands).not.to.deep.equal([]);
        expect(finding?.actions.join('\n')).to.contain(commands[0]);
        for (const command of commands) expect(await pasting.paste(workplace, command), command).to.equal(0);
        if (mends !== true) return;
        const again = await doctor(workplace, clientId, given);
        expect(again.result.findings.map((each) => each.code)).not.to.include(code);
      } finally {
        await workplace.close();
      }
    });
  }

  it('has been run for every finding whose fix has a command', () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'messages', 'jwt.doctor.md'), 'utf8');
    const filled = [
      ...text.matchAll(
        /^# finding\.(\w+)\.fix\n\n(?:- .*\n)*?- (?:.*: )?(?:\{\?\w+\})?\{(?:assign|command|connect|exports:lines|grant|rotate)\}$/gm,
      ),
    ].map(([, code = '']) => code);
    const written = templatesIn('jwt.doctor').flatMap(({ key }) => /^finding\.(\w+)\.fix$/.exec(key)?.[1] ?? []);
    const codes = [...new Set([...filled, ...written])].sort();
    expect(codes).to.have.length.above(25);
    const situations = readdirSync(import.meta.dirname)
      .filter((name) => name.startsWith('doctor-'))
      .flatMap((name) => [...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/^ {4}first: '(\w+)',$/gm)])
      .map(([, code = '']) => code);
    const has = (code: string): boolean => code in CASES || code in UNRUN || situations.includes(code);
    expect(codes.filter((code) => !has(code))).to.deep.equal([]);
    const needless = (code: string): boolean => !codes.includes(code) || situations.includes(code);
    expect([...Object.keys(CASES), ...Object.keys(UNRUN)].filter(needless)).to.deep.equal([]);
  });
});
