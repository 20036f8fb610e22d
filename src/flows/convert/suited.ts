import { Failure } from '../../failure.js';
import type { Format } from './convert.js';

/**
 * Options that mean nothing for the target are refused.
 *
 * @throws Failure `conversion_option_unsuited`
 */
export function checkSuited(
  flags: { to: string; pkcs1: boolean; encrypt: boolean; compatible: boolean },
  format: Format,
): void {
  const unsuited = [
    flags.pkcs1 && format !== 'pem' ? '--pkcs1' : undefined,
    flags.encrypt && format !== 'pem' ? '--encrypt' : undefined,
    flags.compatible && format !== 'pkcs12' ? '--compatible' : undefined,
  ].find((flag) => flag !== undefined);
  if (unsuited !== undefined) throw new Failure('conversion_option_unsuited', { flag: unsuited, path: flags.to });
}
