import { Failure, isFailure } from '../../failure.js';
import { keepSecret } from '../secrets.js';
import { wordsOf } from './answers.js';
import type { SignerDependencies } from './provider.js';

/** A request to Vault or OpenBao. */
export type VaultCall = {
  /** Of the key */
  uri: string;
  method: 'GET' | 'POST';
  /** Behind `/v1/` */
  path: string;
  /** What a policy has to allow on the path */
  capability: 'create' | 'read' | 'update';
  body?: object;
};

/** Bytes of an answer; a key of many versions has a kilobyte for each. */
const LIMIT = 1024 * 1024;

const DEFAULT_ADDRESS = 'https://127.0.0.1:8200';

/** How the system names a server whose certificate it has no reason to trust. */
const UNTRUSTED = /CERT|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS/;

/**
 * Asks the server that the environment names, with its token: that of `VAULT_TOKEN`, else that which `vault login` wrote. Each
 * variable also counts with `BAO_` at its front, as OpenBao has it, and then first.
 *
 * @returns `data` of the answer
 * @throws Failure `signer_address_malformed`, `signer_unreachable`, `signer_server_untrusted`, `signer_timed_out`,
 *   `signer_not_signed_in`, `signer_forbidden`, `signer_key_not_found`, `signer_key_unsuitable`, `signer_sealed`,
 *   `signer_server_failed`, `signer_answer_unreadable`, `signer_answer_too_long`
 */
export async function askVault(call: VaultCall, dependencies: SignerDependencies): Promise<Record<string, unknown>> {
  const token = await tokenOf(dependencies);
  const { status, text } = await answerOf(call, token, dependencies);
  if (status === 204) return {};
  if (status !== 200) throw refusalOf(call, status, text, token, dependencies);
  const data = dataIn(text);
  if (data === undefined)
    throw new Failure('signer_answer_unreadable', { uri: call.uri, program: 'Vault', words: wordsOf(text) || '-' });
  return data;
}

const variable = ({ environment }: SignerDependencies, name: string): string | undefined =>
  environment[`BAO_${name}`] || environment[`VAULT_${name}`] || undefined;

async function tokenOf(dependencies: SignerDependencies): Promise<string | undefined> {
  const { environment, readFile } = dependencies;
  const home = environment['HOME'] || environment['USERPROFILE'];
  const written = home === undefined ? undefined : () => readFile(`${home}/.vault-token`);
  const token = (variable(dependencies, 'TOKEN') ?? (await written?.()))?.trim();
  if (token === undefined || token === '') return undefined;
  keepSecret(token);
  // What can't be a header is no token either.
  return isHeader(token) ? token : undefined;
}

async function answerOf(
  { uri, method, path, body }: VaultCall,
  token: string | undefined,
  dependencies: SignerDependencies,
): Promise<{ status: number; text: string }> {
  const { timeout } = dependencies;
  const address = addressOf(uri, dependencies);
  const namespace = variable(dependencies, 'NAMESPACE');
  const headers = {
    'X-Vault-Request': 'true',
    ...(token && { 'X-Vault-Token': token }),
    ...(isHeader(namespace) && { 'X-Vault-Namespace': namespace }),
    ...(body && { 'Content-Type': 'application/json' }),
  };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await dependencies.fetch(`${address}/v1/${path}`, { method, headers, signal, ...content });
    return { status: response.status, text: await textOf(response, uri) };
  } catch (error) {
    if (isFailure(error)) throw error;
    if (signal.aborted) throw new Failure('signer_timed_out', { uri, seconds: timeout / 1000 }, { cause: error });
    throw silenceOf(error, uri, address);
  }
}

const isHeader = (value: string | undefined): value is string => value !== undefined && /^[!-~]+$/.test(value);

function addressOf(uri: string, dependencies: SignerDependencies): string {
  const name = dependencies.environment['BAO_ADDR'] ? 'BAO_ADDR' : 'VAULT_ADDR';
  const address = variable(dependencies, 'ADDR') ?? DEFAULT_ADDRESS;
  if (!/^https?:\/\/[^?#]+$/i.test(address) || !URL.canParse(address) || new URL(address).username !== '')
    throw new Failure('signer_address_malformed', { uri, variable: name });
  return address.replace(/\/+$/, '');
}

async function textOf(response: Response, uri: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > LIMIT) throw new Failure('signer_answer_too_long', { uri, limit: LIMIT });
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function silenceOf(error: unknown, uri: string, address: string): Failure {
  const cause = (error as { cause?: { code?: unknown; message?: unknown } }).cause;
  const [code, message] = [cause?.code, cause?.message ?? (error as Error).message].map(String);
  const words = wordsOf(`${address}: ${code === 'undefined' ? message : `${code} (${message})`}`);
  const kind = UNTRUSTED.test(`${code}`) ? 'signer_server_untrusted' : 'signer_unreachable';
  return new Failure(kind, { uri, words }, { cause: error });
}

function dataIn(text: string): Record<string, unknown> | undefined {
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : undefined;
  } catch {
    // Not Vault's.
    return undefined;
  }
}

/** What the server says in `errors`, on one line; the text itself where it is none of Vault's. */
function errorsIn(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    if (Array.isArray(errors)) return wordsOf(errors.map(String).join('; '));
  } catch {
    // Said as it is.
  }
  return wordsOf(text);
}

function refusalOf(
  { uri, path, capability }: VaultCall,
  status: number,
  text: string,
  token: string | undefined,
  dependencies: SignerDependencies,
): Failure {
  const said = errorsIn(text);
  const words = said === '' ? `HTTP ${status}` : said;
  if (status === 403) {
    const isUnknown = token === undefined || /invalid token|missing client token/.test(said);
    if (isUnknown) return new Failure('signer_not_signed_in', { uri, logIn: 'vault login', words });
    const namespace = variable(dependencies, 'NAMESPACE')?.replace(/\/*$/, '/') ?? '';
    return new Failure('signer_forbidden', { uri, right: `${capability} ${namespace}${path}`, words });
  }
  if (status === 404 || /signing key not found/.test(said)) return new Failure('signer_key_not_found', { uri, words });
  if (/does not support signing/.test(said)) return new Failure('signer_key_unsuitable', { uri, found: words });
  if (/less than the minimum encryption key version/.test(said))
    return new Failure('signer_key_disabled', { uri, words });
  if (status === 503 && /sealed/i.test(said)) return new Failure('signer_sealed', { uri, words });
  return new Failure('signer_server_failed', { uri, status, words });
}
