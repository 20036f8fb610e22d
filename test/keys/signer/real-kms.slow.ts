/** The real `aws` and `gcloud`, where they are, against stand-ins of their services on this machine. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/failure.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import { signerDependencies } from '../../../src/machine/signer-dependencies.js';
import { rejectionOf } from '../../support/failures.js';
import { AwsService } from '../../support/kms/aws-service.js';
import { GoogleService } from '../../support/kms/google-service.js';
import { needs } from '../../support/tools.js';

const DATA = Buffer.from('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9');
const has = (program: string, flag = '--version'): boolean => spawnSync(program, [flag]).status === 0;

/** Nothing of this machine's accounts plays a part, nor does the network. */
const AWS = {
  ...{ AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_DEFAULT_REGION: 'eu-west-1', AWS_MAX_ATTEMPTS: '1' },
  ...{ AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' },
};

/** This machine, whose programs get other variables. */
function machine(variables: Record<string, string | undefined>): SignerDependencies {
  const { run, ...others } = signerDependencies(undefined);
  const set = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...others,
    run: (program, args, options) =>
      run(program, args, { ...options, env: { ...Object.fromEntries(set), ...options.env } }),
  };
}

async function signs(uri: string, dependencies: SignerDependencies, data: Buffer = DATA): Promise<string> {
  const signer = await openSigner(uri, dependencies);
  expect(verify('sha256', data, signer.publicKey, await signer.sign(data))).to.equal(true);
  return signer.uri!;
}

describe('the real aws', function () {
  this.timeout(300_000);
  let service: AwsService;
  let host: string;
  let arn: string;
  before(function () {
    needs(this, has('aws'), 'aws');
  });
  beforeEach(async () => {
    service = new AwsService();
    host = await service.listen();
    arn = service.add('ci');
  });
  afterEach(() => service.close());

  it('signs with a key by its alias and its ARN, also more than KMS hashes', async () => {
    const dependencies = machine(AWS);
    expect(await signs(`awskms://${host}/alias/ci`, dependencies)).to.equal(`awskms://${host}/${arn}`);
    await signs(`awskms://${host}/${arn}`, dependencies, Buffer.alloc(5000, 'x'));
    await signs(`awskms://${host}/${arn}`, dependencies, Buffer.from([0, 255, 13, 10]));
    expect(service.asked).to.include.members(['Sign RAW', 'Sign DIGEST']);
  });

  it('makes a key', async () => {
    const dependencies = machine(AWS);
    const uri = await createSignerKey(`awskms://${host}/alias/new`, 2048, dependencies);
    expect(await signs(`awskms://${host}/alias/new`, dependencies)).to.equal(uri);
    await rejectionOf('signer_key_exists', createSignerKey(`awskms://${host}/alias/new`, 2048, dependencies));
  });

  for (const [what, code, change, variables] of [
    ['no such key', 'signer_key_not_found', () => service.aliases.clear(), AWS],
    ['a disabled key', 'signer_key_disabled', () => void (service.keyOf(arn).state = 'Disabled'), AWS],
    ['no right', 'signer_forbidden', () => void (service.refusals = ['AccessDeniedException']), AWS],
    ['an ended session', 'signer_not_signed_in', () => void (service.refusals = ['ExpiredTokenException']), AWS],
    ['a server that is away', 'signer_unreachable', () => service.close(), AWS],
    [
      'no credentials',
      'signer_not_signed_in',
      () => undefined,
      { ...AWS, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    ],
  ] as Array<[string, FailureCode, () => void, Record<string, string>]>) {
    it(`is understood when it says that there is ${what}`, async () => {
      change();
      await rejectionOf(code, signs(`awskms://${host}/alias/ci`, machine(variables)));
    });
  }
});

describe('the real aws without a region', function () {
  this.timeout(300_000);
  before(function () {
    needs(this, has('aws'), 'aws');
  });

  it('is understood, also where a variable that holds none is empty', async () => {
    const { AWS_DEFAULT_REGION: _, ...without } = AWS;
    for (const variables of [without, { ...without, AWS_DEFAULT_REGION: '' }])
      await rejectionOf('signer_region_missing', signs('awskms:///alias/ci', machine(variables)));
  });
});

describe('the real aws and moto', function () {
  this.timeout(300_000);
  let moto: ChildProcess | undefined;
  const port = 20_000 + (process.pid % 20_000);
  before(async function () {
    needs(this, has('aws') && has('moto_server', '--help'), 'aws with moto_server');
    moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    for (let attempt = 0; attempt < 300 && !(await listens(port)); attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 200));
  });
  after(() => moto?.kill());

  it('make a key, find it and sign with it', async () => {
    const dependencies = machine(AWS);
    const alias = `awskms://127.0.0.1:${port}/alias/ci`;
    await rejectionOf('signer_key_not_found', openSigner(alias, dependencies));
    await createSignerKey(alias, 2048, dependencies);
    await signs(alias, dependencies);
    // It hashes a digest once more, which KMS doesn't.
    await rejectionOf('signer_hashed_twice', signs(alias, dependencies, Buffer.alloc(5000, 'x')));
  });
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.end());
  });
}

describe('the real gcloud', function () {
  this.timeout(300_000);
  const ring = 'projects/acme/locations/europe-west1/keyRings/ci';
  let service: GoogleService;
  let folder: string;
  let variables: Record<string, string>;
  before(function () {
    needs(this, has('gcloud'), 'gcloud');
  });
  beforeEach(async () => {
    service = new GoogleService();
    folder = await mkdtemp(join(tmpdir(), 'gcloud-test-'));
    await writeFile(join(folder, 'token'), 'ya29.token');
    variables = {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: await service.listen(),
      CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: join(folder, 'token'),
      CLOUDSDK_CONFIG: join(folder, 'config'),
      CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: 'true',
      CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: 'true',
      CLOUDSDK_CORE_CHECK_GCE_METADATA: 'false',
      NO_GCE_CHECK: 'True',
    };
  });
  afterEach(async () => {
    service.close();
    await rm(folder, { recursive: true });
  });

  it('signs with the version that is named', async () => {
    service.add(ring, 'sf');
    const name = service.add(ring, 'sf');
    expect(await signs(`gcpkms://${name}`, machine(variables))).to.equal(`gcpkms://${name}`);
  });

  it('makes a key and its key ring', async () => {
    const dependencies = machine(variables);
    service.looksUntilEnabled = 2;
    const uri = await createSignerKey(`gcpkms://${ring}/cryptoKeys/new`, 2048, dependencies);
    expect(await signs(uri, dependencies)).to.equal(`gcpkms://${ring}/cryptoKeys/new/cryptoKeyVersions/1`);
    await rejectionOf('signer_key_exists', createSignerKey(`gcpkms://${ring}/cryptoKeys/new`, 2048, dependencies));
  });

  for (const [what, code, refusal] of [
    ['no such key', 'signer_key_not_found', undefined],
    [
      'no right',
      'signer_forbidden',
      ['PERMISSION_DENIED', "Permission 'cloudkms.cryptoKeyVersions.viewPublicKey' denied"],
    ],
    [
      'an ended session',
      'signer_not_signed_in',
      ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
    ],
    ['a disabled key', 'signer_key_disabled', ['FAILED_PRECONDITION', 'x is not enabled, current state is: DISABLED.']],
  ] as Array<[string, FailureCode, [string, string] | undefined]>) {
    it(`is understood when it says that there is ${what}`, async () => {
      service.refusal = refusal;
      await rejectionOf(code, signs(`gcpkms://${ring}/cryptoKeys/sf/cryptoKeyVersions/1`, machine(variables)));
    });
  }

  it('is understood when nobody is logged in, and when the service is away', async () => {
    const { CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: _, ...loggedOut } = variables;
    const uri = `gcpkms://${service.add(ring, 'sf')}`;
    await rejectionOf('signer_not_signed_in', signs(uri, machine(loggedOut)));
    service.close();
    await rejectionOf('signer_unreachable', signs(uri, machine(variables)));
  });
});
