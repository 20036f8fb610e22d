/**
 * A stand-in of AWS KMS, which checks what KMS checks of a message and its type. It knows nothing of signatures of requests.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { derOf, pairNamed, signDigest, signMessage, type Fault, type Pair } from './keys.js';

const ALGORITHM = 'RSASSA_PKCS1_V1_5_SHA_256';
const ACCOUNT = '123456789012';

export type AwsAnswer = { status: number; body: object };

type AwsKey = {
  id: string;
  pair: Pair;
  spec: string;
  usage: string;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
};

class AwsError extends Error {
  public constructor(
    public readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export class AwsService {
  public readonly region = 'eu-west-1';
  public readonly keys = new Map<string, AwsKey>();
  public readonly aliases = new Map<string, string>();
  public fault: Fault | undefined;
  /** Errors that are answered before anything else, in order: their codes */
  public refusals: string[] = [];
  /** What was asked: operation and message type */
  public readonly asked: string[] = [];
  private server: Server | undefined;

  /** Adds a key; its ARN. */
  public add(alias: string, more: Partial<AwsKey> = {}): string {
    const id = randomUUID();
    this.keys.set(id, {
      id,
      pair: pairNamed(alias),
      spec: 'RSA_2048',
      usage: 'SIGN_VERIFY',
      state: 'Enabled',
      ...more,
    });
    this.aliases.set(`alias/${alias}`, id);
    return this.arnOf(`key/${id}`);
  }

  public keyOf(arn: string): AwsKey {
    return this.keys.get(arn.slice(arn.indexOf('/') + 1))!;
  }

  /** Answers as the service does over HTTP. */
  public answer(operation: string, input: Record<string, string>): AwsAnswer {
    this.asked.push([operation, input['MessageType']].filter(Boolean).join(' '));
    try {
      const refusal = this.refusals.shift();
      if (refusal !== undefined) throw new AwsError(refusal, `The request was refused (${refusal}).`);
      return { status: 200, body: this.resultOf(operation, input) };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { status: 400, body: { __type: error.code, message: error.message } };
    }
  }

  /** Listens, for the real `aws` with `--endpoint-url`. */
  public async listen(): Promise<string> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
        const input = JSON.parse(Buffer.concat(parts).toString()) as Record<string, string>;
        const { status, body } = this.answer(operation, input);
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => void this.server!.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public close(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private arnOf(resource: string): string {
    return `arn:aws:kms:${this.region}:${ACCOUNT}:${resource}`;
  }

  private resultOf(operation: string, input: Record<string, string>): object {
    switch (operation) {
      case 'CreateKey':
        return this.createKey(input);
      case 'CreateAlias':
        return this.createAlias(input);
      case 'GetPublicKey':
        return this.publicKey(this.find(input['KeyId']!));
      case 'Sign':
        return this.sign(this.find(input['KeyId']!), input);
      default:
        throw new AwsError('UnknownOperationException', operation);
    }
  }

  private find(id: string): AwsKey {
    const [, region, resource] = /^arn:aws:kms:([^:]+):\d+:(.+)$/.exec(id) ?? [undefined, this.region, id];
    if (region !== this.region) throw new AwsError('NotFoundException', `Invalid arn ${region}`);
    const isAlias = resource.startsWith('alias/');
    const key = isAlias ? this.keys.get(this.aliases.get(resource) ?? '') : this.keys.get(resource.replace('key/', ''));
    if (key !== undefined) return key;
    const arn = this.arnOf(isAlias || resource.startsWith('key/') ? resource : `key/${resource}`);
    throw new AwsError('NotFoundException', isAlias ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`);
  }

  private createKey({ KeySpec: spec = '', KeyUsage: usage = '' }: Record<string, string>): object {
    const [, bits] = /^RSA_(2048|3072|4096)$/.exec(spec) ?? [];
    if (bits === undefined) throw new AwsError('ValidationException', `KeySpec ${spec}`);
    const id = randomUUID();
    this.keys.set(id, { id, pair: pairNamed('made', Number(bits)), spec, usage, state: 'Enabled' });
    const KeyMetadata = { KeyId: id, Arn: this.arnOf(`key/${id}`), KeySpec: spec, KeyUsage: usage, Enabled: true };
    return { KeyMetadata };
  }

  private createAlias({ AliasName: name = '', TargetKeyId: target = '' }: Record<string, string>): object {
    if (this.aliases.has(name))
      throw new AwsError('AlreadyExistsException', `An alias with the name ${this.arnOf(name)} already exists`);
    this.aliases.set(name, this.find(target).id);
    return {};
  }

  private publicKey({ id, pair, spec, usage }: AwsKey): object {
    const arn = this.arnOf(`key/${id}`);
    if (spec === 'SYMMETRIC_DEFAULT')
      throw new AwsError('UnsupportedOperationException', `${arn} key spec SYMMETRIC_DEFAULT is not supported.`);
    const algorithms = usage === 'SIGN_VERIFY' ? { SigningAlgorithms: ['RSASSA_PSS_SHA_256', ALGORITHM] } : {};
    const PublicKey = derOf(pair).toString('base64');
    return { KeyId: arn, PublicKey, KeySpec: spec, CustomerMasterKeySpec: spec, KeyUsage: usage, ...algorithms };
  }

  private sign({ id, pair, usage, state }: AwsKey, input: Record<string, string>): object {
    const arn = this.arnOf(`key/${id}`);
    const { SigningAlgorithm: algorithm, MessageType: type = 'RAW', Message = '' } = input;
    if (state === 'Disabled') throw new AwsError('DisabledException', `${arn} is disabled.`);
    if (state === 'PendingDeletion') throw new AwsError('KMSInvalidStateException', `${arn} is pending deletion.`);
    if (usage !== 'SIGN_VERIFY' || algorithm !== ALGORITHM)
      throw new AwsError('InvalidKeyUsageException', `${arn} key usage is ${usage} which is not valid for Sign.`);
    const message = Buffer.from(Message, 'base64');
    if (message.length < 1 || message.length > 4096)
      throw new AwsError('ValidationException', 'Member must have length less than or equal to 4096');
    if (type === 'DIGEST' && message.length !== 32)
      throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${ALGORITHM}.`);
    const signature =
      type === 'DIGEST' ? signDigest(pair, message, this.fault) : signMessage(pair, message, this.fault);
    const KeyId = this.fault === 'other version' ? this.arnOf(`key/${randomUUID()}`) : arn;
    return { KeyId, Signature: signature.toString('base64'), SigningAlgorithm: algorithm };
  }
}
