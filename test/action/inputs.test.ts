import { expect } from 'chai';
import { InputError, readInputs } from '../../action/inputs.js';
import { formsOfKey } from '../../action/masks.js';
import { runnerOf, type Runner } from '../../action/runner.js';
import { commandsIn } from '../support/action.js';
import { pairOf } from '../support/workplace.js';

const GIVEN = { 'INPUT_CLIENT-ID': ' 3MVG9 ', 'INPUT_USERNAME': 'ci@example.com', 'INPUT_PRIVATE-KEY': 'k' };

function runnerWith(environment: Record<string, string>): Runner & { written: () => string; failed: () => number } {
  let [written, failed] = ['', 0];
  const runner = runnerOf(
    { ...GIVEN, ...environment },
    (text) => (written += text),
    () => (failed += 1),
  );
  return { ...runner, written: () => written, failed: () => failed };
}

describe('the inputs of the action', () => {
  it('are read as a runner gives them, without blanks, and empty ones are none', () => {
    const inputs = readInputs(
      runnerWith({ 'INPUT_ALIAS': ' ci\n', 'INPUT_SET-DEFAULT': 'TRUE', 'INPUT_AUDIENCE': '' }),
    );
    expect(inputs).to.deep.include({
      clientId: '3MVG9',
      alias: 'ci',
      setDefault: true,
      audience: undefined,
      cli: true,
    });
    expect(inputs.loginUrl.href).to.equal('https://login.salesforce.com/');
  });

  for (const [what, environment, words] of [
    ['no client ID', { 'INPUT_CLIENT-ID': '' }, '"client-id" is missing'],
    ['no username', { INPUT_USERNAME: '  ' }, '"username" is missing'],
    ['neither key nor signer', { 'INPUT_PRIVATE-KEY': '' }, '"private-key"'],
    ['both key and signer', { INPUT_SIGNER: 'exec:x' }, 'exclude each other'],
    ['a boolean that is none', { INPUT_CLI: 'yes' }, '"cli" is neither true nor false'],
    ['a URL that is none', { 'INPUT_INSTANCE-URL': 'htp:/x' }, '"instance-url" is no URL'],
    ['an alias without the CLI', { INPUT_CLI: 'false', INPUT_ALIAS: 'ci' }, '"alias" is about a stored login'],
    ['a default without the CLI', { 'INPUT_CLI': 'false', 'INPUT_SET-DEFAULT': 'true' }, '"set-default" is about'],
  ] as const) {
    it(`are refused by name: ${what}`, () => {
      expect(() => readInputs(runnerWith(environment)))
        .to.throw(InputError)
        .with.property('message')
        .that.contains(words);
    });
  }
});

describe('what the action writes', () => {
  it('is commands whose values end them nowhere, and lines that are no commands', () => {
    const runner = runnerWith({});
    const evil = '100% a\r\n::error::b, title=c::d';
    runner.fail(evil, evil);
    runner.warn(evil, evil);
    runner.say(`  ::error::x\n::error::y ##[error]z`);
    const commands = commandsIn(runner.written());
    expect(commands.map(({ name, data }) => [name, data])).to.deep.equal([
      ['error', evil],
      ['warning', evil],
    ]);
    expect(commands[0]!.title).to.equal(evil);
    expect(runner.written()).not.to.contain('##[');
    expect(runner.failed()).to.equal(1);
  });

  it('masks a key in every form in which it may show, and no word that is no secret', async () => {
    const { key } = await pairOf();
    const escaped = key.trim().replaceAll('\n', String.raw`\n`);
    const base64 = Buffer.from(key).toString('base64');
    const lines = key.split('\n').filter((line) => line !== '' && !line.startsWith('-'));
    for (const given of [key, key.replaceAll('\n', '\r\n'), escaped, base64]) {
      const forms = formsOfKey(given, key);
      expect(forms).to.include.members([...lines.filter((line) => line.length >= 8), lines.join(''), escaped, base64]);
      expect(
        forms.filter((form) => /^-+(BEGIN|END) [A-Z ]+-+$/.test(form) || form.length < 8 || /[\r\n]/.test(form)),
      ).to.deep.equal([]);
    }
  });
});
