/** What a person at a terminal is asked for, and that nobody else is. */
import { rename } from 'node:fs/promises';
import { expect } from 'chai';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { hasTerminal, type Dialogue } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { ADMIN, ADMIN_ALIAS, CI_USER, type Workplace } from '../support/workplace.js';

const RETURN = '\r';
const DOWN = '\x1b[B';

type Case = {
  args: string[];
  dialogue: Dialogue;
  /** What stands on the terminal at the end. */
  shows: Array<string | RegExp>;
  status?: number;
  env?: Record<string, string>;
};

describe('at a terminal, what is missing is asked for', () => {
  let workplace: Workplace;
  let clientId: string;

  before(async function () {
    needs(this, hasTerminal, 'python3');
    ({ workplace, clientId } = await openWithApp());
    await granted(workplace, [...loginFlags(workplace, clientId), '--alias', 'my-ci']);
    await rename(workplace.path('server.crt'), workplace.path('ci.crt'));
    await workplace.save('orgs.csv', 'username,client-id,jwt-key-file,instance-url\n');
  });
  after(async () => {
    if (hasTerminal) await workplace.close();
  });

  const cases: Record<string, () => Case> = {
    'connect: the org, the certificate and the user, and once more after a wrong answer': () => ({
      args: ['connect', '--dry-run'],
      dialogue: [
        { expect: 'Which org do you work in', type: `my-admin${RETURN}` },
        { expect: 'File of the certificate', type: `nowhere.crt${RETURN}` },
        { expect: 'There is no file nowhere.crt', type: `server.key${RETURN}` },
        { expect: 'private key', type: RETURN },
        { expect: 'Which user of the org', type: `ci@${RETURN}` },
      ],
      shows: [
        `Which org do you work in as its admin? ${ADMIN_ALIAS}`,
        'certificate: ci.crt',
        `Which user of the org is to log in with the app? ${CI_USER}`,
        'nothing was changed',
      ],
    }),
    'connect: the admin, where Return alone is the answer': () => ({
      args: ['connect', '--target-org', ADMIN_ALIAS, '--name', 'Other', '--dry-run'],
      dialogue: [
        { expect: 'File of the certificate', type: RETURN },
        { expect: 'Which user of the org', type: RETURN },
      ],
      shows: [`Assign ${ADMIN} to the permission set Other`],
    }),
    'connect: not the user where nothing else is asked for': () => ({
      args: ['connect', '--target-org', ADMIN_ALIAS, '--certificate-file', 'ci.crt', '--name', 'Other', '--dry-run'],
      dialogue: [],
      shows: [`Assign ${ADMIN} to the permission set Other`],
    }),
    'rotate: the app and who proves it': () => ({
      args: ['rotate', '--target-org', ADMIN_ALIAS, '--jwt-key-file', 'server.key', '--dry-run'],
      dialogue: [
        { expect: 'Which app', type: RETURN },
        { expect: 'Which user logs in with the new key', type: `ci@${RETURN}` },
      ],
      shows: ['Which app? Ci', `to prove it? ${CI_USER}`],
    }),
    'grant: the user, the client id and the key, from what is known here': () => ({
      args: ['grant', '--instance-url', workplace.org.url],
      dialogue: [
        { expect: 'Username', type: `${CI_USER}${RETURN}` },
        { expect: 'Client ID', type: RETURN },
        { expect: 'File of the private key', type: `ci.crt${RETURN}` },
        { expect: 'a certificate', type: `${DOWN}${RETURN}` },
      ],
      shows: [CI_USER, 'private key: server.key', 'Successfully authorized'],
    }),
    'token: which stored login': () => ({
      args: ['token', '--path', 'no path'],
      dialogue: [{ expect: 'Which stored login', type: RETURN }],
      shows: ['my-ci', 'path'],
      status: 1,
    }),
    'sign: which stored login, until it is one': () => ({
      args: ['sign'],
      dialogue: [
        { expect: 'Which stored login', type: `nobody@example.com${RETURN}` },
        { expect: 'No org with the alias', type: `my-ci${RETURN}` },
      ],
      shows: ['my-ci', 'eyJ'],
    }),
    'doctor: which stored login': () => ({
      args: ['doctor'],
      dialogue: [{ expect: 'Which stored login', type: RETURN }],
      shows: [CI_USER],
    }),
    'snippet: the CI and the login': () => ({
      args: ['snippet'],
      dialogue: [
        { expect: 'Which CI', type: `${DOWN}${RETURN}` },
        { expect: 'Which stored login', type: RETURN },
      ],
      shows: [clientId],
    }),
    'inspect: the file': () => ({
      args: ['inspect'],
      dialogue: [{ expect: 'Which file', type: `ci.crt${RETURN}` }],
      shows: ['is a certificate'],
    }),
    'convert: the file and where to': () => ({
      args: ['convert', '--pkcs1'],
      dialogue: [
        { expect: 'Which file', type: `server.key${RETURN}` },
        { expect: 'File to convert it to', type: `made.pem${RETURN}` },
      ],
      shows: ['made.pem'],
    }),
    'fleet grant: the file of orgs': () => ({
      args: ['fleet', 'grant'],
      dialogue: [{ expect: 'File with the list of orgs', type: RETURN }],
      shows: ['orgs.csv'],
      status: 1,
    }),
    'revoke: which login, or all of them': () => ({
      args: ['revoke'],
      dialogue: [
        { expect: 'Which login', type: RETURN },
        { expect: 'on this machine?', type: `n${RETURN}` },
      ],
      shows: ['Nothing was changed.'],
    }),
  };

  for (const [name, caseOf] of Object.entries(cases)) {
    it(name, async () => {
      const { args, dialogue, shows, status = 0, env } = caseOf();
      const run = await workplace.onTerminal(args, dialogue, env);
      expect(run.status, run.stdout).to.equal(status);
      for (const text of shows) expect(run.stdout).to.match(text instanceof RegExp ? text : new RegExp(escape(text)));
    });
  }

  const unasked: Array<[circumstance: string, args: string[], env?: Record<string, string>]> = [
    ['with --no-prompt', ['--no-prompt']],
    ['with --json', ['--json']],
    ['in a CI', [], { CI: 'true' }],
    ['when the key comes through standard input', ['--jwt-key-file', '-']],
  ];
  for (const [circumstance, more, env] of unasked) {
    it(`nobody is asked ${circumstance}`, async () => {
      const { status, stdout } = await workplace.onTerminal(['grant', '-o', CI_USER, ...more], [], env);
      expect(status, stdout).to.equal(2);
      expect(stdout).to.contain('Missing required flag client-id').and.not.to.contain('? Client ID');
    });
  }

  it('nor through a pipe', async () => {
    const { status, stderr, stdout } = await workplace.jwt(['grant', '-o', CI_USER], { input: `${clientId}\n` });
    expect(status).to.equal(2);
    expect(stderr).to.contain('Missing required flag client-id');
    expect(stdout).to.equal('');
  });

  it('nor before what is wrong on the command line is said', async () => {
    const { status, stdout } = await workplace.onTerminal(['connect', '--app-type', 'other'], []);
    expect(status, stdout).to.equal(2);
    expect(stdout).to.contain('--app-type').and.not.to.contain('Which org');
  });

  it('Ctrl-C at a question ends the command, and nothing else', async () => {
    const before = await workplace.files();
    const { status, stdout } = await workplace.onTerminal(['connect'], [{ expect: 'Which org', type: '\x03' }]);
    expect(status, stdout).to.equal(130);
    expect(stdout).not.to.contain('Error');
    expect(await workplace.files()).to.deep.equal(before);
    expect(ADMIN).not.to.equal(CI_USER);
  });
});

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
