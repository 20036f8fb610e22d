import { expect } from 'chai';
import { findSecrets } from '../../conformance/secret-scanner.js';
import { KitOrg } from '../support/conformance.js';
import { ALIAS, KitProgram } from '../support/conformance-program.js';

describe('npm run conformance', () => {
  let kit: KitOrg;
  let program: KitProgram;
  before(async () => {
    kit = await KitOrg.start();
    program = await KitProgram.at(kit);
  });
  after(async () => {
    await program.remove();
    await kit.stop();
  });

  it('asks the org of the stored login, shows a table, writes a recording and takes back what it made', async () => {
    const before = kit.dump();
    const args = ['--target-org', ALIAS, '--output-dir', program.outputDir, '--only', 'license-name,revocation'];
    const { status, stdout, stderr } = await program.npm(args);
    expect(stderr).to.match(
      /^\[1\/2\] license-name: .*\n\[2\/2\] revocation: .*\nTaken back: \d+ components and changes removed\.\n$/,
    );
    expect(stdout).to.match(/^Probe +Question +Answer +Local org\n/);
    expect(stdout).to.match(/^revocation +a token that lives +revoked +agrees$/m);
    expect(stdout).to.match(/^Recording: .*developer-v67-\d{4}-\d\d-\d\d\.json$/m);
    expect(status).to.equal(0);
    expect(kit.dump()).to.equal(before);
    const [written, ...more] = await program.recordings();
    expect(more).to.deep.equal([]);
    expect(written?.recording.probes.map(({ probe }) => probe)).to.deep.equal(['license-name', 'revocation']);
    expect(findSecrets(written?.text ?? '')).to.deep.equal([]);
  });

  it('ends with 1 when an answer differs, and with 68 when a probe lacks something; an earlier recording stays', async () => {
    kit.org.switches.singleAccess = 'missing';
    const differs = await program.run(['--only', 'single-access']);
    expect(differs.stdout).to.match(/with the scope web +missing +differs$/m);
    expect(differs.status).to.equal(1);
    const lacks = await program.run(['--only', 'license-name', '--only', 'refused-logins']);
    expect(lacks.stdout).to.contain('not run: it needs a user who may be frozen for a moment: --user');
    expect(lacks.status).to.equal(68);
    const names = (await program.recordings()).map(({ name }) => name.replace(/\d{4}-\d\d-\d\d/, 'DAY'));
    expect(names).to.include.members([
      'developer-v67-DAY.json',
      'developer-v67-DAY-2.json',
      'developer-v67-DAY-3.json',
    ]);
  });

  it('says in one line what is wrong with a call', async () => {
    const calls: Array<[string[], RegExp, number]> = [
      [['--only', 'no-such-probe'], /^There is no probe no-such-probe\. --list shows them\.\n\n/, 2],
      [['--no-such-flag'], /^Unknown option '--no-such-flag'.*\n\n/, 2],
      [['--user', 'nobody@example.com'], /^--user: there is no user nobody@example\.com in the org\.\n$/, 1],
      [
        ['--target-org', 'elsewhere'],
        /^sf has no login that can be used for elsewhere: .* sf org login web --alias elsewhere\n$/,
        1,
      ],
    ];
    const ends = await Promise.all(calls.map(([args]) => program.run(args)));
    for (const [index, [args, words, code]] of calls.entries()) {
      const { status, stdout, stderr } = ends[index] ?? { status: null, stdout: '', stderr: '' };
      expect([status, stdout], args.join(' ')).to.deep.equal([code, '']);
      expect(stderr, args.join(' ')).to.match(words);
    }
  });

  it('lists its probes without an org', async () => {
    const { status, stdout } = await program.npm(['--list']);
    expect(status).to.equal(0);
    expect(stdout.match(/^ {2}asks /gm)).to.have.length.above(25);
    expect((await program.npm([])).stderr).to.match(/^Name the org: --target-org ALIAS\n/);
  });
});
