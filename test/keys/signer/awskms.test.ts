import { verify } from 'node:crypto';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/failure.js';
import { createSignerKey, openSigner } from '../../../src/keys/signer/open.js';
import type { SignerDependencies } from '../../../src/keys/signer/provider.js';
import { rejectionOf } from '../../support/failures.js';
import { AwsService } from '../../support/kms/aws-service.js';
import { AwsTool } from '../../support/kms/aws-tool.js';
import { kmsDependencies, type Files } from '../../support/kms/dependencies.js';
import type { Fault } from '../../support/kms/keys.js';

const DATA = Buffer.from('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOSJ9');

describe('a signer in AWS KMS', () => {
  let service: AwsService;
  let tool: AwsTool;
  let arn: string;
  let files: Files;
  let dependencies: SignerDependencies;
  beforeEach(() => {
    service = new AwsService();
    tool = new AwsTool(service);
    arn = service.add('ci');
    files = { open: 0 };
    dependencies = kmsDependencies([tool], {}, files);
  });

  const sign = async (uri: string, data: Uint8Array = DATA): Promise<Buffer> =>
    (await openSigner(uri, dependencies)).sign(data);

  it('is found by the ID, the ARN and an alias of a key, and keeps the ARN', async () => {
    const alias = arn.replace(/key\/.*/, 'alias/ci');
    for (const id of ['alias/ci', alias, arn, arn.slice(arn.indexOf('/') + 1)]) {
      const signer = await openSigner(`awskms:///${id}`, dependencies);
      expect(signer.uri).to.equal(`awskms:///${arn}`);
      expect(verify('sha256', DATA, signer.publicKey, await signer.sign(DATA))).to.equal(true);
      expect(tool.calls.at(-1)).to.include.members([arn, '--region', 'eu-west-1']);
    }
    expect(files.open).to.equal(0);
  });

  it('goes on with the key that an alias led to, when the alias leads to another', async () => {
    const { uri } = await openSigner('awskms:///alias/ci', dependencies);
    service.add('ci');
    expect((await openSigner(uri!, dependencies)).uri).to.equal(`awskms:///${arn}`);
    expect((await openSigner('awskms:///alias/ci', dependencies)).uri).not.to.equal(uri);
  });

  it('has the message hashed by KMS, and hashes what is longer than KMS takes', async () => {
    for (const [length, type] of [
      [1, 'RAW'],
      [32, 'RAW'],
      [4096, 'RAW'],
      [4097, 'DIGEST'],
      [20_000, 'DIGEST'],
    ] as const) {
      const data = Buffer.alloc(length, 'x');
      const { publicKey } = await openSigner('awskms:///alias/ci', dependencies);
      expect(verify('sha256', data, publicKey, await sign('awskms:///alias/ci', data)), String(length)).to.equal(true);
      expect(service.asked.at(-1)).to.equal(`Sign ${type}`);
    }
  });

  it('asks another endpoint where the URI names one', async () => {
    await sign('awskms://localhost:4566/alias/ci');
    expect(tool.calls.at(-1)).to.include.members(['--endpoint-url', 'http://localhost:4566']);
    const { uri } = await openSigner('awskms://kms.acme.example/alias/ci', dependencies);
    expect(tool.calls.at(-1)).to.include.members(['--endpoint-url', 'https://kms.acme.example']);
    expect(uri).to.equal(`awskms://kms.acme.example/${arn}`);
  });

  it('asks again what passes, and no more than three times', async () => {
    service.refusals = ['KeyUnavailableException', 'ThrottlingException'];
    await sign('awskms:///alias/ci');
    expect(service.asked).to.deep.equal(['GetPublicKey', 'GetPublicKey', 'GetPublicKey', 'Sign RAW']);
    service.refusals = Array.from({ length: 9 }, () => 'KMSInternalException');
    const { data } = await rejectionOf('signer_failed', sign('awskms:///alias/ci'));
    expect(data).to.include({ program: 'aws', status: 254 });
    expect(service.refusals).to.have.length(6);
  });

  const DENIED = 'User: arn:aws:sts::1:assumed-role/ci/x is not authorized to perform: kms:Sign on resource: x';
  for (const [what, code, words, data] of [
    [
      'no right',
      'signer_forbidden',
      `\nAn error occurred (AccessDeniedException) when calling the Sign operation: ${DENIED}\n`,
      { right: 'kms:Sign' },
    ],
    [
      'no right, without its name',
      'signer_forbidden',
      'An error occurred (AccessDeniedException) when calling the GetPublicKey operation: no',
      { right: 'kms:GetPublicKey' },
    ],
    [
      'an ended session',
      'signer_not_signed_in',
      'An error occurred (ExpiredTokenException) when calling the Sign operation: The security token included in the request is expired',
      { logIn: 'aws configure' },
    ],
    [
      'a wrong token',
      'signer_not_signed_in',
      'An error occurred (UnrecognizedClientException) when calling the Sign operation: The security token included in the request is invalid.',
      {},
    ],
    [
      'an ended single sign-on',
      'signer_not_signed_in',
      'The SSO session associated with this profile has expired or is otherwise invalid.',
      { logIn: 'aws sso login' },
    ],
    ['an empty region', 'signer_region_missing', '\nInvalid endpoint: https://kms..amazonaws.com\n', {}],
    [
      'no network',
      'signer_unreachable',
      '\nCould not connect to the endpoint URL: "https://kms.eu-west-1.amazonaws.com/" (reached max retries: 2)\n',
      {},
    ],
    [
      'what nobody foresaw',
      'signer_failed',
      '\nAn error occurred (Strange) when calling the Sign operation: Oh\n  no\n',
      { words: 'An error occurred (Strange) when calling the Sign operation: Oh no' },
    ],
  ] as const) {
    it(`says that there is ${what}`, async () => {
      tool.complaint = [254, words];
      const failure = await rejectionOf(code, openSigner('awskms:///alias/ci', dependencies));
      expect(failure.data).to.include({ uri: 'awskms:///alias/ci', ...data });
    });
  }

  for (const [what, code, change] of [
    ['no such alias', 'signer_key_not_found', () => service.aliases.clear()],
    ['no such key', 'signer_key_not_found', () => service.keys.clear()],
    ['a disabled key', 'signer_key_disabled', () => void (service.keyOf(arn).state = 'Disabled')],
    ['a key about to be deleted', 'signer_key_disabled', () => void (service.keyOf(arn).state = 'PendingDeletion')],
    ['a key for encryption', 'signer_key_unsuitable', () => void (service.keyOf(arn).usage = 'ENCRYPT_DECRYPT')],
    ['a symmetric key', 'signer_key_unsuitable', () => void (service.keyOf(arn).spec = 'SYMMETRIC_DEFAULT')],
    ['no region', 'signer_region_missing', () => delete dependencies.environment['AWS_DEFAULT_REGION']],
    ['no credentials', 'signer_not_signed_in', () => delete dependencies.environment['AWS_ACCESS_KEY_ID']],
  ] as Array<[string, FailureCode, () => void]>) {
    for (const version of [1, 2] as const) {
      it(`says that there is ${what}, with version ${version} of the CLI`, async () => {
        dependencies = kmsDependencies([new AwsTool(service, version)], {}, files);
        change();
        const { data } = await rejectionOf(code, sign('awskms:///alias/ci'));
        expect(JSON.stringify(data)).not.to.contain('\\n');
        expect(files.open).to.equal(0);
      });
    }
  }

  for (const [fault, code] of [
    ['pss', 'signer_signed_with_pss'],
    ['hashes twice', 'signer_hashed_twice'],
    ['wrong bytes', 'signer_signed_other_data'],
    ['other key', 'signer_signed_with_other_key'],
    ['other version', 'signer_signed_other_version'],
    ['truncated', 'signer_signature_malformed'],
  ] as Array<[Fault, FailureCode]>) {
    it(`gives no signature out that is wrong: ${fault}`, async () => {
      service.fault = fault;
      await rejectionOf(code, sign('awskms:///alias/ci'));
    });
  }

  for (const [fault, code] of [
    ['garbage', 'signer_answer_unreadable'],
    ['hangs', 'signer_timed_out'],
    ['dies', 'signer_failed'],
  ] as Array<[Fault, FailureCode]>) {
    it(`says that the tool ${fault === 'garbage' ? 'talks' : fault}`, async () => {
      tool.fault = fault;
      await rejectionOf(code, sign('awskms:///alias/ci'));
    });
  }

  it('says where the tool can be had', async () => {
    dependencies = kmsDependencies([]);
    const { data } = await rejectionOf('signer_program_missing', sign('awskms:///alias/ci'));
    expect(data)
      .to.deep.include({ program: 'aws' })
      .and.to.have.property('install')
      .that.contains('docs.aws.amazon.com');
  });

  describe('that is made', () => {
    const create = (uri: string, size: 2048 | 3072 | 4096 = 2048): Promise<string> =>
      createSignerKey(uri, size, dependencies);

    it('only signs, has its name and its size', async () => {
      const uri = await create('awskms:///alias/team/new', 3072);
      const key = service.keyOf(uri.replace('awskms:///', ''));
      expect(key).to.include({ spec: 'RSA_3072', usage: 'SIGN_VERIFY' });
      expect((await openSigner('awskms:///alias/team/new', dependencies)).uri).to.equal(uri);
      await sign(uri);
    });

    it('has a name that is free, and that a key can have', async () => {
      const before = service.keys.size;
      await rejectionOf('signer_key_exists', create('awskms:///alias/ci'));
      service.add('symmetric', { spec: 'SYMMETRIC_DEFAULT' });
      await rejectionOf('signer_key_exists', create('awskms:///alias/symmetric'));
      for (const uri of [`awskms:///${arn}`, 'awskms:///alias/aws/s3'])
        await rejectionOf('signer_uri_malformed', create(uri));
      expect(service.keys.size).to.equal(before + 1);
    });

    it('and got no name is told, with how to go on and how to go back', async () => {
      service.answer = refusingAlias(service);
      const { data } = await rejectionOf('signer_key_half_made', create('awskms:///alias/new'));
      const made = `arn:aws:kms:eu-west-1:123456789012:key/${[...service.keys.keys()].at(-1)}`;
      expect(data).to.deep.include({
        made,
        finish: `aws kms create-alias --alias-name alias/new --target-key-id ${made} --region eu-west-1`,
        remove: `aws kms schedule-key-deletion --key-id ${made} --pending-window-in-days 7 --region eu-west-1`,
      });
    });
  });
});

/** The account has as many aliases as it may have. */
function refusingAlias(service: AwsService): AwsService['answer'] {
  const answer = AwsService.prototype.answer.bind(service);
  return (operation, input) => {
    if (operation === 'CreateAlias') service.refusals = ['LimitExceededException'];
    return answer(operation, input);
  };
}
