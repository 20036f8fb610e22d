import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openWithApp } from '../support/grant.js';
import { start } from '../support/plugin.js';
import { CI_USER, pairOf, type Workplace } from '../support/workplace.js';

describe('sf jwt grant, killed', () => {
  let workplace: Workplace;
  let clientId: string;
  let key: string;

  before(async () => {
    ({ workplace, clientId } = await openWithApp());
    ({ key } = await pairOf());
  });
  after(() => workplace.close());

  it('before anything is stored leaves every file byte for byte', async () => {
    workplace.org.faults.add({ match: { path: /composite\/batch$/ }, hang: true });
    const before = await workplace.files();
    const requests = workplace.org.requests.length;
    const login = ['--username', CI_USER, '--client-id', clientId, '--instance-url', workplace.org.url];
    const child = start(['jwt', 'grant', ...login, '--jwt-key-file', '-', '--alias', 'never'], {
      home: workplace.home,
      cwd: workplace.cwd,
    });
    child.stdin?.end(key);
    const ended = new Promise((resolve) => child.on('close', resolve));
    while (workplace.org.requests.length < requests + 3) await sleep(10);
    child.kill('SIGKILL');
    await ended;
    workplace.org.faults.clear();
    expect(await workplace.files()).to.deep.equal(before);
  });
});
