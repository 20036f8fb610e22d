import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Failure } from '../../../src/failure.js';
import beforeCommand from '../../../src/flows/doctor/before-sf-doctor.js';
import { redactCommandLog, type SfDoctor } from '../../../src/flows/doctor/command-log.js';
import { judgeStoredLogin, type StoredLoginFacts } from '../../../src/flows/doctor/stored-login.js';
import { environment } from '../../support/plugin.js';
import { storeLogins } from '../../support/sf-doctor.js';
import { pairOf } from '../../support/workplace.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');

describe('judgeStoredLogin', () => {
  const healthy: StoredLoginFacts = {
    username: 'ci@acme.com',
    loginUrl: 'https://acme.my.salesforce.com',
    privateKeyFile: '/keys/server.key',
    keyFailure: undefined,
    readableByOthers: false,
    temporary: false,
  };
  const rows: Array<[name: string, changes: Partial<StoredLoginFacts>, expected: string[]]> = [
    ['in order', {}, []],
    ['gone', { keyFailure: new Failure('file_missing', { path: 'x' }), temporary: true }, ['keyMissing fail']],
    ['encrypted', { keyFailure: new Failure('key_passphrase_missing', { source: 'x' }) }, ['key fail']],
    ['open and temporary', { readableByOthers: true, temporary: true }, ['keyMode warn', 'keyPlace warn']],
    ['at a login host', { loginUrl: 'https://login.salesforce.com/' }, ['loginHost warn']],
    ['at a Lightning page', { loginUrl: 'https://acme.lightning.force.com' }, ['loginUrl fail']],
    ['nowhere', { loginUrl: '' }, ['loginUrl fail']],
  ];
  for (const [name, changes, expected] of rows) {
    it(`${name}: ${expected.join(', ') || 'all pass'}`, () => {
      const verdicts = judgeStoredLogin({ ...healthy, ...changes }).filter(({ status }) => status !== 'pass');
      expect(verdicts.map(({ code, status }) => `${code} ${status}`)).to.deep.equal(expected);
    });
  }
});

describe('the log of a command that sf doctor runs', () => {
  it('holds no variable of ours, in whatever pieces it comes', async () => {
    const { key } = await pairOf();
    const written: string[] = [];
    const log = {
      writeStderr: (text: string) => Promise.resolve(written.push(text) > 0),
      closeStderr: () => undefined,
      writeStdout: () => Promise.resolve(true),
      closeStdout: () => undefined,
    };
    redactCommandLog(log, { SF_JWT_KEY: key, SF_JWT_NEW: 'tiny', OTHER: 'value' }, '[REDACTED]');
    const text = `  SF_JWT_KEY: ${key}\n  SF_JWT_NEW: tiny\n  OTHER: value\nAuthorization: Bearer 00D000000000001!abc\nthe end`;
    for (let at = 0; at < text.length; at += 7) await log.writeStderr(text.slice(at, at + 7));
    log.closeStderr();
    const all = written.join('');
    expect(all)
      .to.contain('SF_JWT_NEW: [REDACTED]')
      .and.to.contain('OTHER: value')
      .and.to.match(/the end$/);
    expect(all).not.to.contain('tiny').and.not.to.contain('00D000000000001!abc');
    for (const line of key.split('\n').filter((each) => each !== '' && !each.startsWith('-'))) {
      expect(all).not.to.contain(line);
    }
  });
});

describe('before a command of the CLI', () => {
  /** As much of the command `sf doctor` as its author promises: it makes a doctor, and then collects. */
  class Doctor {
    public static id = 'doctor';
    public doctor: SfDoctor | undefined = undefined;
    public readonly sfEnvVars: Array<[string, string]> = [
      ['SF_JWT_KEY', 'the key'],
      ['SF_ENV', 'x'],
    ];
    public readonly written: string[] = [];

    public async run(): Promise<SfDoctor> {
      const write = (text: string): Promise<boolean> => Promise.resolve(this.written.push(text) > 0);
      this.doctor = {
        addSuggestion: () => undefined,
        addPluginData: () => undefined,
        getDiagnosis: () => ({ sfEnvVars: this.sfEnvVars }),
        writeStdout: write,
        writeStderr: write,
        closeStdout: () => undefined,
        closeStderr: () => undefined,
      };
      await this.doctor.writeStderr!('SF_JWT_KEY: the key\nSF_ENV: x\n');
      return this.doctor;
    }
  }

  it('named doctor, what it collects is redacted, whichever diagnostics it runs', async () => {
    await beforeCommand({ Command: Doctor });
    const command = new Doctor();
    const doctor = await command.run();
    expect(command.doctor).to.equal(doctor);
    expect(command.sfEnvVars).to.deep.equal([
      ['SF_JWT_KEY', '[REDACTED]'],
      ['SF_ENV', 'x'],
    ]);
    expect(command.written).to.deep.equal(['SF_JWT_KEY: [REDACTED]\nSF_ENV: x\n']);
  });

  it('of any other name, nothing is touched', async () => {
    const run = (): Promise<unknown> => Promise.resolve();
    const Command = { id: 'jwt:doctor', prototype: { run } };
    await beforeCommand({ Command });
    expect(Command.prototype.run).to.equal(run);
  });
});

describe('sf doctor', () => {
  let home: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sf-doctor-'));
    await storeLogins(home);
  });

  afterEach(() => rm(home, { recursive: true, force: true }));

  it('is told of every JWT login, and of no secret', async () => {
    const program = `
      import { Lifecycle } from '@salesforce/core';
      import hook from './lib/flows/doctor/sf-doctor.js';
      const notes = { tests: [], suggestions: [], data: [] };
      const sfEnvVars = [['SF_JWT_KEY', 'the key'], ['SF_JWT_KEY_PASSPHRASE', 'the passphrase'],
        ['SF_JWT_FROM_PASSPHRASE', 'another'], ['SF_JWT_OF_TOMORROW', 'more'], ['SF_ENV', 'x']];
      Lifecycle.getInstance().on('Doctor:diagnostic', async (test) => notes.tests.push(test));
      await hook({ doctor: {
        addSuggestion: (text) => notes.suggestions.push(text),
        addPluginData: (plugin, data) => notes.data.push([plugin, data]),
        getDiagnosis: () => ({ sfEnvVars }),
      } });
      console.log(JSON.stringify({ ...notes, sfEnvVars }));
    `;
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: environment({ home }) });
    const notes = JSON.parse(stdout) as {
      tests: Array<{ testName: string; status: string }>;
      suggestions: string[];
      data: Array<[string, { jwtLogins: object[] }]>;
      sfEnvVars: string[][];
    };
    expect(notes.tests.filter(({ status }) => status === 'fail')).to.deep.equal([
      { testName: '[sf-plugin-jwt] the private key file of lost@acme.com exists', status: 'fail' },
    ]);
    expect(notes.suggestions.join('\n')).to.contain(join(home, 'lost.key')).and.to.contain('--key-storage copy');
    expect(notes.data[0]?.[0]).to.equal('sf-plugin-jwt');
    expect(notes.data[0]?.[1].jwtLogins).to.have.length(2);
    expect(stdout).not.to.contain('PRIVATE KEY').and.not.to.contain('web@acme.com');
    expect(notes.sfEnvVars).to.deep.equal([
      ['SF_JWT_KEY', '[REDACTED]'],
      ['SF_JWT_KEY_PASSPHRASE', '[REDACTED]'],
      ['SF_JWT_FROM_PASSPHRASE', '[REDACTED]'],
      ['SF_JWT_OF_TOMORROW', '[REDACTED]'],
      ['SF_ENV', 'x'],
    ]);
  });
});
