import { expect } from 'chai';
import { ERROR_CASES, ERRORS_UNRUN, LINES_UNRUN, nameAdmin } from '../support/advice/errors.js';
import { Pasting } from '../support/advice/paste.js';
import { commandsIn, templatesIn } from '../support/advice/templates.js';
import { openWithApp } from '../support/grant.js';
import { hasBash } from '../support/plugin.js';
import { needs } from '../support/tools.js';

/**
 * The advice of every failure is run on the very input that brought it about: each command leads to a result, or to the
 * next honest refusal.
 */
describe('advice to paste', function () {
  this.timeout(300_000);
  const pasting = new Pasting(['errors']);
  let skipped = 0;
  before(function () {
    needs(this, hasBash, 'bash');
  });

  it('has a case for every failure whose advice has a command', () => {
    const templates = templatesIn('errors').filter(({ key }) => key.endsWith('.actions'));
    const codes = Map.groupBy(templates, ({ key }) => key.split('.')[1]!);
    const has = (code: string): boolean => code in ERROR_CASES || code in ERRORS_UNRUN;
    const run = new Set(
      [...codes].flatMap(([code, own]) => (code in ERROR_CASES ? own.map((each) => each.command) : [])),
    );
    // The same command on the same values is run once.
    const missing = [...codes].filter(([code, own]) => !has(code) && own.some(({ command }) => !run.has(command)));
    expect(missing.map(([code]) => code)).to.deep.equal([]);
    expect(Object.keys(ERRORS_UNRUN).filter((code) => !codes.has(code) || code in ERROR_CASES)).to.deep.equal([]);
  });

  for (const [code, { words, mends, once, newApp, then, tool, kind, ...variables }] of Object.entries(ERROR_CASES)) {
    it(`of ${code} works as it stands`, async function () {
      if (tool !== undefined && !tool[0]) skipped += 1;
      if (tool !== undefined) needs(this, ...tool);
      const at = await openWithApp(kind === undefined ? {} : { kind });
      const { workplace } = at;
      const { env = {}, advisedEnv } = variables;
      const advised = { env: { ...env, ...advisedEnv } };
      await nameAdmin(workplace);
      try {
        const failing = await words(at);
        const answer = await workplace.json(failing, { env });
        expect(answer.data?.code, JSON.stringify(answer)).to.equal(code);
        // An answer that was put into the org's mouth is no state of it that would go on.
        if (newApp === true) workplace.org.faults.clear();
        const commands = commandsIn(answer.actions ?? []);
        expect(commands).not.to.deep.equal([]);
        const apps = workplace.org.apps.length;
        const results = [];
        for (const command of commands) results.push(await pasting.paste(workplace, command, advised));
        if (newApp !== true) expect(workplace.org.apps, commands.join('\n')).to.have.length(apps);
        if (mends === true) {
          expect(results, commands.join('\n')).to.include(0);
          if (once !== true && !failing.includes('--audience') && failing.at(-1)?.includes('/') !== true) {
            const again = await workplace.json(failing, advised);
            expect(again.status, JSON.stringify(again)).to.equal(0);
          }
        }
        if (then !== undefined) {
          const mended = await workplace.json(then(at), advised);
          expect(mended.status, JSON.stringify(mended)).to.equal(0);
        }
      } finally {
        await workplace.close();
      }
    });
  }

  it('has been run, line by line', function () {
    if (skipped > 0) this.skip();
    const excused = (line: string): boolean =>
      Object.keys(ERRORS_UNRUN).some((code) => line.startsWith(`error.${code}.`)) || line in LINES_UNRUN;
    expect(pasting.left().filter((line) => !excused(line))).to.deep.equal([]);
    expect(Object.keys(LINES_UNRUN).filter((line) => !pasting.left().includes(line))).to.deep.equal([]);
  });
});
