import { Args, Flags, Parser } from '@oclif/core';
import { SfError } from '@salesforce/core';
import { expect } from 'chai';
import { withCode, withoutArguments } from '../../src/terminal/parser-error.js';

const PEM = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ/EFAASCBKcwggSjAgEAAoIBAQC7=\n${'Zm9v'.repeat(16)}\n-----END PRIVATE KEY-----`;

/** What oclif says about these words, and what is left of it. */
async function errorsOf(argv: string[], withFile = true): Promise<{ before: Error; after: Error }> {
  const flags = {
    days: Flags.integer({ min: 1 }),
    size: Flags.string({ options: ['1', '2'] }),
    url: Flags.url(),
    file: Flags.string({ char: 'f' }),
    alone: Flags.boolean({ exclusive: ['days'] }),
    needy: Flags.boolean({ dependsOn: ['file'] }),
  };
  try {
    if (withFile) await Parser.parse(argv, { flags, args: { file: Args.string({ required: true }) }, strict: true });
    else await Parser.parse(argv, { flags, strict: true });
  } catch (error) {
    const before = new Error((error as Error).message);
    return { before, after: withoutArguments(error as Error, argv) };
  }
  throw new Error(`No error for ${argv.join(' ')}`);
}

function exitCodeOf(error: Error): number {
  return error instanceof SfError ? error.exitCode : 2;
}

function actionsOf(error: Error): string {
  return error instanceof SfError ? (error.actions ?? []).join(' ') : '';
}

describe('an error of the parser', () => {
  const leaks: Array<[name: string, argv: string[], secret: string]> = [
    ['a key in the place of a file', [PEM], 'MIIEvQ'],
    ['a key and a file', ['x.key', PEM], 'MIIEvQ'],
    ['a key behind an unknown flag', ['x.key', '--nothing', PEM], 'MIIEvQ'],
    ['a key as the value of an unknown flag', ['x.key', `--nothing=${PEM}`], 'MIIEvQ'],
    ['a key in words', PEM.split(/\s/), 'Zm9v'],
    ['a key in words behind a flag', ['--file', ...PEM.split(/\s/)], 'Zm9v'],
    ['a passphrase in words', ['--file', 'correct', 'horse', 'battery'], 'battery'],
    ['a passphrase that begins with a dash', ['x', '-Tr0ub4dor&3'], 'Tr0ub4dor'],
    ['a key in the place of a number', ['x', '--days', PEM], 'MIIEvQ'],
    ['a key in the place of a number, with =', ['x', `--days=${PEM}`], 'MIIEvQ'],
    ['a key in the place of a choice', ['x', '--size', PEM], 'MIIEvQ'],
    ['a key in the place of a URL', ['x', '--url', PEM], 'MIIEvQ'],
    ['a token in the place of a number', ['x', '--days', '00D000000000001!AQEAQabcdefghijklmnop'], 'AQEAQ'],
    ['base64 in the place of a choice', ['x', '--size', Buffer.from(PEM).toString('base64')], 'LS0tL'],
  ];
  for (const [name, argv, secret] of leaks) {
    it(`doesn't repeat ${name}`, async () => {
      for (const withFile of [true, false]) {
        const { before, after } = await errorsOf(argv, withFile);
        expect(before.message.includes(secret) || !withFile || name.includes('words'), before.message).to.equal(true);
        const whole = `${after.name} ${after.message} ${after.stack} ${actionsOf(after)}`;
        expect(whole).to.not.contain(secret);
        expect(exitCodeOf(after)).to.be.oneOf([1, 2]);
        expect(after.cause).to.equal(undefined);
      }
    });
  }

  const codes: Array<[code: string, argv: string[]]> = [
    ['flag_unknown', ['x', '--jwt-key-fil', 'server.key']],
    ['flag_unknown', ['x', '-q']],
    ['argument_unexpected', ['x', 'y']],
    ['argument_missing', []],
    ['flag_value_missing', ['x', '--file']],
    ['flag_value_wrong', ['x', '--days', 'many']],
    ['flag_value_wrong', ['x', '--days', '0']],
    ['flag_value_wrong', ['x', '--size', '3']],
    ['flag_value_wrong', ['x', '--url', 'no url']],
    ['flags_unsuited', ['x', '--days', '1', '--alone']],
    ['flags_unsuited', ['x', '--needy']],
  ];
  for (const [code, argv] of codes) {
    it(`has the code ${code} for "${argv.join(' ')}", and is otherwise as it was`, async () => {
      const { after } = await errorsOf(argv);
      const { message } = after;
      const coded = withCode(after) as Error & { data?: unknown };
      expect(coded).to.equal(after);
      expect([coded.message, coded.data]).to.deep.equal([message, { code }]);
    });
  }

  it('gives no code to what is no error of the command line', () => {
    for (const error of [new Error('x'), new SfError('x', 'XError', [], 1)])
      expect(withCode(error)).not.to.have.property('data', 1);
    const failure = Object.assign(new SfError('x', 'XError', [], 2), { data: { code: 'claim_empty' } });
    expect(withCode(failure)).to.deep.include({ data: { code: 'claim_empty' } });
  });

  it('names an unknown flag as before', async () => {
    const { after } = await errorsOf(['x', '--jwt-key-fil', 'server.key']);
    expect(after.message).to.equal('Nonexistent flag: --jwt-key-fil');
    expect(exitCodeOf(after)).to.equal(2);
  });

  it('says what was wrong with a harmless value as before', async () => {
    const { before, after } = await errorsOf(['x', '--days', 'many']);
    expect(after.message).to.equal(before.message);
  });
});
