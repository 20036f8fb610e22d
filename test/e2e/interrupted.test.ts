import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { CONNECT, deployRequests } from '../support/connect.js';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { hasTerminal, runOnTerminal, start } from '../support/plugin.js';
import { entryPath } from '../support/stored.js';
import { ADMIN, CI_USER, Workplace } from '../support/workplace.js';

const CTRL_C = '\u0003';

describe('A command that is interrupted', () => {
  let workplace: Workplace;
  afterEach(() => workplace.close());

  /** The signal comes when the condition holds; what the process has written to its end. */
  async function interrupted(args: string[], signal: NodeJS.Signals, when: () => boolean) {
    const { home, cwd } = workplace;
    const child = start(['jwt', ...args], { home, cwd });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!when()) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill(signal);
    const [code] = (await once(child, 'close')) as [number | null];
    expect(output).not.to.match(/\n\s+at |node:events|Error/);
    return { code, output };
  }

  it('says that its deployment goes on, and the next run joins it', async () => {
    workplace = await Workplace.open();
    const { org } = workplace;
    const release = org.holdDeployments();
    const polled = (): boolean => org.requestsTo(/deployRequest\/0Af/).length > 0;
    const { code, output } = await interrupted(CONNECT, 'SIGINT', polled);
    expect(code).to.equal(130);
    const id = org.data.deployments.find(({ user }) => user.username === ADMIN)?.id ?? '';
    expect(output).to.match(
      new RegExp(`\\nThe deployment ${id} goes on in the org\\. Run the same command again: .*\\n$`),
    );
    release();
    const { status, stdout } = await workplace.jwt(CONNECT);
    expect(status, stdout).to.equal(0);
    expect(deployRequests(org)).to.equal(1);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`ends with ${code} and without a trace on ${signal}, and stores nothing`, async function () {
      if (process.platform === 'win32') this.skip();
      const { workplace: place, clientId } = await openWithApp();
      workplace = place;
      workplace.org.faults.add({ match: { path: /token$/ }, hang: true });
      const before = await workplace.files();
      const asked = (): boolean => workplace.org.requests.length > 0;
      const { code: actual } = await interrupted(['grant', ...loginFlags(workplace, clientId)], signal, asked);
      expect(actual).to.equal(code);
      expect(await workplace.files()).to.deep.equal(before);
    });
  }

  it('at a question ends with 130, and nothing else is said', async function () {
    if (!hasTerminal) this.skip();
    const { workplace: place, clientId } = await openWithApp();
    workplace = place;
    const key = createPrivateKey(await readFile(workplace.path('server.key'), 'utf8'));
    const protection = {
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'four words of mine',
    } as const;
    await writeFile(workplace.path('server.key'), key.export(protection));
    const { home, cwd } = workplace;
    const args = ['jwt', 'grant', ...loginFlags(workplace, clientId)];
    const { status, stdout } = await runOnTerminal(args, [{ expect: 'assphrase', type: CTRL_C }], { home, cwd });
    expect(status, stdout).to.equal(130);
    expect(stdout).not.to.match(/Error|Try this|\n\s+at /);
    expect(workplace.org.requests).to.deep.equal([]);
  });

  it('may take its time to answer, and then has said what it does', async function () {
    if (!hasTerminal) this.skip();
    const { workplace: place, clientId } = await openWithApp();
    workplace = place;
    await granted(workplace, loginFlags(workplace, clientId));
    const { home, cwd } = workplace;
    // sf's own question ends by itself after ten seconds, and takes that for a no.
    const dialogue = [{ expect: CI_USER, type: 'y\r', after: 11 }];
    const { status, stdout } = await runOnTerminal(['jwt', 'revoke', '-o', CI_USER], dialogue, { home, cwd });
    expect(status, stdout).to.equal(0);
    expect(await readFile(entryPath(home), 'utf8').catch(() => 'gone'), stdout).to.equal('gone');
  });
});
