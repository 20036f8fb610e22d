import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { ADMIN_HERE, grant, nameAdmin, type Place } from '../support/advice/errors.js';
import { Pasting } from '../support/advice/paste.js';
import { commandsIn, MESSAGE_FILES } from '../support/advice/templates.js';
import { openWithApp } from '../support/grant.js';
import { keeperAt } from '../support/keeper.js';
import { hasBash } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { CI_USER, pairOf } from '../support/workplace.js';

type Case = {
  /** What comes before, and the words behind `sf jwt` of the command whose lines are run. */
  words: (at: Place) => Promise<string[]> | string[];
  /** Exit code of the command */
  ends?: number;
  env?: Record<string, string>;
  /** Nothing on this machine could fill in a value. */
  example?: true;
  /** How each of its commands ends; 0 where none is named */
  then?: number[];
};

const CONNECT = ['connect', '--target-org', ADMIN_HERE, '--certificate-file', 'server.crt'];
const ROTATE = ['rotate', '--target-org', ADMIN_HERE, '--name', 'Ci', '--username', CI_USER];

async function oldApp({ workplace }: Place): Promise<void> {
  const { certificate } = await pairOf();
  workplace.org.setup.createConnectedApp({ name: 'Old', certificate, adminApproved: true, permissionSets: ['Ci'] });
}

async function granted(at: Place, ...more: string[]): Promise<void> {
  const answer = await at.workplace.json(grant(at, ...more));
  expect(answer.status, JSON.stringify(answer)).to.equal(0);
}

async function fleetFile({ workplace, clientId }: Place): Promise<void> {
  const row = [CI_USER, clientId, workplace.org.url].join(',');
  await workplace.save('orgs.csv', `username,client-id,instance-url\n${row}\n`);
}

/** A program that keeps the key of the app. */
async function signerAt({ workplace }: Place): Promise<string> {
  const keeper = await keeperAt(workplace);
  await keeper.keep('server');
  return keeper.uri('server');
}

const bySigner = (at: Place, signer: string): string[] => [
  ...grant(at).filter((word, index, words) => word !== '--jwt-key-file' && words[index - 1] !== '--jwt-key-file'),
  ...['--signer', signer],
];

/** What commands say at their end, and warn of. */
const CASES: Record<string, Case> = {
  'keygen': {
    words: async ({ workplace }) => {
      await writeFile(join(workplace.home, '.sfdx', 'sfdx-config.json'), '{}');
      await writeFile(join(workplace.home, '.sf', 'config.json'), `{"target-org": "${ADMIN_HERE}"}`);
      return ['keygen', '--name', 'fresh'];
    },
  },
  'convert to PEM': {
    words: async (at) => {
      expect((await at.workplace.json([...CONNECT, '--name', 'Ci'])).status).to.equal(0);
      await granted(at);
      return ['convert', '--from', 'server.key', '--to', 'server.pem'];
    },
  },
  'convert to PEM, of a key alone': {
    words: async (at) => {
      expect((await at.workplace.json([...CONNECT, '--name', 'Ci'])).status).to.equal(0);
      await granted(at);
      await at.workplace.save('alone.key', (await pairOf()).key);
      return ['convert', '--from', 'alone.key', '--to', 'alone.pem'];
    },
  },
  'connect': { words: () => [...CONNECT, '--name', 'Ci', '--username', CI_USER] },
  'connect, without the key': {
    words: async ({ workplace }) => {
      await workplace.save('public.crt', (await pairOf()).certificate);
      return ['connect', '--target-org', ADMIN_HERE, '-c', 'public.crt', '--name', 'Ci', '--username', CI_USER];
    },
  },
  'connect, before the org knows': {
    words: ({ workplace }) => {
      workplace.org.setup.deleteApp('Ci');
      const body = '{"error":"invalid_client_id","error_description":"client identifier invalid"}';
      const headers = { 'content-type': 'application/json' };
      const match = { path: /oauth2\/token$/ };
      workplace.org.faults.add({ match, respond: { status: 400, headers, body }, times: 1 });
      return [...CONNECT, '--name', 'Ci', '--username', CI_USER, '--wait', '0'];
    },
    ends: 69,
  },
  'grant, with a key that all can read': {
    words: (at) => {
      chmodSync(at.workplace.path('server.key'), 0o644);
      return grant(at, '--alias', 'ci');
    },
  },
  'grant that fails': {
    words: (at) => {
      at.workplace.org.setup.changeUser(CI_USER, { loginHours: 'closed' });
      return grant(at);
    },
    ends: 1,
    then: [1],
  },
  'migrate': {
    words: async (at) => {
      await oldApp(at);
      return ['migrate', '--target-org', ADMIN_HERE, '--name', 'Old', '--username', CI_USER, '-f', 'server.key'];
    },
  },
  'migrate, of an app that is open by hand': {
    words: async (at) => {
      await oldApp(at);
      const { org } = at.workplace;
      const { id } = org.apps.find(({ name }) => name === 'Old')!;
      for (const access of org.data.accesses) if (access.entityId === id) access.fromPolicy = false;
      const asked = ['--name', 'Old', '--username', CI_USER, '-f', 'server.key', '--disable-old'];
      return ['migrate', '--target-org', ADMIN_HERE, ...asked];
    },
    ends: 68,
  },
  'fleet grant': {
    words: async (at) => {
      chmodSync(at.workplace.path('server.key'), 0o644);
      await fleetFile(at);
      return ['fleet', 'grant', '--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key'];
    },
  },
  'fleet doctor': {
    words: async (at) => {
      await fleetFile(at);
      return ['fleet', 'doctor', '--orgs-file', 'orgs.csv', '--jwt-key-file', 'server.key'];
    },
  },
  'fleet export': {
    words: async (at) => (await granted(at), ['fleet', 'export', '--output-file', 'exported.csv']),
  },
  'keygen by a signer': {
    words: async (at) => {
      await writeFile(join(at.workplace.home, '.sf', 'config.json'), `{"target-org": "${ADMIN_HERE}"}`);
      return ['keygen', '--name', 'kept', '--signer', await signerAt(at)];
    },
  },
  'grant by a signer': { words: async (at) => bySigner(at, await signerAt(at)) },
  'list of a login by a signer': {
    words: async (at) => {
      const answer = await at.workplace.json(bySigner(at, await signerAt(at)));
      expect(answer.status, JSON.stringify(answer)).to.equal(0);
      return ['list', '--check'];
    },
  },
  'list of nothing': { words: () => ['list'], example: true, then: [1] },
  'list': { words: async (at) => (await granted(at), ['list']) },
  'list of what works': { words: async (at) => (await granted(at), ['list', '--check']) },
  'list of what fails': {
    words: async (at) => {
      await granted(at);
      at.workplace.org.setup.removeAssignment(CI_USER, 'Ci');
      return ['list', '--check'];
    },
    ends: 1,
    then: [1],
  },
  'rotate, of a login that fails': {
    words: async (at) => {
      const other = 'deploy@acme.example.com';
      at.workplace.org.setup.assignPermissionSet(other, 'Ci');
      await granted(at);
      await granted(at, '--username', other);
      at.workplace.org.setup.removeAssignment(other, 'Ci');
      return [...ROTATE, '--wait', '0'];
    },
    ends: 68,
    then: [1],
  },
  'rotate to a signer': {
    words: async (at) => {
      await granted(at);
      return [...ROTATE, '--new-signer', await newSigner(at)];
    },
  },
  'rotate to a signer, of a login that fails': {
    words: async (at) => {
      const other = 'deploy@acme.example.com';
      at.workplace.org.setup.assignPermissionSet(other, 'Ci');
      await granted(at);
      await granted(at, '--username', other);
      at.workplace.org.setup.removeAssignment(other, 'Ci');
      return [...ROTATE, '--wait', '0', '--new-signer', await newSigner(at)];
    },
    ends: 68,
    then: [0, 0, 1],
  },
};

/** URI of a key that is kept by a program. */
async function newSigner({ workplace }: Place): Promise<string> {
  const keeper = await keeperAt(workplace);
  await keeper.keep('other');
  return keeper.uri('other');
}

/** Lines that no case comes to, and why. */
const UNRUN: Record<string, string> = {
  'warning.outdated.copy.actions': 'rotate-converted.test.ts runs it',
  'trust.unknown.repository': 'it asks GitHub; flows/snippet/trust.test.ts asks a stand-in the same by itself',
  'trust.unknown.ids': 'it asks GitHub; flows/snippet/trust.test.ts asks a stand-in the same by itself',
};

const FILES = MESSAGE_FILES.filter((name) => !['errors', 'jwt.audit', 'jwt.doctor', 'jwt.inspect'].includes(name));

describe('advice at the end of commands, and of their warnings', function () {
  this.timeout(300_000);
  const pasting = new Pasting(FILES);
  before(function () {
    needs(this, hasBash, 'bash');
  });

  for (const [name, { words, ends = 0, env = {}, example = false, then }] of Object.entries(CASES)) {
    it(`of ${name} works as it stands`, async () => {
      const users = [CI_USER, 'deploy@acme.example.com'].map((username) => ({ username }));
      const at = await openWithApp({ users });
      const { workplace } = at;
      await nameAdmin(workplace);
      try {
        const { status, stdout, stderr } = await workplace.jwt(await words(at), { env });
        expect(status, stdout + stderr).to.equal(ends);
        const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.replace(/^[\s›•]+/, ''));
        const commands = commandsIn(lines);
        expect(commands, stdout + stderr).not.to.deep.equal([]);
        for (const [index, command] of commands.entries()) {
          const ended = await pasting.paste(workplace, command, { env, example });
          expect(ended, command).to.equal(then?.[index] ?? 0);
        }
      } finally {
        await workplace.close();
      }
    });
  }

  it('of rotate hands the new key to the tools of a CI', async () => {
    const at = await openWithApp();
    const { workplace } = at;
    await nameAdmin(workplace);
    try {
      await granted(at);
      const { status, stdout, stderr } = await workplace.jwt(ROTATE);
      expect(status, stderr).to.equal(0);
      const lines = [...stdout.matchAll(/^ {2}Git(?:Hub|Lab) {2}(.*)$/gm)].map(([, line = '']) => line);
      expect(lines).to.have.length(2);
      const bin = join(workplace.home, 'bin');
      mkdirSync(bin);
      const received = join(workplace.home, 'received');
      for (const program of ['gh', 'glab']) {
        writeFileSync(join(bin, program), `#!/bin/sh\ncat >> '${received}'\n`, { mode: 0o755 });
      }
      const PATH = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
      for (const line of lines) {
        expect(spawnSync('bash', ['-c', line], { cwd: workplace.cwd, env: { ...process.env, PATH } }).status).to.equal(
          0,
        );
      }
      const [, file = ''] = /< (\S+)$/.exec(lines[0]!) ?? [];
      expect(readFileSync(received, 'utf8')).to.equal(readFileSync(file, 'utf8').repeat(2));
    } finally {
      await workplace.close();
    }
  });

  it('has been run, line by line', () => {
    const keyOf = (line: string): string => line.slice(0, line.indexOf(':'));
    expect(pasting.left().filter((line) => !(keyOf(line) in UNRUN))).to.deep.equal([]);
    expect(Object.keys(UNRUN).filter((key) => !pasting.left().some((line) => keyOf(line) === key))).to.deep.equal([]);
  });
});
