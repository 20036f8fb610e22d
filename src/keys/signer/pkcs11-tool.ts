import { Failure } from '../../failure.js';
import { LIMITS, wordsOf } from './answers.js';
import type { TokenAttribute } from './pkcs11-uri.js';
import type { SignerDependencies, SignerProgramEnd } from './provider.js';
import { runTool, toolFailure, type ToolCall, type ToolFault } from './run-tool.js';

const PROGRAM = 'pkcs11-tool';
const INSTALL = 'https://github.com/OpenSC/OpenSC/releases (apt-get install opensc, brew install opensc)';

/** A token in a slot, as `pkcs11-tool --list-token-slots` prints it. */
export type Token = {
  slotId: number;
  attributes: Partial<Record<TokenAttribute, string>>;
  /** Such as `login required` and `PIN pad present` */
  flags: string[];
};

/** A key or a certificate on a token. */
export type TokenObject = {
  kind: 'pubkey' | 'privkey' | 'cert';
  /** Such as `RSA 2048 bits` */
  type: string;
  label: string;
  /** In lower-case hexadecimal digits; empty: it has none */
  id: string;
};

/** How the tool is called for one key. */
export type Pkcs11Call = {
  uri: string;
  module: string | undefined;
  args: string[];
  pin?: string;
  input?: Uint8Array;
  limit?: number;
};

const PIN_VARIABLE = 'SF_JWT_SIGNER_PIN';

/** Runs the tool, whatever its exit code. The PIN goes through its environment. */
export async function runPkcs11Tool(call: Pkcs11Call, dependencies: SignerDependencies): Promise<SignerProgramEnd> {
  const { uri, module, args, pin, input, limit = LIMITS.publicKey } = call;
  const login = pin === undefined ? [] : ['--pin', `env:${PIN_VARIABLE}`];
  const toolCall: ToolCall = {
    program: PROGRAM,
    args: [...(module === undefined ? [] : ['--module', module]), ...login, ...args],
    uri,
    limit,
    install: INSTALL,
    ...(input && { input }),
    ...(pin !== undefined && { env: { [PIN_VARIABLE]: pin } }),
  };
  return runTool(toolCall, dependencies);
}

const FAULTS: ToolFault[] = [
  { says: /Private key not found|object not found|CKR_(?:OBJECT|KEY)_HANDLE_INVALID/, code: 'signer_key_not_found' },
  { says: /CKR_KEY_FUNCTION_NOT_PERMITTED/, code: 'signer_forbidden', right: 'CKA_SIGN' },
  { says: /CKR_FUNCTION_(?:CANCELED|REJECTED)/, code: 'signer_declined' },
  {
    says: /CKR_(?:TOKEN_NOT_(?:PRESENT|RECOGNIZED)|DEVICE_(?:REMOVED|ERROR)|SLOT_ID_INVALID)/,
    code: 'signer_unreachable',
  },
];

/** Why the tool failed. */
export function pkcs11Failure({ uri, module }: Pkcs11Call, end: SignerProgramEnd): Failure {
  const { stderr } = end;
  if (/Failed to load pkcs11 module|sc_dlopen failed/.test(stderr)) {
    return new Failure('signer_module_unusable', { uri, module: module ?? '-', words: wordsOf(stderr) });
  }
  if (/CKR_PIN_LOCKED/.test(stderr)) return new Failure('signer_pin_locked', { uri });
  if (isPinWrong(end)) return new Failure('signer_pin_wrong', { uri });
  return toolFailure({ program: PROGRAM, uri }, end, FAULTS);
}

export function isPinWrong({ stderr }: SignerProgramEnd): boolean {
  return /CKR_PIN_(?:INCORRECT|INVALID|LEN_RANGE)/.test(stderr);
}

/** The tokens that the tool found; slots without a token, or with an empty one, are none. */
export function tokensIn(output: string): Token[] {
  return sectionsOf(output, /^(?=Slot )/m).flatMap((section) => {
    const [, slot = '', description = ''] = /^Slot \d+ \((0x[0-9a-f]+)\): (.*)/i.exec(section) ?? [];
    const label = valueIn(section, 'token label');
    if (slot === '' || label === undefined) return [];
    const attributes = {
      'token': label,
      'manufacturer': valueIn(section, 'token manufacturer') ?? '',
      'model': valueIn(section, 'token model') ?? '',
      'serial': valueIn(section, 'serial num') ?? '',
      'slot-description': description.trim(),
    };
    const flags = (valueIn(section, 'token flags') ?? '').split(/,\s*/);
    return [{ slotId: Number(slot), attributes, flags }];
  });
}

const KINDS: Record<string, TokenObject['kind']> = {
  'Public Key Object': 'pubkey',
  'Private Key Object': 'privkey',
  'Certificate Object': 'cert',
};

/** The keys and certificates that the tool found. */
export function objectsIn(output: string): TokenObject[] {
  return sectionsOf(output, /^(?=\S)/m).flatMap((section) => {
    const [, name = '', type = ''] = /^([\w ]+); (.*)/.exec(section) ?? [];
    const kind = KINDS[name];
    const [id] = /^[0-9a-f]*/.exec((valueIn(section, 'ID') ?? '').toLowerCase()) ?? [''];
    return kind === undefined ? [] : [{ kind, type: type.trim(), label: valueIn(section, 'label') ?? '', id }];
  });
}

function sectionsOf(output: string, start: RegExp): string[] {
  return output.replaceAll('\r\n', '\n').split(start);
}

function valueIn(section: string, name: string): string | undefined {
  return new RegExp(`^ +${name} *: *(.*)$`, 'm').exec(section)?.[1]?.trim();
}
