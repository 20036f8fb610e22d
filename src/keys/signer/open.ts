import { Failure } from '../../failure.js';
import type { KeySize } from '../credential/issue.js';
import type { SignerDependencies, SignerProvider } from './provider.js';
import type { Signer } from './signer.js';
import { verifiedSigner } from './verified.js';

/** The schemes of URIs, and who knows the keys behind each. Loaded where one is used. */
const PROVIDERS: Record<string, () => Promise<SignerProvider>> = {
  'awskms': async () => (await import('./awskms.js')).provider,
  'azurekms': async () => (await import('./azurekms.js')).provider,
  'exec': async () => (await import('./exec.js')).provider,
  'gcpkms': async () => (await import('./gcpkms.js')).provider,
  'hashivault': async () => (await import('./hashivault.js')).provider,
  'pkcs11': async () => (await import('./pkcs11.js')).provider,
  'ssh-agent': async () => (await import('./ssh-agent.js')).provider,
};

/** Control characters; the names of keys have none. */
const CONTROLS = /[\0-\x1f\x7f]/;
const FORM = 'SCHEME:KEY';

/**
 * Finds the key that a URI names. Each of its signatures is verified before it is given out.
 *
 * @throws Failure `signer_…`, as does its `sign`
 */
export async function openSigner(uri: string, dependencies: SignerDependencies): Promise<Signer> {
  const provider = await providerOf(uri);
  return verifiedSigner(await provider.open(uri, dependencies));
}

/**
 * Makes a key where the URI says.
 *
 * @returns its URI, with the version
 * @throws Failure `signer_…`
 */
export async function createSignerKey(uri: string, size: KeySize, dependencies: SignerDependencies): Promise<string> {
  const { create } = await providerOf(uri);
  if (create === undefined) throw new Failure('signer_cannot_create', { uri });
  return create(uri, size, dependencies);
}

async function providerOf(uri: string): Promise<SignerProvider> {
  const [control] = CONTROLS.exec(uri) ?? [];
  if (control !== undefined) throw new Failure('signer_uri_malformed', { uri, part: control, form: FORM });
  const load = PROVIDERS[uri.slice(0, uri.indexOf(':')).toLowerCase()];
  if (load === undefined)
    throw new Failure('signer_scheme_unknown', { uri, schemes: Object.keys(PROVIDERS).join(', ') });
  return load();
}
