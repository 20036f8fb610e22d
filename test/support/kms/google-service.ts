/**
 * A stand-in of Google Cloud KMS over HTTP, for the real `gcloud` and for the one that is a stand-in itself.
 *
 * @see https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions/asymmetricSign
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pairNamed, pemOf, signDigest, signMessage, type Fault, type Pair } from './keys.js';

type GoogleVersion = { pair: Pair; algorithm: string; state: string };
type Answer = { status: number; body: object };

/** Statuses of Google's APIs, as HTTP has them. */
const HTTP: Record<string, number> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
};

export class GoogleService {
  public readonly rings = new Set<string>();
  public readonly versions = new Map<string, GoogleVersion>();
  public fault: Fault | undefined;
  /** What is answered before anything else: the status, and its words */
  public refusal: [status: string, words: string] | undefined;
  /** How often a new version is asked for before it can sign */
  public looksUntilEnabled = 0;
  public readonly asked: string[] = [];
  private server: Server | undefined;

  /** Adds a version of a key; its full name. */
  public add(ring: string, key: string, more: Partial<GoogleVersion> = {}): string {
    this.rings.add(ring);
    const stem = `${ring}/cryptoKeys/${key}/cryptoKeyVersions/`;
    const number = [...this.versions.keys()].filter((name) => name.startsWith(stem)).length + 1;
    const name = `${stem}${number}`;
    this.versions.set(name, {
      pair: pairNamed(name),
      algorithm: 'RSA_SIGN_PKCS1_2048_SHA256',
      state: 'ENABLED',
      ...more,
    });
    return name;
  }

  /** @param path behind `/v1/`, with its query */
  public answer(method: string, path: string, body: Record<string, unknown>): Answer {
    this.asked.push(`${method} ${path}`);
    if (this.refusal !== undefined) return refused(...this.refusal);
    const { pathname, searchParams } = new URL(path, 'http://localhost/');
    const name = decodeURIComponent(pathname.slice(1));
    if (method === 'POST' && name.endsWith('/keyRings')) return this.createRing(name, searchParams);
    if (method === 'POST' && name.endsWith('/cryptoKeys')) return this.createKey(name, searchParams, body);
    const [, version = '', verb] = /^(.*cryptoKeyVersions\/\d+)(:asymmetricSign|\/publicKey)?$/.exec(name) ?? [];
    const found = this.versions.get(version);
    if (found === undefined) return refused('NOT_FOUND', `CryptoKeyVersion ${version} not found.`);
    if (verb === undefined) return { status: 200, body: this.look(version, found) };
    if (found.state !== 'ENABLED')
      return refused('FAILED_PRECONDITION', `${version} is not enabled, current state is: ${found.state}.`);
    if (verb === '/publicKey') return { status: 200, body: publicKeyOf(version, found) };
    return this.sign(version, found, body);
  }

  /** Listens, for the real `gcloud`. */
  public async listen(): Promise<string> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const input = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
        const { status, body } = this.answer(request.method ?? '', (request.url ?? '').replace('/v1/', ''), input);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => void this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  public close(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private createRing(parent: string, query: URLSearchParams): Answer {
    const name = `${parent}/${query.get('keyRingId')}`;
    if (this.rings.has(name)) return refused('ALREADY_EXISTS', `KeyRing ${name} already exists.`);
    this.rings.add(name);
    return { status: 200, body: { name } };
  }

  private createKey(parent: string, query: URLSearchParams, body: Record<string, unknown>): Answer {
    const [ring, id] = [parent.replace(/\/cryptoKeys$/, ''), query.get('cryptoKeyId') ?? ''];
    if (!this.rings.has(ring)) return refused('NOT_FOUND', `KeyRing ${ring} not found.`);
    if (this.versions.has(`${parent}/${id}/cryptoKeyVersions/1`))
      return refused('ALREADY_EXISTS', `CryptoKey ${parent}/${id} already exists.`);
    const { algorithm = '' } = body['versionTemplate'] as { algorithm?: string };
    const [, bits] = /^RSA_SIGN_PKCS1_(\d+)_SHA256$/.exec(algorithm) ?? [];
    if (bits === undefined || body['purpose'] !== 'ASYMMETRIC_SIGN') return refused('INVALID_ARGUMENT', algorithm);
    const state = this.looksUntilEnabled > 0 ? 'PENDING_GENERATION' : 'ENABLED';
    this.add(ring, id, { pair: pairNamed(`${ring}/${id}`, Number(bits)), algorithm, state });
    return { status: 200, body: { name: `${parent}/${id}`, purpose: 'ASYMMETRIC_SIGN' } };
  }

  private look(name: string, version: GoogleVersion): object {
    const { state, algorithm } = version;
    this.looksUntilEnabled -= 1;
    if (this.looksUntilEnabled <= 0 && state === 'PENDING_GENERATION') version.state = 'ENABLED';
    return { name, state: version.state, algorithm };
  }

  private sign(name: string, { pair, algorithm }: GoogleVersion, body: Record<string, unknown>): Answer {
    const digest = Buffer.from((body['digest'] as { sha256?: string } | undefined)?.sha256 ?? '', 'base64url');
    if (digest.length !== 32) return refused('INVALID_ARGUMENT', 'Digest has to have 32 bytes.');
    if (body['digestCrc32c'] !== undefined && body['digestCrc32c'] !== String(crc32c(digest)))
      return refused('INVALID_ARGUMENT', 'The checksum in field digest_crc32c did not match the data in field digest.');
    const isPss = algorithm.includes('PSS');
    const signature = isPss ? signMessage(pair, digest, 'pss') : signDigest(pair, digest, this.fault);
    const checks = { signatureCrc32c: String(crc32c(signature)), verifiedDigestCrc32c: true };
    const answer = { name, signature: signature.toString('base64'), protectionLevel: 'SOFTWARE', ...checks };
    return { status: 200, body: answer };
  }
}

function publicKeyOf(name: string, { pair, algorithm }: GoogleVersion): object {
  const pem = pemOf(pair);
  return { pem, algorithm, name, protectionLevel: 'SOFTWARE', pemCrc32c: String(crc32c(Buffer.from(pem))) };
}

function refused(status: string, message: string): Answer {
  const code = HTTP[status] ?? 500;
  return { status: code, body: { error: { code, message, status } } };
}

/** The Castagnoli checksum of RFC 3720, section 12.1. */
function crc32c(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
