/**
 * A stand-in of the `az` CLI for Azure Key Vault, written from its source and from recordings of Azure's SDKs.
 *
 * @see https://learn.microsoft.com/cli/azure/keyvault/key
 */
import { randomBytes } from 'node:crypto';
import { pairNamed, signDigest, type Fault, type Pair } from './keys.js';
import { ended, failed, parseCall, type StandInTool, type ToolEnd, type ToolRun } from './tool.js';

type AzureVersion = { version: string; pair: Pair; enabled: boolean; kty: string; keyOps: string[] };

const FLAGS: Record<string, string[]> = {
  show: ['--id'],
  sign: ['--id', '--algorithm', '--digest'],
  create: ['--vault-name', '--hsm-name', '--name', '--kty', '--size', '--ops'],
};
const LOGIN_FLAGS = ['--service-principal', '--username', '--tenant', '--federated-token', '--allow-no-subscriptions'];
const EVERYWHERE = ['--output', '--only-show-errors'];

const NOT_FOUND = (name: string): string =>
  `ERROR: (KeyNotFound) A key with (name/id) ${name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182\nCode: KeyNotFound\n`;

export class AzureTool implements StandInTool {
  public readonly program = 'az';
  public readonly calls: string[][] = [];
  public readonly keys = new Map<string, AzureVersion[]>();
  public readonly host = 'acme.vault.azure.net';
  public fault: Fault | undefined;
  public complaint: [status: number, words: string] | undefined;
  public version = '2.79.0';
  public signedIn = true;
  /** The token of a CI's job that is taken for a login */
  public idToken: string | undefined;

  /** Adds a version, the newest from now on. */
  public add(name: string, more: Partial<AzureVersion> = {}): string {
    const version = randomBytes(16).toString('hex');
    const versions = this.keys.get(name) ?? [];
    const pair = more.pair ?? pairNamed(`${name} ${versions.length + 1}`);
    this.keys.set(name, [
      ...versions,
      { version, pair, enabled: true, kty: 'RSA', keyOps: ['sign', 'verify'], ...more },
    ]);
    return version;
  }

  public async run({ args }: ToolRun): Promise<ToolEnd> {
    this.calls.push(args);
    if (args[0] === 'version')
      return ended(JSON.stringify({ 'azure-cli': this.version, 'azure-cli-core': this.version }));
    if (this.complaint !== undefined) return failed(...this.complaint);
    if (args[0] === 'login') return this.logIn(args);
    if (!this.signedIn) return failed(1, "ERROR: Please run 'az login' to setup account.\n");
    const operation = args[2] ?? '';
    const isOld = Number(this.version.split('.')[1]) < 51;
    if (args.slice(0, 2).join(' ') !== 'keyvault key' || (operation === 'sign' && isOld))
      return failed(2, `ERROR: '${operation}' is misspelled or not recognized by the system.\n`);
    const { flags } = parseCall(args.slice(3), [...FLAGS[operation]!, ...EVERYWHERE]);
    if (operation === 'create') return this.create(flags);
    const [, host, name = '', version] =
      /^https:\/\/([^/]+)\/keys\/([^/]+)(?:\/(\w+))?$/.exec(flags.get('--id') ?? '') ?? [];
    if (host !== this.host)
      return failed(
        1,
        `ERROR: <urllib3.connection.HTTPSConnection object>: Failed to resolve '${host}' ([Errno -2] Name or service not known)\n`,
      );
    const found = this.keys.get(name)?.findLast((each) => version === undefined || each.version === version);
    if (found === undefined) return failed(3, NOT_FOUND(name));
    return Promise.resolve(operation === 'show' ? this.shown(name, found) : this.sign(name, found, flags));
  }

  private logIn(args: string[]): ToolEnd {
    const flags = [...LOGIN_FLAGS, ...EVERYWHERE];
    const { flags: given } = parseCall(args, flags);
    const isApplication = given.has('--service-principal') && given.get('--username') === 'client-id-of-the-app';
    this.signedIn = isApplication && this.idToken !== undefined && given.get('--federated-token') === this.idToken;
    return this.signedIn ? ended('') : failed(1, 'ERROR: AADSTS700213: No matching federated identity record found\n');
  }

  private create(flags: Map<string, string>): ToolEnd {
    const name = flags.get('--name')!;
    const kty = flags.get('--kty')!;
    if (`${flags.get('--vault-name')}.vault.azure.net` !== this.host) return failed(1, 'ERROR: Failed to resolve\n');
    const pair = pairNamed('made', Number(flags.get('--size')));
    this.add(name, { pair, kty, keyOps: flags.get('--ops')!.split(' ') });
    return this.shown(name, this.keys.get(name)!.at(-1)!);
  }

  private shown(name: string, { version, pair, enabled, kty, keyOps }: AzureVersion): ToolEnd {
    if (this.fault === 'garbage') return ended('WARNING: nothing\n');
    const { n, e } = pair.publicKey.export({ format: 'jwk' });
    const standard = (value: string | undefined): string => Buffer.from(value!, 'base64url').toString('base64');
    const kid = `https://${this.host}/keys/${name}/${version}`;
    const key = { e: standard(e), k: null, keyOps, kid, kty, n: standard(n) };
    return ended(
      JSON.stringify({ attributes: { enabled, expires: null }, key, managed: null, tags: {} }, undefined, 2),
    );
  }

  private sign(name: string, key: AzureVersion, flags: Map<string, string>): ToolEnd {
    // The CLI's decoder drops what it doesn't know.
    const digest = Buffer.from(flags.get('--digest')!.replace(/[-_]/g, ''), 'base64');
    const [, minor] = this.version.split('.').map(Number);
    if (minor! < 68 || digest.length !== 32 || flags.get('--algorithm') !== 'RS256')
      return failed(1, 'ERROR: (BadParameter) Property  has invalid value\nCode: BadParameter\n');
    if (!key.enabled)
      return failed(1, 'ERROR: (Forbidden) Operation sign is not allowed on a disabled key.\nCode: Forbidden\n');
    const versions = this.keys.get(name)!;
    const signer = this.fault === 'other version' ? versions.find((each) => each !== key)! : key;
    const signature = signDigest(signer.pair, digest, this.fault).toString('base64');
    const keyId = `https://${this.host}/keys/${name}/${signer.version}`;
    return ended(JSON.stringify({ algorithm: 'RS256', keyId, signature }, undefined, 2));
  }
}
