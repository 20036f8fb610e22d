import { verify } from 'node:crypto';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/failure.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import { rejectionOf } from '../../support/failures.js';
import type { Fault } from '../../support/kms/keys.js';
import { VaultService } from '../../support/kms/vault-service.js';
import { signerDependencies } from '../../support/signer.js';

const DATA = Buffer.from('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9');
const URI = 'hashivault://ci';

describe('a signer in the transit engine of Vault', () => {
  let service: VaultService;
  let dependencies: SignerDependencies;
  beforeEach(async () => {
    service = new VaultService();
    await service.listen();
    service.add('ci', 2);
    dependencies = withVariables({ VAULT_ADDR: service.url, VAULT_TOKEN: service.token });
  });
  afterEach(() => service.close());

  const withVariables = (environment: Record<string, string>, more: Partial<SignerDependencies> = {}) =>
    signerDependencies({ environment, fetch, ...more });
  const sign = async (uri = URI): Promise<Buffer> => (await openSigner(uri, dependencies)).sign(DATA);

  it('is the newest version, and stays it when there is a newer one', async () => {
    const { uri } = await openSigner(URI, dependencies);
    expect(uri).to.equal('hashivault://transit/ci/versions/2');
    service.add('ci', 3);
    const signer = await openSigner(uri!, dependencies);
    expect(verify('sha256', DATA, signer.publicKey, await signer.sign(DATA))).to.equal(true);
    expect(service.asked.at(-1)!.body).to.deep.include({
      key_version: 2,
      signature_algorithm: 'pkcs1v15',
      prehashed: false,
    });
    expect((await openSigner(URI, dependencies)).uri).to.match(/3$/);
  });

  it('takes address, token and namespace from the variables of Vault, and those of OpenBao first', async () => {
    service.namespace = 'team-a';
    dependencies = withVariables({
      ...{ VAULT_ADDR: 'http://127.0.0.1:1', VAULT_TOKEN: 'another', VAULT_NAMESPACE: 'another' },
      ...{ BAO_ADDR: `${service.url}/`, BAO_TOKEN: service.token, BAO_NAMESPACE: 'team-a' },
    });
    await sign();
    dependencies = withVariables({ VAULT_ADDR: service.url, VAULT_TOKEN: service.token, VAULT_NAMESPACE: 'team-a' });
    await sign();
  });

  it('takes the token that a login wrote, where no variable has one', async () => {
    const read: string[] = [];
    const readFile = (path: string): Promise<string> => {
      read.push(path);
      return Promise.resolve(`${service.token}\n`);
    };
    dependencies = withVariables({ VAULT_ADDR: service.url, HOME: '/home/ci' }, { readFile });
    await sign();
    expect(new Set(read)).to.deep.equal(new Set(['/home/ci/.vault-token']));
  });

  it('may be on another mount, by the URI or by cosign’s variable', async () => {
    const other = new VaultService('team/transit');
    await other.listen();
    try {
      other.add('ci', 1);
      const variables = { VAULT_ADDR: other.url, VAULT_TOKEN: other.token };
      dependencies = withVariables(variables);
      await sign('hashivault://team/transit/ci');
      dependencies = withVariables({ ...variables, TRANSIT_SECRET_ENGINE_PATH: '/team/transit/' });
      expect((await openSigner(URI, dependencies)).uri).to.equal('hashivault://team/transit/ci/versions/1');
    } finally {
      other.close();
    }
  });

  for (const [what, code, change, data] of [
    [
      'no token',
      'signer_not_signed_in',
      () => delete dependencies.environment['VAULT_TOKEN'],
      { logIn: 'vault login' },
    ],
    ['an ended token', 'signer_not_signed_in', () => (dependencies.environment['VAULT_TOKEN'] = 'hvs.ended'), {}],
    ['a token that is none', 'signer_not_signed_in', () => (dependencies.environment['VAULT_TOKEN'] = 'a\nb'), {}],
    [
      'no right to read the key',
      'signer_forbidden',
      () => service.denied.add('GET transit/keys/ci'),
      { right: 'read transit/keys/ci' },
    ],
    [
      'no right to sign',
      'signer_forbidden',
      () => service.denied.add('POST transit/sign/ci/sha2-256'),
      { right: 'update transit/sign/ci/sha2-256' },
    ],
    [
      'a wrong namespace',
      'signer_forbidden',
      () => (dependencies.environment['VAULT_NAMESPACE'] = 'x'),
      { right: 'read x/transit/keys/ci' },
    ],
    ['no such key', 'signer_key_not_found', () => service.keys.clear(), { words: 'HTTP 404' }],
    [
      'a key of another type',
      'signer_key_unsuitable',
      () => service.add('ci', 1, { type: 'ecdsa-p256' }),
      { found: 'ecdsa-p256' },
    ],
    ['a retired version', 'signer_key_disabled', () => service.add('ci', 2, { least: 3 }), {}],
    ['a sealed server', 'signer_sealed', () => (service.sealed = true), { words: 'Vault is sealed' }],
    ['nobody there', 'signer_unreachable', () => (dependencies.environment['VAULT_ADDR'] = 'http://127.0.0.1:1'), {}],
    [
      'no address',
      'signer_address_malformed',
      () => (dependencies.environment['VAULT_ADDR'] = 'vault.example.com'),
      { variable: 'VAULT_ADDR' },
    ],
    [
      'an address with a password',
      'signer_address_malformed',
      () => (dependencies.environment['BAO_ADDR'] = 'https://a:b@c.example.com'),
      { variable: 'BAO_ADDR' },
    ],
  ] as Array<[string, FailureCode, () => unknown, object]>) {
    it(`says that there is ${what}`, async () => {
      change();
      const failure = await rejectionOf(code, sign());
      expect(failure.data).to.include(data);
      expect(JSON.stringify(failure.data)).not.to.contain(service.token);
    });
  }

  it('says that there is no such version, and which there are', async () => {
    const { data } = await rejectionOf('signer_key_not_found', sign('hashivault://ci/versions/7'));
    expect(data).to.have.property('words', 'versions: 1, 2');
  });

  it('says that a server isn’t trusted, and not that it is away', async () => {
    const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    dependencies.fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
    const { data } = await rejectionOf('signer_server_untrusted', sign());
    expect(data).to.have.property('words').that.contains('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  for (const [fault, code] of [
    ['hashes twice', 'signer_hashed_twice'],
    ['pss', 'signer_signed_with_pss'],
    ['wrong bytes', 'signer_signed_other_data'],
    ['other key', 'signer_signed_with_other_key'],
    ['truncated', 'signer_signature_malformed'],
    ['garbage', 'signer_answer_unreadable'],
    ['dies', 'signer_unreachable'],
    ['hangs', 'signer_timed_out'],
  ] as Array<[Fault, FailureCode]>) {
    it(`gives no signature out that is wrong: ${fault}`, async () => {
      service.fault = fault;
      dependencies.timeout = fault === 'hangs' ? 100 : 5000;
      await rejectionOf(code, sign());
    });
  }

  it('says that another version signed, by the number that Vault gives and by the key', async () => {
    service.fault = 'other version';
    const { data } = await rejectionOf('signer_signed_other_version', sign('hashivault://ci/versions/1'));
    expect(data).to.include({ version: '1', actual: '2' });
  });

  it('is given up when it answers without end', async () => {
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(65_536, 'x')),
    });
    dependencies.fetch = () => Promise.resolve(new Response(endless));
    await rejectionOf('signer_answer_too_long', sign());
  });

  it('that is made can’t be exported, and is the first version', async () => {
    expect(await createSignerKey('hashivault://new', 3072, dependencies)).to.equal(
      'hashivault://transit/new/versions/1',
    );
    const made = service.asked.find(({ body }) => 'type' in body);
    expect(made?.body).to.deep.equal({ type: 'rsa-3072', exportable: false, allow_plaintext_backup: false });
    await sign('hashivault://new');
  });

  it('that is there stays as it is, and a mount that isn’t there is told', async () => {
    await rejectionOf('signer_key_exists', createSignerKey(URI, 2048, dependencies));
    await rejectionOf('signer_uri_malformed', createSignerKey(`${URI}/versions/1`, 2048, dependencies));
    await rejectionOf('signer_key_not_found', createSignerKey('hashivault://nowhere/new', 2048, dependencies));
  });
});
