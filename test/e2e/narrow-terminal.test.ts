import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { openWithApp } from '../support/grant.js';
import { hasTerminal, runOnTerminal } from '../support/plugin.js';
import { needs } from '../support/tools.js';
import { ADMIN_ALIAS, CI_USER, type Workplace } from '../support/workplace.js';

const COLUMNS = 60;

describe('a terminal of 60 columns', function () {
  this.timeout(120_000);
  let workplace: Workplace;
  let login: string[];

  before(async function () {
    needs(this, hasTerminal, 'a terminal');
    const at = await openWithApp();
    ({ workplace } = at);
    const place = ['--jwt-key-file', 'server.key', '--instance-url', workplace.org.url];
    login = ['--username', CI_USER, '--client-id', at.clientId, ...place];
    expect((await workplace.json(['grant', ...login, '--alias', 'ci'])).status).to.equal(0);
  });
  after(() => workplace.close());

  /** The lines that a command wrote, before the terminal breaks any. */
  async function linesOf(args: string[], status: number): Promise<string[]> {
    const ended = await runOnTerminal(['jwt', ...args], [], { home: workplace.home, cwd: workplace.cwd }, COLUMNS);
    expect(ended.status, ended.stdout).to.equal(status);
    return stripVTControlCharacters(ended.stdout)
      .split(/\r*\n/)
      .map((line) => line.trimEnd());
  }

  /** A command stays one line, which the terminal breaks for the eye and not for the clipboard. */
  const isCommand = (line: string): boolean => /^\s*(sf|chmod) /.test(line);
  /** Neither does a word that is longer than the terminal: it would be two. */
  const isOneWord = (line: string): boolean => !line.trim().includes(' ');

  it('gets the commands of an error whole', async () => {
    workplace.org.setup.removeAssignment(CI_USER, 'Ci');
    const lines = await linesOf(['grant', ...login], 1);
    workplace.org.setup.assignPermissionSet(CI_USER, 'Ci');
    const advice = lines.filter((line) => / sf jwt \w+ --/.test(line));
    expect(advice).to.have.length(3);
    for (const line of advice)
      expect(line).to.match(/: sf jwt (connect|grant|doctor) --.*(ci@acme\.example\.com|--wait 10|my-admin-org)$/);
    expect(lines.filter((line) => line.startsWith('Error '))).to.have.length(1);
  });

  it('gets what doctor says within its columns, below its mark', async () => {
    workplace.org.setup.removeAssignment(CI_USER, 'Ci');
    const lines = await linesOf(['doctor', ...login, '--target-org', ADMIN_ALIAS], 1);
    workplace.org.setup.assignPermissionSet(CI_USER, 'Ci');
    const said = lines.slice(lines.findIndex((line) => line.startsWith('✗')));
    expect(said.filter((line) => line.length > COLUMNS && !isCommand(line) && !isOneWord(line))).to.deep.equal([]);
    expect(said.filter(isCommand)).to.have.length(1);
    expect(said.find(isCommand)).to.match(/ sf org assign permset .* --on-behalf-of ci@acme\.example\.com$/);
    const verdict = said.findIndex((line) => line.startsWith('The login of'));
    // Whatever goes on from a line stands below its text.
    expect(
      said
        .slice(0, verdict)
        .filter((line) => line !== '' && !/^([✗!✓] \w+|\s{11}|file [✗!✓] → |→ login [✗!✓]$)/.test(line)),
    ).to.deep.equal([]);
  });

  it('gets one line of list for each login, within its columns', async () => {
    const lines = await linesOf(['list'], 0);
    expect(lines.filter((line) => line.length > COLUMNS)).to.deep.equal([]);
    expect(lines.filter((line) => /[│|] ci /.test(line))).to.have.length(1);
    expect(lines.join('\n')).to.match(/\d{4}-\d\d-\d\d/);
  });
});
