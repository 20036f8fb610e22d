/**
 * A stand-in of the transit engine of HashiCorp Vault and OpenBao over HTTP, written from their documentation.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pairNamed, pemOf, signDigest, signMessage, type Fault, type Pair } from './keys.js';

type TransitKey = { type: string; pairs: Pair[]; least: number };
type Answer = { status: number; body?: object };

const DENIED = '1 error occurred:\n\t* permission denied\n\n';

export class VaultService {
  public readonly token = 'hvs.token-of-the-stand-in';
  public namespace: string | undefined;
  public sealed = false;
  /** The token of a CI's job that is taken for a login */
  public idToken: string | undefined;
  public fault: Fault | undefined;
  /** What no policy allows: method and path */
  public denied = new Set<string>();
  public readonly keys = new Map<string, TransitKey>();
  public readonly asked: Array<{ path: string; body: Record<string, unknown>; headers: IncomingHttpHeaders }> = [];
  public url = '';
  private server: Server | undefined;

  public constructor(public readonly mount = 'transit') {}

  public add(name: string, versions: number, more: Partial<TransitKey> = {}): TransitKey {
    const pairs = Array.from({ length: versions }, (_, index) => pairNamed(`${name} ${index + 1}`));
    const key = { type: 'rsa-2048', pairs, least: 0, ...more };
    this.keys.set(name, key);
    return key;
  }

  public async listen(): Promise<void> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
        const path = (request.url ?? '').replace('/v1/', '');
        this.asked.push({ path, body, headers: request.headers });
        if (this.fault === 'hangs') return;
        if (this.fault === 'dies') return void response.destroy();
        const answer = this.answer(request.method ?? '', path, body, request.headers);
        response.writeHead(answer.status, { 'content-type': 'application/json' });
        if (this.fault === 'garbage') response.end('<html>Welcome!</html>');
        else response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => void this.server!.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public close(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  private answer(method: string, path: string, body: Record<string, unknown>, headers: IncomingHttpHeaders): Answer {
    if (this.sealed) return refused(503, 'Vault is sealed');
    const [, login] = /^auth\/([^/]+)\/login$/.exec(path) ?? [];
    if (login !== undefined) return this.logIn(body);
    const token = headers['x-vault-token'];
    if (headers['x-vault-namespace'] !== this.namespace || token === undefined)
      return refused(403, 'permission denied');
    if (token !== this.token) return refused(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n');
    if (this.denied.has(`${method} ${path}`)) return refused(403, DENIED);
    const [, verb, name = '', hash] = new RegExp(`^${this.mount}/(keys|sign)/([^/]+)(?:/(.+))?$`).exec(path) ?? [];
    if (verb === undefined) return { status: 404, body: { errors: [] } };
    const key = this.keys.get(name);
    if (verb === 'sign') return key === undefined ? refused(400, 'signing key not found') : this.sign(key, hash, body);
    if (method === 'POST') return this.create(name, String(body['type']), key);
    if (key === undefined) return { status: 404, body: { errors: [] } };
    const versions = key.pairs.map((pair, index) => [index + 1, { name: key.type, public_key: pemOf(pair) }]);
    const data = { type: key.type, latest_version: key.pairs.length, keys: Object.fromEntries(versions) as object };
    return { status: 200, body: { data: { ...data, supports_signing: true, min_encryption_version: key.least } } };
  }

  private logIn({ role, jwt }: Record<string, unknown>): Answer {
    const isTrusted = this.idToken !== undefined && jwt === this.idToken && role === 'salesforce-ci';
    return isTrusted
      ? { status: 200, body: { auth: { client_token: this.token } } }
      : refused(400, 'error validating token');
  }

  private create(name: string, type: string, key: TransitKey | undefined): Answer {
    const [, bits] = /^rsa-(2048|3072|4096)$/.exec(type) ?? [];
    if (bits === undefined) return refused(400, `unknown key type ${type}`);
    if (key === undefined) this.keys.set(name, { type, pairs: [pairNamed(`${name} 1`, Number(bits))], least: 0 });
    return { status: 204 };
  }

  private sign(key: TransitKey, hash: string | undefined, body: Record<string, unknown>): Answer {
    const { input, prehashed = false, signature_algorithm: algorithm = 'pss', key_version: asked } = body;
    if (hash !== 'sha2-256') return refused(400, `invalid hash algorithm "${hash}"`);
    if (!key.type.startsWith('rsa-')) return refused(400, `key type ${key.type} does not support signing`);
    const latest = key.pairs.length;
    const version = this.fault === 'other version' ? latest : Number(asked ?? latest);
    if (version < key.least)
      return refused(400, 'requested version for signing is less than the minimum encryption key version');
    const pair = key.pairs[version - 1];
    if (pair === undefined) return refused(400, 'requested version for signing is higher than the latest key version');
    const message = Buffer.from(String(input), 'base64');
    const fault = algorithm === 'pss' ? 'pss' : this.fault;
    const signature = prehashed === true ? signDigest(pair, message, fault) : signMessage(pair, message, fault);
    const text = `vault:v${version}:${signature.toString('base64')}`;
    return { status: 200, body: { data: { signature: text, key_version: version } } };
  }
}

const refused = (status: number, ...errors: string[]): Answer => ({ status, body: { errors } });
