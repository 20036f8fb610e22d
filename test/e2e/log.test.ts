import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { granted, loginFlags, openWithApp } from '../support/grant.js';
import { pairOf, type Workplace } from '../support/workplace.js';

type Line = { level: number; name: string; time: number; msg: string };

/** The log of core, which the packed plugin writes without a worker. */
describe('the log file', () => {
  let workplace: Workplace;
  let flags: string[];

  before(async () => {
    const opened = await openWithApp();
    ({ workplace } = opened);
    flags = loginFlags(workplace, opened.clientId);
  });

  after(() => workplace.close());

  async function logAt(level: string): Promise<string> {
    await granted(workplace, flags, { env: { SF_LOG_LEVEL: level } });
    const folder = join(workplace.home, '.sf');
    const logs = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.log'));
    const texts = await Promise.all(logs.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.join('');
  }

  it('makes no file where there is nothing to say', async () => {
    expect(await logAt('fatal')).to.equal('');
  });

  it('has every line at the level that is set, and no secret', async () => {
    const text = await logAt('trace');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines.map(({ name }) => name)).to.include('sf:Config');
    expect(lines.map(({ level }) => level)).to.include.members([10, 20]);
    for (const { time } of lines) expect(time).to.be.closeTo(Date.now(), 600_000);
    const { key } = await pairOf();
    const secrets = [key.split('\n')[1]!];
    for (const { body } of workplace.org.requestsTo(/oauth2\/token/))
      secrets.push(new URLSearchParams(body).get('assertion') ?? '');
    expect(secrets).to.have.length.above(1);
    for (const secret of secrets) expect(text).not.to.contain(secret);
    expect(text).not.to.match(/\b00D\w{12,15}![\w.]+/);
  });
});
