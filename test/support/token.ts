import { constants, privateEncrypt, sign, type KeyObject } from 'node:crypto';
import type { SignerProgramEnd, SignerProgramOptions } from '../../src/keys/signer/provider.js';

export type StoredObject = {
  kind: 'Public Key' | 'Private Key' | 'Certificate';
  type: string;
  label: string;
  id: string;
  /** Only seen after a login */
  hidden?: true;
  content?: Buffer;
};

/** A token with the words of OpenSC's pkcs11-tool 0.23, as it was seen with SoftHSM. */
export class TokenTool {
  public objects: StoredObject[] = [];
  public pin = '1234';
  public flags = 'login required, rng, token initialized, PIN initialized';
  public mechanisms = ['SHA256-RSA-PKCS', 'RSA-PKCS'];
  /** Words on standard error in the place of a signature */
  public refusal: string | undefined;
  /** More tokens, by their labels */
  public others: string[] = [];
  public pinsTried = 0;
  public calls: string[][] = [];
  /** What is said of a key that was made */
  public made = '';

  public constructor(private readonly privateKey: KeyObject) {}

  public run = (
    program: string,
    args: string[],
    options: SignerProgramOptions,
  ): Promise<SignerProgramEnd | undefined> => {
    if (program !== 'pkcs11-tool') return Promise.resolve(undefined);
    this.calls.push(args);
    return Promise.resolve(this.#end(args, options));
  };

  #end(args: string[], { input, env = {} }: SignerProgramOptions): SignerProgramEnd {
    if (args.includes('--list-token-slots')) return ended(this.#slots());
    const pin = /^env:(.*)$/.exec(args[args.indexOf('--pin') + 1] ?? '')?.[1];
    const login = args.includes('--login');
    if (login && !this.flags.includes('PIN pad present')) {
      this.pinsTried += 1;
      if (pin === undefined || env[pin] !== this.pin) {
        return failed('error: PKCS11 function C_Login failed: rv = CKR_PIN_INCORRECT (0xa0)\nAborting.');
      }
    }
    const seen = this.objects.filter(({ kind, hidden }) => login || (kind !== 'Private Key' && hidden !== true));
    if (args.includes('--list-objects')) return ended(seen.map(listed).join(''));
    if (args.includes('--keypairgen')) return ended(`Key pair generated:\n${this.made}`);
    const id = args[args.indexOf('--id') + 1];
    if (args.includes('--read-object')) {
      const kind = args.includes('cert') ? 'Certificate' : 'Public Key';
      const object = seen.find((each) => each.id === id && each.kind === kind);
      return object === undefined ? failed('error: object not found\nAborting.') : ended(object.content ?? '');
    }
    return this.#signed(args, input!, id);
  }

  #signed(args: string[], input: Uint8Array, id: string | undefined): SignerProgramEnd {
    const mechanism = args[args.indexOf('--mechanism') + 1] ?? '';
    if (this.refusal !== undefined) return failed(this.refusal);
    if (!this.objects.some((each) => each.id === id && each.kind === 'Private Key')) {
      return failed('error: Private key not found\nAborting.');
    }
    if (!this.mechanisms.includes(mechanism)) {
      return failed('error: PKCS11 function C_SignInit failed: rv = CKR_MECHANISM_INVALID (0x70)\nAborting.');
    }
    const key = this.privateKey;
    // CKM_RSA_PKCS pads what it gets, and nothing more.
    const signature =
      mechanism === 'RSA-PKCS'
        ? privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, input)
        : sign('sha256', input, key);
    return { ...ended(signature), stderr: `Using signature algorithm ${mechanism}\n` };
  }

  #slots(): string {
    return ['ci', ...this.others]
      .map(
        (
          label,
          slot,
        ) => `Slot ${slot} (0x${(slot + 0x11).toString(16)}): SoftHSM slot ID 0x${(slot + 0x11).toString(16)}
  token label        : ${label}
  token manufacturer : SoftHSM project
  token model        : SoftHSM v2
  token flags        : ${this.flags}
  hardware version   : 2.6
  firmware version   : 2.6
  serial num         : b64264d28d51823${slot}
  pin min/max        : 4/255
`,
      )
      .join('');
  }
}

function listed({ kind, type, label, id }: StoredObject): string {
  return `${kind} Object; ${type}
  label:      ${label}
${id === '' ? '' : `  ID:         ${id}\n`}  Usage:      encrypt, verify, wrap
  Access:     local
`;
}

function ended(stdout: Buffer | string): SignerProgramEnd {
  return { status: 0, stdout: Buffer.from(stdout as string), stderr: '', timedOut: false, tooLong: false };
}

function failed(stderr: string): SignerProgramEnd {
  return { status: 1, stdout: Buffer.alloc(0), stderr: `${stderr}\n`, timedOut: false, tooLong: false };
}
