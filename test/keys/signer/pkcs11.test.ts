import { generateKeyPairSync, verify } from 'node:crypto';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/failure.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import { rejectionOf } from '../../support/failures.js';
import { pairOf } from '../../support/key-pair.js';
import { signerDependencies } from '../../support/signer.js';
import { TokenTool, type StoredObject } from '../../support/token.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const DER = publicKey.export({ type: 'spki', format: 'der' });
const DATA = Buffer.from('header.claims');
const URI = 'pkcs11:token=ci;object=sf-ci';
const PINNED = 'pkcs11:token=ci;serial=b64264d28d518230;id=%01;object=sf-ci?module-path=/m.so';

const half = (label: string, id: string, more: Partial<StoredObject> = {}): StoredObject => ({
  ...{ kind: 'Public Key', type: 'RSA 2048 bits', content: DER, label, id },
  ...more,
});
const whole = (label: string, id: string): StoredObject[] => [
  half(label, id),
  { kind: 'Private Key', type: 'RSA', label, id },
];

describe('a key on a token', () => {
  let tool: TokenTool;
  let machine: SignerDependencies;
  let round = 0;

  beforeEach(() => {
    tool = new TokenTool(privateKey);
    tool.objects = whole('sf-ci', '01');
    // What a process knows of a token's PIN, it knows by its module too.
    round += 1;
    machine = signerDependencies({
      run: tool.run,
      environment: { SF_JWT_SIGNER_PIN: '1234', PKCS11_MODULE_PATH: `/m${round}.so` },
    });
  });
  const pinned = (): string => PINNED.replace('/m.so', `/m${round}.so`);
  const signs = async (uri: string, from = machine): Promise<string | undefined> => {
    const signer = await openSigner(uri, from);
    expect(verify('sha256', DATA, publicKey, await signer.sign(DATA))).to.equal(true);
    return signer.uri;
  };

  it('signs, and its URI names it wherever it is read', async () => {
    expect(await signs(URI)).to.equal(pinned());
    expect(await signs(pinned(), { ...machine, environment: { SF_JWT_SIGNER_PIN: '1234' } })).to.equal(pinned());
    expect(await signs('pkcs11:id=%01;slot-id=17')).to.equal(pinned());
  });

  it('gets its PIN by the environment, and no argument has it', async () => {
    await signs(URI);
    expect(tool.calls.flat()).to.contain('env:SF_JWT_SIGNER_PIN').and.not.to.contain('1234');
    expect(tool.calls.filter((args) => args.includes('--login'))).to.have.length(1);
  });

  it('is signed with by a token that only pads', async () => {
    tool.mechanisms = ['RSA-PKCS'];
    await signs(URI);
  });

  it('is found where only its certificate is there, and where its parts have names of their own', async () => {
    const { key, certificate } = await pairOf('token');
    const content = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    tool.objects = [
      { kind: 'Certificate', type: 'X.509 cert', label: 'Certificate for signing', id: '02', content },
      { kind: 'Private Key', type: 'RSA', label: 'key for signing', id: '02' },
    ];
    expect((await openSigner('pkcs11:object=key%20for%20signing', machine)).uri).to.contain('id=%02');
    expect((await openSigner('pkcs11:id=%02;object=key%20for%20signing', machine)).uri).to.contain('id=%02');
    expect(key).to.contain('PRIVATE KEY');
  });

  it('is found after a login, where the token shows nothing before', async () => {
    tool.objects = [
      half('sf-ci', '01', { hidden: true }),
      { kind: 'Private Key', type: 'RSA', label: 'sf-ci', id: '01' },
    ];
    expect(await signs(URI)).to.equal(pinned());
  });

  it('needs no PIN where the device takes it, and where the token asks for none', async () => {
    const without = { ...machine, environment: {} };
    tool.flags = 'login required, PIN pad present, token initialized';
    await signs(URI, without);
    tool.flags = 'token initialized';
    tool.calls = [];
    await signs(URI, without);
    expect(tool.calls.flat()).not.to.contain('--login');
  });

  const missing: Array<[what: string, uri: string, code: FailureCode, data: object, change?: () => void]> = [
    [
      'no such token',
      'pkcs11:token=x;object=y',
      'signer_token_not_found',
      { tokens: 'pkcs11:token=ci;serial=b64264d28d518230' },
    ],
    ['no such serial', 'pkcs11:serial=9;object=y', 'signer_token_not_found', {}],
    ['no such slot', 'pkcs11:slot-id=99;object=y', 'signer_token_not_found', {}],
    [
      'no such key',
      'pkcs11:object=y',
      'signer_key_not_found',
      { words: 'pkcs11:id=%01;object=sf-ci', variant: 'listed' },
    ],
    ['no such ID', 'pkcs11:id=01', 'signer_key_not_found', { words: 'pkcs11:id=%01;object=sf-ci', variant: 'listed' }],
    ['two tokens', 'pkcs11:object=sf-ci', 'signer_key_ambiguous', {}, () => (tool.others = ['two'])],
    [
      'two keys of one label',
      URI,
      'signer_key_ambiguous',
      { candidates: 'pkcs11:id=%01;object=sf-ci, pkcs11:id=%02;object=sf-ci' },
      () => tool.objects.push(...whole('sf-ci', '02')),
    ],
    ['a key without an ID', URI, 'signer_key_without_id', {}, () => (tool.objects = whole('sf-ci', ''))],
    [
      'an EC key',
      URI,
      'signer_key_unsuitable',
      { found: 'EC EC_POINT 256 bits' },
      () => (tool.objects = [half('sf-ci', '01', { type: 'EC  EC_POINT 256 bits' })]),
    ],
    ['a locked token', URI, 'signer_pin_locked', {}, () => (tool.flags += ', user PIN locked')],
    [
      'a key that is no key',
      URI,
      'signer_public_key_malformed',
      { bytes: 3 },
      () => (tool.objects = [half('sf-ci', '01', { content: Buffer.from('x.y') })]),
    ],
  ];
  for (const [what, uri, code, data, change] of missing) {
    it(`is not opened: ${what}`, async () => {
      change?.();
      expect((await rejectionOf(code, openSigner(uri, machine))).data).to.include({ uri, ...data });
    });
  }

  const refusals: Array<[words: string, code: FailureCode]> = [
    ['error: Private key not found', 'signer_key_not_found'],
    ['error: PKCS11 function C_SignInit failed: rv = CKR_KEY_FUNCTION_NOT_PERMITTED (0x68)', 'signer_forbidden'],
    ['error: PKCS11 function C_Sign failed: rv = CKR_FUNCTION_REJECTED (0x200)', 'signer_declined'],
    ['error: PKCS11 function C_Sign failed: rv = CKR_DEVICE_REMOVED (0x32)', 'signer_unreachable'],
    ['error: PKCS11 function C_Login failed: rv = CKR_PIN_LOCKED (0xa4)', 'signer_pin_locked'],
    ['error: PKCS11 function C_SignFinal failed: rv = CKR_GENERAL_ERROR (0x5)', 'signer_failed'],
  ];
  for (const [refusal, code] of refusals) {
    it(`fails by name: ${refusal}`, async () => {
      tool.refusal = refusal;
      const signer = await openSigner(URI, machine);
      expect((await rejectionOf(code, signer.sign(DATA))).data).to.include({ uri: pinned() });
    });
  }

  it("is not there without the token's module, or the tool", async () => {
    const words = 'sc_dlopen failed: /no.so: No such file\nerror: Failed to load pkcs11 module\nAborting.\n';
    const end = { status: 1, stdout: Buffer.alloc(0), stderr: words, timedOut: false, tooLong: false };
    const broken = { ...machine, run: () => Promise.resolve(end) };
    const uri = `${URI}?module-path=/no.so`;
    const { data } = await rejectionOf('signer_module_unusable', openSigner(uri, broken));
    expect(data).to.include({ uri, module: '/no.so' });
    await rejectionOf('signer_program_missing', openSigner(URI, signerDependencies()));
  });

  describe('and its PIN', () => {
    it('is tried once where it is wrong, however many signatures are asked for at the same time', async () => {
      const wrong = { ...machine, environment: { ...machine.environment, SF_JWT_SIGNER_PIN: '9999' } };
      const signers = await Promise.all([openSigner(URI, wrong), openSigner(URI, wrong), openSigner(URI, wrong)]);
      await Promise.all(signers.map((signer) => rejectionOf('signer_pin_wrong', signer.sign(DATA))));
      await rejectionOf('signer_pin_wrong', signers[0].sign(DATA));
      expect(tool.pinsTried).to.equal(1);
      await signs(URI);
    });

    it('may be in a file, which goes before the environment', async () => {
      const files: Record<string, string> = { '/run/pin': '1234\n', '/run/empty': '\n' };
      const from = {
        ...machine,
        environment: { ...machine.environment, SF_JWT_SIGNER_PIN: '9999' },
        readFile: (path: string) => Promise.resolve(files[path]),
      };
      expect(await signs(`${URI}?pin-source=file:/run/pin`, from)).to.match(/&pin-source=file:\/run\/pin$/);
      for (const path of ['/run/empty', '/run/none']) {
        const signer = await openSigner(`${URI}?pin-source=${path}`, from);
        const { data } = await rejectionOf('signer_pin_missing', signer.sign(DATA));
        expect(data).to.include({ path, variant: 'file' });
      }
    });

    it('is asked for once where a person can answer, and missing where nobody can', async () => {
      const asked: string[] = [];
      const askPin = (what: string): Promise<string> => Promise.resolve(asked.push(what) === 1 ? '1234' : '');
      const person = { ...machine, environment: { PKCS11_MODULE_PATH: `/m${round}.so` }, askPin };
      await signs(URI, person);
      await signs(URI, person);
      expect(asked).to.deep.equal(['ci']);
      const nobody = { ...person, askPin: undefined, environment: { PKCS11_MODULE_PATH: '/nobody.so' } };
      await rejectionOf('signer_pin_missing', (await openSigner(URI, nobody)).sign(DATA));
    });

    it('is asked for again after a wrong one, by another command', async () => {
      const answers = ['9999', '1234'];
      const person = {
        ...machine,
        environment: { PKCS11_MODULE_PATH: `/m${round}.so` },
        askPin: () => Promise.resolve(answers.shift()!),
      };
      await rejectionOf('signer_pin_wrong', (await openSigner(URI, person)).sign(DATA));
      await signs(URI, person);
    });
  });

  describe('that is made', () => {
    it('can only sign, and has the lowest ID that is free', async () => {
      tool.objects.push(...whole('other', '02'), ...whole('more', '04'));
      const uri = await createSignerKey('pkcs11:token=ci;object=new', 3072, machine);
      expect(uri).to.equal(pinned().replace('id=%01;object=sf-ci', 'id=%03;object=new'));
      const made = tool.calls.find((args) => args.includes('--keypairgen'))!;
      expect(made.join(' ')).to.contain('--key-type rsa:3072 --usage-sign --sensitive --id 03 --label new');
      expect(made).not.to.contain('--extractable');
    });

    it('does not take the place of another', async () => {
      for (const uri of [URI, 'pkcs11:id=%01;object=new']) {
        await rejectionOf('signer_key_exists', createSignerKey(uri, 2048, machine));
      }
      expect(tool.calls.flat()).not.to.contain('--keypairgen');
    });

    it('is told to be exportable, if the token makes it so', async () => {
      tool.made = 'Private Key Object; RSA\n  label:      new\n  Access:     sensitive, extractable, local\n';
      await rejectionOf('signer_key_exportable', createSignerKey('pkcs11:object=new', 2048, machine));
    });
  });
});
