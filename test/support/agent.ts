import { createHash, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Written from RFC 4251, 4253 and the draft of the agent's protocol, not from our client. */

export type AgentKey = { comment: string; blob: Buffer; privateKey?: KeyObject };

const u32 = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
export const str = (value: Buffer | string): Buffer =>
  Buffer.concat([u32(Buffer.from(value).length), Buffer.from(value)]);
const mpint = (base64url: string): Buffer => {
  const bytes = Buffer.from(base64url, 'base64url');
  return str(bytes[0]! > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
};
export const frame = (...parts: Buffer[]): Buffer => str(Buffer.concat(parts));

export function rsaIdentity(comment: string, privateKey: KeyObject): AgentKey {
  const { e, n } = privateKey.export({ format: 'jwk' });
  return { comment, blob: Buffer.concat([str('ssh-rsa'), mpint(e!), mpint(n!)]), privateKey };
}

export const fingerprintOf = ({ blob }: AgentKey): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace('=', '')}`;

/** The bytes of a signature's answer. */
export const signed = (algorithm: string, signature: Buffer): Buffer =>
  frame(Buffer.from([14]), str(Buffer.concat([str(algorithm), str(signature)])));

export const listed = (keys: AgentKey[]): Buffer =>
  frame(Buffer.from([12]), u32(keys.length), ...keys.flatMap(({ blob, comment }) => [str(blob), str(comment)]));

/** What an agent does when it is asked to sign; undefined: it hangs. */
export type Signing = (key: AgentKey, data: Buffer, flags: number, socket: Socket) => Buffer | undefined;

export const asOpenssh: Signing = ({ privateKey }, data, flags) => {
  const [algorithm, hash] = { 2: ['rsa-sha2-256', 'sha256'], 4: ['rsa-sha2-512', 'sha512'] }[flags] ?? [
    'ssh-rsa',
    'sha1',
  ];
  return signed(algorithm!, sign(hash, data, privateKey!));
};

/** An agent on a socket of its own. */
export class Agent {
  public signing: Signing = asOpenssh;
  /** In the place of the answer to a request for the keys */
  public list: ((socket: Socket) => Buffer | undefined) | undefined;
  readonly #server: Server;

  private constructor(
    public readonly path: string,
    private readonly folder: string,
    public readonly keys: AgentKey[],
  ) {
    this.#server = createServer((socket) => {
      let received = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
          const answer = this.#answer(received.subarray(4), socket);
          if (answer !== undefined) socket.write(answer);
        }
      });
    });
  }

  public static async start(keys: AgentKey[]): Promise<Agent> {
    const folder = await mkdtemp(join(tmpdir(), 'agent-'));
    const path = process.platform === 'win32' ? `\\\\.\\pipe\\${folder.split('\\').at(-1)}` : join(folder, 'socket');
    const agent = new Agent(path, folder, keys);
    await new Promise<void>((resolve) => agent.#server.listen(path, resolve));
    return agent;
  }

  public async stop(): Promise<void> {
    this.#server.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #answer(request: Buffer, socket: Socket): Buffer | undefined {
    if (request[0] === 11) return this.list === undefined ? listed(this.keys) : this.list(socket);
    const blob = request.subarray(5, 5 + request.readUInt32BE(1));
    const data = request.subarray(9 + blob.length, 9 + blob.length + request.readUInt32BE(5 + blob.length));
    const flags = request.readUInt32BE(9 + blob.length + data.length);
    const key = this.keys.find((each) => each.blob.equals(blob));
    return key === undefined ? frame(Buffer.from([5])) : this.signing(key, data, flags, socket);
  }
}
