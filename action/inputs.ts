import { Messages } from '../src/terminal/messages.js';
import { parseLoginUrl } from '../src/salesforce/token/login-url.js';
import type { Runner } from './runner.js';

Messages.importMessagesDirectoryFromMetaUrl(import.meta.url);
const messages = Messages.loadMessages('sf-plugin-jwt', 'action');

/** An input that can't be used, in words. */
export class InputError extends Error {}

/** What the workflow asks for. */
export type Inputs = {
  clientId: string;
  username: string;
  /** One of these two */
  privateKey: string | undefined;
  signer: string | undefined;
  passphrase: string | undefined;
  loginUrl: URL;
  audience: string | undefined;
  /** Whether the login is stored for the CLI */
  cli: boolean;
  alias: string | undefined;
  setDefault: boolean;
  setDefaultDevHub: boolean;
  skipTokenRevoke: boolean;
};

/** @throws InputError */
export function readInputs({ input }: Pick<Runner, 'input'>): Inputs {
  const required = (name: string): string => {
    const value = input(name);
    if (value === undefined) throw new InputError(messages.getMessage('input.missing', [name]));
    return value;
  };
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = input(name);
    if (value === undefined) return otherwise;
    if (/^true$/i.test(value)) return true;
    if (/^false$/i.test(value)) return false;
    throw new InputError(messages.getMessage('input.boolean', [name]));
  };
  const [privateKey, signer] = [input('private-key'), input('signer')];
  const loginUrl = parseLoginUrl(input('instance-url') ?? 'https://login.salesforce.com');
  const inputs = {
    clientId: required('client-id'),
    username: required('username'),
    privateKey,
    signer,
    passphrase: input('passphrase'),
    audience: input('audience'),
    cli: flag('cli', true),
    alias: input('alias'),
    setDefault: flag('set-default', false),
    setDefaultDevHub: flag('set-default-dev-hub', false),
    skipTokenRevoke: flag('skip-token-revoke', false),
  };
  if (privateKey === undefined && signer === undefined) throw new InputError(messages.getMessage('input.key'));
  if (privateKey !== undefined && signer !== undefined) throw new InputError(messages.getMessage('input.twoKeys'));
  if (loginUrl === undefined) throw new InputError(messages.getMessage('input.url'));
  if (!inputs.cli) refuseStoring(inputs);
  return { ...inputs, loginUrl };
}

function refuseStoring({
  alias,
  setDefault,
  setDefaultDevHub,
}: Pick<Inputs, 'alias' | 'setDefault' | 'setDefaultDevHub'>): void {
  const asked = { 'alias': alias !== undefined, 'set-default': setDefault, 'set-default-dev-hub': setDefaultDevHub };
  const [name] = Object.entries(asked).find(([, isAsked]) => isAsked) ?? [];
  if (name !== undefined) throw new InputError(messages.getMessage('input.withoutCli', [name]));
}
