import { generateKeyPairSync, sign } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { FailureCode } from '../../../src/failure.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerProgramEnd, SignerProgramOptions } from '../../../src/keys/signer/provider.js';
import { quotedWord, splitWords } from '../../../src/keys/signer/words.js';
import { rejectionOf } from '../../support/failures.js';
import { signerDependencies } from '../../support/signer.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = publicKey.export({ type: 'spki', format: 'pem' });
const DATA = Buffer.from('header.claims');
const ended = (stdout: Buffer | string, more: Partial<SignerProgramEnd> = {}): SignerProgramEnd => ({
  ...{ status: 0, stderr: '', timedOut: false, tooLong: false },
  stdout: Buffer.from(stdout as string),
  ...more,
});

describe('a program that signs', () => {
  const calls: Array<{ program: string; args: string[]; options: SignerProgramOptions }> = [];
  const machineWith = (
    answer: (what: string, input: Uint8Array | undefined) => SignerProgramEnd | undefined,
    platform: NodeJS.Platform = 'linux',
  ): ReturnType<typeof signerDependencies> =>
    signerDependencies({
      platform,
      run: (program, args, options) => {
        calls.push({ program, args, options });
        return Promise.resolve(answer(args.at(-1) ?? '', options.input));
      },
    });
  const signing = machineWith((what, input) =>
    ended(what === 'public-key' ? PEM : sign('sha256', input!, privateKey).toString('base64url')),
  );

  beforeEach(() => calls.splice(0));

  it('is run as its URI says, asked for the public key first, then for a signature of what it gets', async () => {
    const signer = await openSigner(`exec:sign-it --key 'ci key' "a\\"b" c\\ d`, signing);
    expect(signer.publicKey.equals(publicKey)).to.equal(true);
    expect(await signer.sign(DATA)).to.deep.equal(sign('sha256', DATA, privateKey));
    const words = ['--key', 'ci key', 'a"b', 'c d'];
    expect(calls.map(({ program, args }) => [program, ...args])).to.deep.equal([
      ['sign-it', ...words, 'public-key'],
      ['sign-it', ...words, 'sign'],
    ]);
    expect(calls.map(({ options: { input, limit } }) => [input, limit])).to.deep.equal([
      [undefined, 65_536],
      [DATA, 4096],
    ]);
  });

  it('is found again from another folder', async () => {
    for (const [uri, pinned] of [
      ['exec:sign-it', 'exec:sign-it'],
      ['exec:bin/sign-it x', 'exec:/here/bin/sign-it x'],
    ] as const) {
      expect((await openSigner(uri, signing)).uri).to.equal(pinned);
    }
    const { uri } = await openSigner(`exec:"./it's mine.sh" 'a b'`, signing);
    expect(uri).to.equal(`exec:'/here/it'\\''s mine.sh' 'a b'`);
    expect(splitWords(uri!.slice(5), 'linux')).to.deep.equal({ words: ["/here/it's mine.sh", 'a b'] });
  });

  const uris: Array<[uri: string, data: object]> = [
    ['exec:', { variant: 'incomplete', part: 'PROGRAM' }],
    ['exec:   ', { variant: 'incomplete', part: 'PROGRAM' }],
    [`exec:''`, { variant: 'incomplete', part: 'PROGRAM' }],
    [`exec:sign 'open`, { part: `'open` }],
    ['exec:sign "open', { part: '"open' }],
    ['exec:sign end\\', { part: '\\' }],
    ['exec:sign | base64', { part: '|' }],
    ['exec:sign >out', { part: '>' }],
    ['exec:sign && rm', { part: '&' }],
    ['exec:sign $KEY', { part: '$K' }],
    ['exec:sign "$(cat pin)"', { part: '"$(cat pin)"' }],
    ['exec:sign\nrm', { part: '\n' }],
  ];
  for (const [uri, data] of uris) {
    it(`is not run as ${JSON.stringify(uri)}`, async () => {
      const failure = await rejectionOf('signer_uri_malformed', openSigner(uri, signing));
      expect(failure.data).to.include({ uri, ...data });
      expect(calls).to.deep.equal([]);
    });
  }

  const ends: Array<[what: string, end: SignerProgramEnd | undefined, code: FailureCode, data: object]> = [
    ["isn't there", undefined, 'signer_program_missing', { program: 'sign-it', install: '' }],
    ['is too slow', ended('', { timedOut: true }), 'signer_timed_out', { seconds: 5 }],
    ['says too much', ended('x', { tooLong: true }), 'signer_answer_too_long', { limit: 4096 }],
    [
      'fails',
      ended('', { status: 3, stderr: 'no card\n  in slot 1\n' }),
      'signer_failed',
      { status: 3, words: 'no card in slot 1', program: 'sign-it' },
    ],
    ['fails on standard output', ended('no card', { status: 1 }), 'signer_failed', { words: 'no card' }],
    ['is killed', ended('', { status: 1 }), 'signer_failed', { words: '-' }],
    ['ends well and says nothing', ended(''), 'signer_signature_malformed', { bytes: 0, expected: 256 }],
  ];
  for (const [what, end, code, data] of ends) {
    it(`fails by name when it ${what}`, async () => {
      const machine = machineWith((asked) => (asked === 'public-key' ? ended(PEM) : end));
      const signer = await openSigner('exec:sign-it', machine);
      expect((await rejectionOf(code, signer.sign(DATA))).data).to.include({ uri: 'exec:sign-it', ...data });
    });
  }

  it('keeps what it says of a secret for itself', async () => {
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const failing = machineWith(() => ended('', { status: 1, stderr: `could not load ${key}` }));
    const { data } = await rejectionOf('signer_failed', openSigner('exec:sign-it', failing));
    expect(data).to.include({ words: 'could not load […]' });
    const printing = machineWith(() => ended(key));
    const failure = await rejectionOf('signer_public_key_malformed', openSigner('exec:sign-it', printing));
    expect(JSON.stringify(failure)).not.to.contain(key.slice(60, 90));
  });

  it('makes no keys', async () => {
    await rejectionOf('signer_cannot_create', createSignerKey('exec:sign-it', 2048, signing));
  });
});

describe('the words of a command line', () => {
  const word = fc.string({ minLength: 1, unit: 'binary' }).filter((each) => !each.includes('\0'));

  it('are those that were quoted, on each system', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const line = words.map((each) => quotedWord(each, 'linux')).join(' ');
        expect(splitWords(line, 'linux')).to.deep.equal({ words });
      }),
    );
    const path = fc.string().filter((each) => each !== '' && !each.endsWith('\\') && !each.includes('\\"'));
    fc.assert(
      fc.property(fc.array(path), (words) => {
        const line = words.map((each) => quotedWord(each, 'win32')).join(' ');
        expect(splitWords(line, 'win32')).to.deep.equal({ words });
      }),
    );
  });

  it('are never lost: any line is split, or the part is named that stands against it', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('linux' as const, 'win32' as const), (line, platform) => {
        const split = splitWords(line, platform);
        if ('part' in split) expect(line).to.contain(split.part);
        else expect(split.words.join('').length).to.be.at.most(line.length);
      }),
    );
  });

  it('have backslashes as paths of Windows do', () => {
    expect(
      splitWords(String.raw`"C:\Program Files (x86)\sign.exe" C:\keys\ci.ref --name "it's \"ci\""`, 'win32'),
    ).to.deep.equal({
      words: [String.raw`C:\Program Files (x86)\sign.exe`, String.raw`C:\keys\ci.ref`, '--name', `it's "ci"`],
    });
  });
});
