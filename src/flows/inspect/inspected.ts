import type { CertificateFacts, KeyFacts } from '../../keys/credential/certificate-facts.js';
import type { KeyEncryption } from '../../keys/credential/key-encryption.js';

/** What a file of key material turned out to be: plain data, told apart by `kind`, without any secret. */
export type Inspected =
  | InspectedPrivateKey
  | InspectedPublicKey
  | InspectedCertificates
  | InspectedBundle
  | InspectedRequest
  | InspectedPkcs12
  | InspectedJavaKeystore
  | InspectedJwt;

/** How the file is encoded; a base64 of a binary file counts as that file. */
export type Encoding = 'PEM' | 'DER';

export type PrivateKeyFacts = {
  /** `PKCS#8`, `PKCS#1` or `SEC 1`. */
  format: string;
  /** How the key is encrypted; null for a plain one. */
  encryption: KeyEncryption | null;
  /** Null while the key is encrypted and there is no passphrase. */
  key: KeyFacts | null;
};

export type InspectedPrivateKey = { kind: 'private-key'; encoding: Encoding } & PrivateKeyFacts;

export type InspectedPublicKey = { kind: 'public-key'; encoding: Encoding; key: KeyFacts };

/** One certificate, or several in one file. */
export type InspectedCertificates = {
  kind: 'certificate';
  encoding: Encoding;
  /** Where they lie in a PKCS#7 file. */
  container?: 'PKCS#7';
  /** First one that issued none of the others; the rest as in the file. */
  certificates: CertificateFacts[];
};

/** A PEM file with a private key and certificates. */
export type InspectedBundle = {
  kind: 'bundle';
  encoding: Encoding;
  /** The first one, should there be several. */
  privateKey: PrivateKeyFacts;
  /** That of the key first, or, where that isn't known, one that issued none of the others; the rest as in the file. */
  certificates: CertificateFacts[];
  /** Whether one of the certificates is the key's; null while the key is encrypted and there is no passphrase. */
  belongsTogether: boolean | null;
};

/** A certificate signing request (PKCS#10). */
export type InspectedRequest = {
  kind: 'certificate-request';
  encoding: Encoding;
  subject: string;
  key: KeyFacts;
  /** Whether it is signed with the key that it holds. */
  verified: boolean;
};

/** The SHA-256 fingerprints of all certificates in a file, as in {@link CertificateFacts}. */
export function fingerprintsOf(inspected: Inspected): string[] {
  return certificatesOf(inspected).map(({ fingerprint256 }) => fingerprint256);
}

function certificatesOf(inspected: Inspected): CertificateFacts[] {
  if (!('certificates' in inspected)) return [];
  if (!('keys' in inspected)) return inspected.certificates;
  const ofKeys = inspected.keys.flatMap(({ certificates }) => certificates);
  return [...ofKeys, ...inspected.certificates.map(({ certificate }) => certificate)];
}

/** A private key in a store. */
export type StoreKeyFacts = {
  /** Null where the store gives it no name. */
  alias: string | null;
  /** When it was put there; only in JKS and JCEKS. */
  created?: string;
  /** Null while the store, or this key in it, isn't opened. */
  key: KeyFacts | null;
  /** The certificate of the key first, then its issuers. */
  certificates: CertificateFacts[];
  /** Whether the first certificate is the key's; null while the key isn't opened, and where there is no certificate. */
  belongsTogether: boolean | null;
};

/** A certificate in a store that belongs to none of its keys. */
export type StoreCertificateFacts = { alias: string | null; created?: string; certificate: CertificateFacts };

export type InspectedPkcs12 = {
  kind: 'pkcs12';
  /** Whether there was a passphrase that opens it, be it the empty one. */
  opened: boolean;
  /** Whether it can't be opened here, whatever the passphrase, for the way in which its keys are protected. */
  unsupported: boolean;
  /** The MAC over the file; null where it has none. */
  integrity: { digest: string; iterations: number } | null;
  /** Each way of encryption in the file once. */
  encryption: KeyEncryption[];
  keys: StoreKeyFacts[];
  /** Before the store is opened, those that lie in it without encryption. */
  certificates: StoreCertificateFacts[];
};

export type InspectedJavaKeystore = {
  kind: 'jks' | 'jceks';
  /** Whether there was a passphrase that opens it and its keys, be it the empty one. */
  opened: boolean;
  /** Whether it can't be opened here, whatever the passphrase, for the way in which its keys are protected. */
  unsupported: boolean;
  /** Whether keys have another passphrase than the store; null while there is no passphrase. */
  keyPassphraseDiffers: boolean | null;
  /** Whether there are entries that can't be read; only in JCEKS, with secret keys. */
  truncated: boolean;
  keys: StoreKeyFacts[];
  certificates: StoreCertificateFacts[];
};

/** A JSON Web Token, decoded and not verified. Its signature isn't shown. */
export type InspectedJwt = {
  kind: 'jwt';
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Those of exp, iat and nbf that are times, as ISO 8601 in UTC. */
  times: { exp?: string; iat?: string; nbf?: string };
  signed: boolean;
};
