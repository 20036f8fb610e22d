import { KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { Failure } from '../../failure.js';
import { checkPrivateKey, isEncryptedPrivateKey, privateKeyIn } from '../../keys/credential/private-key.js';
import { identify } from '../../keys/credential/recognize.js';
import { keepKeyMaterial, keepSecret } from '../../keys/secrets.js';
import { signerOf, type Signer } from '../../keys/signer/signer.js';
import { verifiedSigner } from '../../keys/signer/verified.js';
import { requireKeyInput, type KeyInput, type KeySources } from '../../machine/files/key-input.js';
import { isStore, readStoreKey } from '../../machine/files/store-key.js';
import type { KeyOptions, PrivateKeySource } from './types.js';

/** What messages call the key that is no file. */
const SOURCE = 'the option "key"';

/**
 * The key of the options, in whatever form it's given.
 *
 * @throws Failure `option_missing`, `option_malformed`, those of `requireKeyInput`
 */
export async function keyInputOf(options: KeyOptions): Promise<KeyInput> {
  const input = await findKeyInput(options);
  if (input === undefined) throw new Failure('option_missing', { option: 'key' });
  return input;
}

/** As {@link keyInputOf}; undefined where no key is given. */
export async function findKeyInput({ key, keyFile, signer, passphrase }: KeyOptions): Promise<KeyInput | undefined> {
  if (passphrase !== undefined) keepSecret(passphrase);
  const [given, other] = Object.entries({ key, keyFile, signer }).flatMap(([option, value]) =>
    value === undefined ? [] : [option],
  );
  if (given !== undefined && other !== undefined)
    throw new Failure('option_malformed', { option: other, wanted: `for a call that has the option "${given}"` });
  if (key !== undefined) return readKey(key, passphrase);
  // Standard input belongs to the program, so "-" is a file of that name.
  const file = keyFile === '-' ? './-' : keyFile;
  return given === undefined ? undefined : requireKeyInput({ ...sourcesWith(passphrase), file, signer });
}

const sourcesWith = (passphrase: string | undefined): Omit<KeySources, 'file'> => ({
  environment: passphrase === undefined ? {} : { SF_JWT_KEY_PASSPHRASE: passphrase },
  stdin: Readable.from([]),
  passphraseFile: undefined,
  askPassphrase: undefined,
});

async function readKey(key: PrivateKeySource, passphrase: string | undefined): Promise<KeyInput> {
  if (key instanceof KeyObject) return inMemory(key, false);
  if (typeof key !== 'string' && !ArrayBuffer.isView(key)) return elsewhere(key);
  const content = typeof key === 'string' ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  keepKeyMaterial(content);
  const found = identify(content);
  if (!isStore(found)) {
    const encrypted = isEncryptedPrivateKey(found);
    return inMemory(privateKeyIn(found, { source: SOURCE, passphrase }), encrypted);
  }
  const given = passphrase === undefined ? [] : [passphrase];
  const secrets = { given, ask: undefined, keys: () => Promise.resolve(given) };
  const { entry } = await readStoreKey(found, undefined, SOURCE, secrets);
  return inMemory(entry.key, true);
}

function inMemory(key: KeyObject, encrypted: boolean): KeyInput {
  if (key.type !== 'private') throw new Failure('key_is_public_key', { source: SOURCE });
  checkPrivateKey(key, SOURCE);
  return { signer: signerOf(key), source: SOURCE, key, encrypted, path: undefined, asIs: false };
}

/** Whoever signs, a wrong signature is told before it's sent. */
function elsewhere(given: Partial<Signer> | null): KeyInput {
  const { publicKey, uri, sign } = given ?? {};
  if (!(publicKey instanceof KeyObject) || publicKey.type !== 'public' || typeof sign !== 'function')
    throw new Failure('option_malformed', { option: 'key', wanted: 'a private key or a signer' });
  const key = {
    publicKey,
    uri: uri ?? SOURCE,
    sign: async (data: Uint8Array) => Buffer.from(await sign.call(given, data)),
  };
  const signer = { ...verifiedSigner(key), uri };
  return { signer, source: uri ?? SOURCE, key: undefined, encrypted: false, path: undefined, asIs: false };
}
