import { resolve } from 'node:path';
import { certificateFacts } from '../../keys/credential/certificate-facts.js';
import { keySize } from '../../keys/credential/private-key.js';
import type { ConversionSource, Format } from './convert.js';

/** What `sf jwt convert --json` returns. Paths are absolute; dates are ISO 8601 in UTC. */
export type JwtConvertResult = {
  /** The file that was read; `-` for standard input. */
  source: string;
  /** What that file was: by its content, not by its name. */
  sourceFormat: 'pem' | 'pkcs12' | 'jks' | 'jceks';
  /** The file that was written, mode 0600. With PEM, the private key and then its certificates. */
  file: string;
  format: 'pem' | 'pkcs12' | 'jks';
  /** The certificate alone, mode 0644; only with PEM that comes from a keystore or holds several certificates. */
  certificateFile?: string;
  /** Name of the key in the keystore; only with a keystore. */
  alias?: string;
  /** Whether a passphrase protects the private key. */
  encrypted: boolean;
  /** Bits of the RSA key. */
  keySize: number;
  /** How many certificates went along; 0 or more with PEM, 1 or more with a keystore. */
  certificates: number;
  /** The certificate's subject on one line, with values escaped as in RFC 4514. */
  subject?: string;
  /** When the certificate ends. */
  notAfter?: string;
  /** SHA-256 fingerprint of the certificate: upper-case pairs of hexadecimal digits with colons. */
  fingerprint256?: string;
};

export function resultOf(
  { format: sourceFormat, entry: { key, chain } }: ConversionSource,
  made: { certificateFile: string | undefined; alias: string | undefined; encrypted: boolean },
  flags: { from: string; to: string },
  format: Format,
): JwtConvertResult {
  const { certificateFile, alias, encrypted } = made;
  const [leaf] = chain;
  const facts = leaf && certificateFacts(leaf, new Date());
  return {
    source: flags.from === '-' ? '-' : resolve(flags.from),
    sourceFormat,
    file: resolve(flags.to),
    format,
    ...(certificateFile === undefined ? {} : { certificateFile }),
    ...(alias === undefined ? {} : { alias }),
    encrypted,
    keySize: keySize(key),
    certificates: chain.length,
    ...(facts === undefined
      ? {}
      : { subject: facts.subject, notAfter: facts.notAfter, fingerprint256: facts.fingerprint256 }),
  };
}
