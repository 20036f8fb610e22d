import { Failure } from '../../failure.js';
import { keepSecret } from '../secrets.js';
import { isPinWrong } from './pkcs11-tool.js';
import type { SignerDependencies, SignerProgramEnd } from './provider.js';

/** What this process knows of the PIN of a token. */
type Known = {
  /** That a person typed in */
  typed?: string;
  /** That the token refused */
  wrong?: string;
  /** Uses of the token, one after the other: several at once would try a wrong PIN as often, and lock the token. */
  last: Promise<unknown>;
};

const tokens = new Map<string, Known>();

export type TokenLogin = {
  uri: string;
  /** What tells the token from all others */
  token: string;
  /** How a person knows it */
  label: string;
  /** Of a file that holds the PIN */
  pinFile: string | undefined;
};

/**
 * Uses a token with its PIN: that of the file, else of the environment, else the one that a person types in. A PIN that was wrong is
 * never tried a second time.
 *
 * @throws Failure `signer_pin_missing`, `signer_pin_wrong`
 */
export async function withPin(
  login: TokenLogin,
  use: (pin: string) => Promise<SignerProgramEnd>,
  dependencies: SignerDependencies,
): Promise<SignerProgramEnd> {
  const known = tokens.get(login.token) ?? { last: Promise.resolve() };
  tokens.set(login.token, known);
  const turn = known.last.then(() => usedOnce(login, known, use, dependencies));
  known.last = turn.catch(() => undefined);
  return turn;
}

async function usedOnce(
  login: TokenLogin,
  known: Known,
  use: (pin: string) => Promise<SignerProgramEnd>,
  dependencies: SignerDependencies,
): Promise<SignerProgramEnd> {
  const pin = await pinOf(login, known, dependencies);
  if (pin === known.wrong) throw new Failure('signer_pin_wrong', { uri: login.uri });
  const end = await use(pin);
  if (end.status !== 0 && isPinWrong(end)) {
    known.wrong = pin;
    delete known.typed;
  }
  return end;
}

async function pinOf(
  { uri, label, pinFile }: TokenLogin,
  known: Known,
  dependencies: SignerDependencies,
): Promise<string> {
  const { environment, readFile, resolvePath, askPin } = dependencies;
  const given = pinFile === undefined ? environment['SF_JWT_SIGNER_PIN'] : await readFile(resolvePath(pinFile));
  let pin = given?.replace(/\r?\n$/, '') ?? '';
  if (pin === '' && pinFile !== undefined) {
    throw new Failure('signer_pin_missing', { uri, path: pinFile, variant: 'file' });
  }
  if (pin === '') {
    pin = known.typed ?? (await askPin?.(label)) ?? '';
    known.typed = pin;
  }
  if (pin === '') throw new Failure('signer_pin_missing', { uri });
  keepSecret(pin);
  return pin;
}
