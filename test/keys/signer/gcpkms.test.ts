import { verify } from 'node:crypto';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/failure.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import { rejectionOf } from '../../support/failures.js';
import { kmsDependencies, type Files } from '../../support/kms/dependencies.js';
import { GoogleService } from '../../support/kms/google-service.js';
import { GoogleTool } from '../../support/kms/google-tool.js';
import type { Fault } from '../../support/kms/keys.js';

const DATA = Buffer.from('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9');
const RING = 'projects/acme/locations/europe-west1/keyRings/ci';
const KEY = `gcpkms://${RING}/cryptoKeys/sf`;
const URI = `${KEY}/cryptoKeyVersions/1`;

describe('a signer in Google Cloud KMS', () => {
  let service: GoogleService;
  let tool: GoogleTool;
  let files: Files;
  let dependencies: SignerDependencies;
  beforeEach(() => {
    service = new GoogleService();
    tool = new GoogleTool(service);
    service.add(RING, 'sf');
    files = { open: 0 };
    dependencies = kmsDependencies([tool], {}, files);
  });

  const sign = async (uri = URI): Promise<Buffer> => (await openSigner(uri, dependencies)).sign(DATA);

  it('is the version that the URI names', async () => {
    service.add(RING, 'sf');
    for (const number of ['1', '2']) {
      const signer = await openSigner(`${KEY}/versions/${number}`, dependencies);
      expect(signer.uri).to.equal(`${KEY}/cryptoKeyVersions/${number}`);
      expect(verify('sha256', DATA, signer.publicKey, await signer.sign(DATA))).to.equal(true);
    }
    expect(files.open).to.equal(0);
  });

  it('has to name a version, and hears where they are', async () => {
    const { data } = await rejectionOf('signer_version_missing', openSigner(KEY, dependencies));
    expect(data).to.include({ name: 'sf', ring: 'ci', location: 'europe-west1', project: 'acme' });
    expect(service.asked).to.deep.equal([]);
  });

  it('takes a signature for what it is, whatever its last bytes are', async () => {
    const signer = await openSigner(URI, dependencies);
    for (let count = 0; count < 40; count += 1) await signer.sign(Buffer.from(`data ${count}`));
  });

  const SAYS = (words: string): string => `ERROR: (gcloud.kms.asymmetric-sign) ${words}\n`;
  for (const [what, code, words, data] of [
    [
      'nobody logged in',
      'signer_not_signed_in',
      SAYS('You do not currently have an active account selected.\nPlease run:\n\n  $ gcloud auth login\n'),
      { logIn: 'gcloud auth login' },
    ],
    [
      'an ended session',
      'signer_not_signed_in',
      SAYS('UNAUTHENTICATED: Request had invalid authentication credentials.'),
      {},
    ],
    [
      'no right',
      'signer_forbidden',
      SAYS(
        "PERMISSION_DENIED: Permission 'cloudkms.cryptoKeyVersions.useToSign' denied on resource 'x' (or it may not exist).",
      ),
      { right: 'cloudkms.cryptoKeyVersions.useToSign' },
    ],
    [
      'no right, without its name',
      'signer_forbidden',
      SAYS('PERMISSION_DENIED: no'),
      { right: 'cloudkms.cryptoKeyVersions.viewPublicKey' },
    ],
    [
      'no service in the project',
      'signer_failed',
      SAYS(
        'PERMISSION_DENIED: Cloud Key Management Service (KMS) API has not been used in project 1 before or it is disabled.',
      ),
      {},
    ],
    [
      'no network',
      'signer_unreachable',
      "ERROR: gcloud crashed (ConnectionError): HTTPSConnectionPool(host='x', port=443): Max retries exceeded\n",
      {},
    ],
    [
      'what nobody foresaw',
      'signer_failed',
      SAYS('STRANGE: Oh\n  no'),
      { words: 'ERROR: (gcloud.kms.asymmetric-sign) STRANGE: Oh no' },
    ],
  ] as const) {
    it(`says that there is ${what}`, async () => {
      tool.complaint = [1, words];
      expect((await rejectionOf(code, sign())).data).to.include({ uri: URI, ...data });
    });
  }

  for (const [what, code, change] of [
    ['no such version', 'signer_key_not_found', () => service.versions.clear()],
    ['a disabled version', 'signer_key_disabled', () => void (service.versions.get(URI.slice(9))!.state = 'DISABLED')],
    [
      'a destroyed version',
      'signer_key_disabled',
      () => void (service.versions.get(URI.slice(9))!.state = 'DESTROY_SCHEDULED'),
    ],
    [
      'a key for PSS',
      'signer_signed_with_pss',
      () => void (service.versions.get(URI.slice(9))!.algorithm = 'RSA_SIGN_PSS_2048_SHA256'),
    ],
  ] as Array<[string, FailureCode, () => void]>) {
    it(`says that there is ${what}`, async () => {
      change();
      await rejectionOf(code, sign());
      expect(files.open).to.equal(0);
    });
  }

  for (const [fault, code] of [
    ['hashes twice', 'signer_hashed_twice'],
    ['wrong bytes', 'signer_signed_other_data'],
    ['other key', 'signer_signed_with_other_key'],
    ['truncated', 'signer_signature_malformed'],
  ] as Array<[Fault, FailureCode]>) {
    it(`gives no signature out that is wrong: ${fault}`, async () => {
      service.fault = fault;
      await rejectionOf(code, sign());
    });
  }

  for (const [fault, code] of [
    ['garbage', 'signer_public_key_malformed'],
    ['hangs', 'signer_timed_out'],
    ['dies', 'signer_failed'],
  ] as Array<[Fault, FailureCode]>) {
    it(`says that the tool ${fault === 'garbage' ? 'talks' : fault}`, async () => {
      tool.fault = fault;
      await rejectionOf(code, sign());
    });
  }

  describe('that is made', () => {
    const create = (uri: string): Promise<string> => createSignerKey(uri, 3072, dependencies);

    it('is the first version, in the key ring that is there', async () => {
      const uri = await create(`gcpkms://${RING}/cryptoKeys/new`);
      expect(uri).to.equal(`gcpkms://${RING}/cryptoKeys/new/cryptoKeyVersions/1`);
      expect(service.versions.get(uri.slice(9))!.algorithm).to.equal('RSA_SIGN_PKCS1_3072_SHA256');
      expect(service.asked.join()).not.to.contain('keyRingId');
      await sign(uri);
    });

    it('gets its key ring, and is waited for', async () => {
      service.looksUntilEnabled = 3;
      const ring = RING.replace('/ci', '/other');
      await sign(await create(`gcpkms://${ring}/cryptoKeys/new`));
      expect([...service.rings]).to.include(ring);
    });

    it('has a name that is free, and no version', async () => {
      await rejectionOf('signer_key_exists', create(KEY));
      await rejectionOf('signer_uri_malformed', create(URI));
    });

    it('and refused after its key ring was made is told', async () => {
      const ring = RING.replace('/ci', '/other');
      const answer = service.answer.bind(service);
      service.answer = (method, path, body) => {
        if (path.includes('cryptoKeyId') && service.rings.has(ring))
          service.refusal = ['PERMISSION_DENIED', "Permission 'cloudkms.cryptoKeys.create' denied"];
        return answer(method, path, body);
      };
      const { data } = await rejectionOf('signer_key_half_made', create(`gcpkms://${ring}/cryptoKeys/new`));
      expect(data).to.include({ made: ring, remove: '' });
      expect(data)
        .to.have.property('finish')
        .that.matches(/^gcloud kms keys create new --keyring other --location /);
    });
  });
});
