import { verify } from 'node:crypto';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/failure.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import { rejectionOf } from '../../support/failures.js';
import { AzureTool } from '../../support/kms/azure-tool.js';
import { kmsDependencies } from '../../support/kms/dependencies.js';
import { pairNamed, type Fault } from '../../support/kms/keys.js';

const DATA = Buffer.from('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9');
const URI = 'azurekms://acme.vault.azure.net/ci';

describe('a signer in Azure Key Vault', () => {
  let tool: AzureTool;
  let first: string;
  let dependencies: SignerDependencies;
  beforeEach(() => {
    tool = new AzureTool();
    first = tool.add('ci');
    dependencies = kmsDependencies([tool], { environment: {} });
  });

  const sign = async (uri = URI): Promise<Buffer> => (await openSigner(uri, dependencies)).sign(DATA);

  it('is the newest version, and stays it when there is a newer one', async () => {
    const { uri } = await openSigner(URI, dependencies);
    expect(uri).to.equal(`${URI}/${first}`);
    const second = tool.add('ci');
    expect((await openSigner(URI, dependencies)).uri).to.equal(`${URI}/${second}`);
    const signer = await openSigner(uri!, dependencies);
    expect(verify('sha256', DATA, signer.publicKey, await signer.sign(DATA))).to.equal(true);
    expect(tool.calls.at(-1)).to.include(`https://acme.vault.azure.net/keys/ci/${first}`);
    expect(signer.publicKey.equals(pairNamed('ci 1').publicKey)).to.equal(true);
  });

  it('gets every digest whole, whatever digits it has', async () => {
    const signer = await openSigner(URI, dependencies);
    for (let count = 0; count < 40; count += 1) await signer.sign(Buffer.from(`data ${count}`));
    const digests = tool.calls.flatMap((call) =>
      call.includes('--digest') ? [call[call.indexOf('--digest') + 1]!] : [],
    );
    expect(digests.join('')).to.match(/[+/]/).and.not.to.match(/[-_]/);
  });

  it('has a key in an HSM too', async () => {
    tool.add('hsm', { kty: 'RSA-HSM' });
    await sign('azurekms://acme.vault.azure.net/hsm');
  });

  for (const version of ['2.45.0', '2.67.0']) {
    it(`says that version ${version} of the CLI is too old`, async () => {
      tool.version = version;
      const { data } = await rejectionOf('signer_program_outdated', sign());
      expect(data).to.include({ program: 'az', version, least: '2.68.0' });
    });
  }

  it('takes the least version, and one with more digits', async () => {
    for (const version of ['2.68.0', '2.100.0', '3.0.0']) {
      tool.version = version === '3.0.0' ? '3.68.0' : version;
      await sign();
    }
  });

  const FORBIDDEN = (words: string): string => `ERROR: (Forbidden) ${words}\nCode: Forbidden\n`;
  const NO_ROLE =
    "Caller is not authorized to perform action on resource.\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\nCaller: appid=1\nAction: 'Microsoft.KeyVault/vaults/keys/sign/action'\nResource: 'x'\nAssignment: (not found)";
  for (const [what, code, words, data] of [
    [
      'nobody logged in',
      'signer_not_signed_in',
      "ERROR: Please run 'az login' to setup account.\n",
      { logIn: 'az login' },
    ],
    [
      'an ended session',
      'signer_not_signed_in',
      'ERROR: AADSTS700082: The refresh token has expired due to inactivity.\n',
      {},
    ],
    ['no role', 'signer_forbidden', FORBIDDEN(NO_ROLE), { right: 'Microsoft.KeyVault/vaults/keys/sign/action' }],
    [
      'no access policy',
      'signer_forbidden',
      FORBIDDEN("The user, group or application 'x' does not have keys get permission on key vault 'acme'."),
      { right: 'Microsoft.KeyVault/vaults/keys/read' },
    ],
    [
      'a closed network',
      'signer_unreachable',
      FORBIDDEN('Client address is not authorized and caller is not a trusted service.'),
      {},
    ],
    ['an expired key', 'signer_key_disabled', FORBIDDEN('Operation sign is not allowed on an expired key.'), {}],
    [
      'no network',
      'signer_unreachable',
      "ERROR: HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /\n",
      {},
    ],
    [
      'what nobody foresaw',
      'signer_failed',
      'ERROR: (Strange) Oh\n  no\n',
      { words: 'ERROR: (Strange) Oh no', status: 1 },
    ],
  ] as const) {
    it(`says that there is ${what}`, async () => {
      tool.complaint = [1, words];
      expect((await rejectionOf(code, sign())).data).to.include({ uri: URI, ...data });
    });
  }

  for (const [what, code, change] of [
    ['no such key', 'signer_key_not_found', () => tool.keys.clear()],
    ['a disabled key', 'signer_key_disabled', () => tool.add('ci', { enabled: false })],
    ['an EC key', 'signer_key_unsuitable', () => tool.add('ci', { kty: 'EC' })],
    ['a key that may not sign', 'signer_key_unsuitable', () => tool.add('ci', { keyOps: ['wrapKey'] })],
    ['a small key', 'signer_key_unsuitable', () => tool.add('ci', { pair: pairNamed('small', 1024) })],
  ] as Array<[string, FailureCode, () => void]>) {
    it(`says that there is ${what}`, async () => {
      change();
      await rejectionOf(code, sign());
    });
  }

  it('says that there is no such vault, and no such version', async () => {
    await rejectionOf('signer_unreachable', sign('azurekms://other.vault.azure.net/ci'));
    await rejectionOf('signer_key_not_found', sign(`${URI}/${'0'.repeat(32)}`));
  });

  it('says that the key was disabled since it was found', async () => {
    const signer = await openSigner(URI, dependencies);
    tool.keys.get('ci')![0]!.enabled = false;
    await rejectionOf('signer_key_disabled', signer.sign(DATA));
  });

  for (const [fault, code] of [
    ['hashes twice', 'signer_hashed_twice'],
    ['wrong bytes', 'signer_signed_other_data'],
    ['other key', 'signer_signed_with_other_key'],
    ['other version', 'signer_signed_other_version'],
    ['truncated', 'signer_signature_malformed'],
    ['garbage', 'signer_answer_unreadable'],
    ['hangs', 'signer_timed_out'],
    ['dies', 'signer_failed'],
  ] as Array<[Fault, FailureCode]>) {
    it(`gives no signature out that is wrong: ${fault}`, async () => {
      tool.add('ci');
      tool.fault = fault;
      await rejectionOf(code, sign());
    });
  }

  it('that is made only signs, and is the first version', async () => {
    const uri = await createSignerKey('azurekms://acme.vault.azure.net/new', 3072, dependencies);
    const [made] = tool.keys.get('new')!;
    expect(made).to.deep.include({ kty: 'RSA', keyOps: ['sign', 'verify'] });
    expect(made!.pair.publicKey.asymmetricKeyDetails?.modulusLength).to.equal(3072);
    expect(uri).to.equal(`azurekms://acme.vault.azure.net/new/${made!.version}`);
    await sign(uri);
  });

  it('that is there gets no new version', async () => {
    await rejectionOf('signer_key_exists', createSignerKey(URI, 2048, dependencies));
    await rejectionOf('signer_uri_malformed', createSignerKey(`${URI}/${first}`, 2048, dependencies));
    expect(tool.keys.get('ci')).to.have.length(1);
  });
});
