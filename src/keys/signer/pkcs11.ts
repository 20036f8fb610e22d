import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import { Failure } from '../../failure.js';
import type { KeySize } from '../credential/issue.js';
import { LIMITS, readPublicKey, readSignature } from './answers.js';
import { withPin } from './pkcs11-login.js';
import {
  objectsIn,
  pkcs11Failure,
  runPkcs11Tool,
  tokensIn,
  type Pkcs11Call,
  type Token,
  type TokenObject,
} from './pkcs11-tool.js';
import { parsePkcs11Uri, pkcs11Uri, type Pkcs11Uri, type TokenAttribute } from './pkcs11-uri.js';
import type { FoundKey, SignerDependencies, SignerProgramEnd, SignerProvider } from './provider.js';

/** The DigestInfo of SHA-256 before the digest (RFC 8017 section 9.2), for tokens that only pad. */
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * A key on a token that has a PKCS#11 module, such as an HSM, a smart card or a YubiKey, by its URI of RFC 7512. OpenSC's
 * `pkcs11-tool` speaks to the module.
 */
export const provider: SignerProvider = { open, create };

/** Where a key is to be sought: a token behind a module. */
type Place = { uri: string; named: Pkcs11Uri; module: string | undefined; token: Token };

async function open(uri: string, dependencies: SignerDependencies): Promise<FoundKey> {
  const place = await placeOf(uri, dependencies);
  const { object, publicKey } = await keyAt(place, dependencies);
  const pinned = pinnedUri(place, object);
  return {
    publicKey,
    uri: pinned,
    sign: async (data) =>
      readSignature(await signAt({ ...place, uri: pinned }, object, data, dependencies), publicKey, pinned),
  };
}

async function create(uri: string, size: KeySize, dependencies: SignerDependencies): Promise<string> {
  const place = await placeOf(uri, dependencies);
  const { object: label = 'sf-jwt', id } = place.named;
  const objects = await objectsAt(place, dependencies, true);
  const taken = objects.some((each) => each.label === label || (id !== undefined && each.id === id));
  if (taken) throw new Failure('signer_key_exists', { uri });
  const object: TokenObject = { kind: 'pubkey', type: '', label, id: id ?? freeId(objects) };
  const call = callAt(place, [
    ...['--keypairgen', '--key-type', `rsa:${size}`, '--usage-sign', '--sensitive'],
    ...['--id', object.id, '--label', label],
  ]);
  const end = await loggedIn(place, call, dependencies);
  if (end.status !== 0) throw pkcs11Failure(call, end);
  const pinned = pinnedUri(place, object);
  const [, access = 'never extractable'] =
    /^Private Key Object[^]*?^ +Access: *(.*)$/m.exec(end.stdout.toString()) ?? [];
  if (!access.includes('never extractable')) throw new Failure('signer_key_exportable', { uri: pinned });
  return pinned;
}

/** The lowest number that no key has as its ID. */
function freeId(objects: TokenObject[]): string {
  const taken = new Set(objects.map(({ id }) => parseInt(id, 16)));
  let free = 1;
  while (taken.has(free)) free += 1;
  const digits = free.toString(16);
  return digits.padStart(digits.length + (digits.length % 2), '0');
}

async function placeOf(uri: string, dependencies: SignerDependencies): Promise<Place> {
  const named = parsePkcs11Uri(uri);
  const path = named.modulePath ?? (dependencies.environment['PKCS11_MODULE_PATH'] || undefined);
  const module = path && dependencies.resolvePath(path);
  const call: Pkcs11Call = { uri, module, args: ['--list-token-slots'] };
  const end = await runPkcs11Tool(call, dependencies);
  const tokens = tokensIn(end.stdout.toString());
  // A tool that found no token at all may call that a failure.
  if (end.status !== 0 && (end.stderr.trim() !== '' || tokens.length > 0)) throw pkcs11Failure(call, end);
  return { uri, named, module, token: tokenOf(uri, named, tokens) };
}

function tokenOf(uri: string, named: Pkcs11Uri, tokens: Token[]): Token {
  const wanted = Object.entries(named.token) as Array<[TokenAttribute, string]>;
  const found = tokens.filter(
    ({ slotId, attributes }) =>
      (named.slotId ?? slotId) === slotId && wanted.every(([name, value]) => attributes[name] === value),
  );
  const listedTokens = (some: Token[]): string =>
    some.map(({ attributes: { token = '', serial = '' } }) => pkcs11Uri({ token: { token, serial } })).join(', ');
  const [only, second] = found;
  if (only === undefined) throw new Failure('signer_token_not_found', { uri, tokens: listedTokens(tokens) || '-' });
  if (second !== undefined) throw new Failure('signer_key_ambiguous', { uri, candidates: listedTokens(found) });
  if (only.flags.includes('user PIN locked')) throw new Failure('signer_pin_locked', { uri });
  return only;
}

/** The public half of the key, that of its certificate where it is stored with that alone. Some tokens show nothing before a login. */
async function keyAt(
  place: Place,
  dependencies: SignerDependencies,
): Promise<{ object: TokenObject; publicKey: KeyObject }> {
  let objects: TokenObject[] = [];
  for (const login of [false, true]) {
    objects = await objectsAt(place, dependencies, login);
    const object = publicHalfOf(place, objects);
    if (object !== undefined) return { object, publicKey: await publicKeyOf(place, object, dependencies, login) };
  }
  throw new Failure('signer_key_not_found', {
    ...{ uri: place.uri, words: listed(objects) || '-', variant: 'listed' },
  });
}

/** A key's label may differ from that of its public half or certificate; the ID is the same. */
function publicHalfOf({ uri, named }: Place, objects: TokenObject[]): TokenObject | undefined {
  const byId = objects.filter(({ id }) => id === named.id);
  const found =
    byId.length > 0 ? byId : objects.filter(({ label }) => named.id === undefined && label === named.object);
  const family = objects.filter((each) => found.some((one) => isOfOneKey(one, each)));
  const halves = family.filter(({ kind }) => kind === 'pubkey');
  const [only, second] = halves.length > 0 ? halves : family.filter(({ kind }) => kind === 'cert');
  if (second !== undefined) throw new Failure('signer_key_ambiguous', { uri, candidates: listed(family) });
  return only;
}

function isOfOneKey(one: TokenObject, other: TokenObject): boolean {
  return one.id === '' ? other.id === '' && one.label === other.label : one.id === other.id;
}

const listed = (objects: TokenObject[]): string =>
  [...new Set(objects.map((object) => pkcs11Uri({ token: {}, ...identityOf(object) })))].join(', ');

async function publicKeyOf(
  place: Place,
  object: TokenObject,
  dependencies: SignerDependencies,
  login: boolean,
): Promise<KeyObject> {
  const { uri } = place;
  const { kind, type } = object;
  if (kind === 'pubkey' && !type.startsWith('RSA')) {
    throw new Failure('signer_key_unsuitable', { uri, found: type.replace(/\s+/g, ' ') });
  }
  // The tool would sign with the first key that it comes upon.
  if (object.id === '') throw new Failure('signer_key_without_id', { uri });
  const call = callAt(place, ['--read-object', '--type', kind, '--id', object.id]);
  const { stdout } = await done(call, login ? loggedIn(place, call, dependencies) : runPkcs11Tool(call, dependencies));
  if (kind === 'pubkey') return readPublicKey(stdout, uri);
  try {
    return new X509Certificate(stdout).publicKey;
  } catch (error) {
    throw new Failure('signer_public_key_malformed', { uri, bytes: stdout.length }, { cause: error });
  }
}

async function objectsAt(place: Place, dependencies: SignerDependencies, login: boolean): Promise<TokenObject[]> {
  const call = callAt(place, ['--list-objects']);
  const { stdout } = await done(call, login ? loggedIn(place, call, dependencies) : runPkcs11Tool(call, dependencies));
  return objectsIn(stdout.toString());
}

async function done(call: Pkcs11Call, running: Promise<SignerProgramEnd>): Promise<SignerProgramEnd> {
  const end = await running;
  if (end.status !== 0) throw pkcs11Failure(call, end);
  return end;
}

async function signAt(
  place: Place,
  object: TokenObject,
  data: Uint8Array,
  dependencies: SignerDependencies,
): Promise<Buffer> {
  const callWith = (mechanism: string, input: Uint8Array): Pkcs11Call => ({
    ...callAt(place, ['--sign', '--mechanism', mechanism, '--id', object.id]),
    input,
    limit: LIMITS.signature,
  });
  let call = callWith('SHA256-RSA-PKCS', data);
  let end = await loggedIn(place, call, dependencies);
  if (end.status !== 0 && /CKR_MECHANISM_INVALID/.test(end.stderr)) {
    const digest = createHash('sha256').update(data).digest();
    call = callWith('RSA-PKCS', Buffer.concat([SHA256_DIGEST_INFO, digest]));
    end = await loggedIn(place, call, dependencies);
  }
  if (end.status !== 0) throw pkcs11Failure(call, end);
  return end.stdout;
}

/** Runs the tool with a login, where the token asks for one; a device with keys of its own takes the PIN itself. */
async function loggedIn(place: Place, call: Pkcs11Call, dependencies: SignerDependencies): Promise<SignerProgramEnd> {
  const { token, named, module, uri } = place;
  if (!token.flags.includes('login required')) return runPkcs11Tool(call, dependencies);
  const login: Pkcs11Call = { ...call, args: ['--login', ...call.args] };
  if (token.flags.includes('PIN pad present')) return runPkcs11Tool(login, dependencies);
  const { token: label = '', serial = '' } = token.attributes;
  return withPin(
    { uri, token: JSON.stringify([module, serial, label, token.slotId]), label, pinFile: named.pinFile },
    (pin) => runPkcs11Tool({ ...login, pin }, dependencies),
    dependencies,
  );
}

function callAt({ uri, module, token }: Place, args: string[]): Pkcs11Call {
  return { uri, module, args: ['--slot', String(token.slotId), ...args] };
}

function identityOf({ id, label }: TokenObject): Pick<Pkcs11Uri, 'id' | 'object'> {
  return { ...(id !== '' && { id }), ...(label !== '' && { object: label }) };
}

/** The URI of this key on this token, wherever it is plugged in, and whatever the environment says of the module. */
function pinnedUri({ named, token, module }: Place, object: TokenObject): string {
  const { token: label = '', serial = '' } = token.attributes;
  return pkcs11Uri({
    token: { token: label, ...(serial !== '' && { serial }) },
    ...identityOf(object),
    ...(module !== undefined && { modulePath: module }),
    ...(named.pinFile !== undefined && { pinFile: named.pinFile }),
  });
}
