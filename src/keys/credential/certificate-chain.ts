import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { KeyEntry, StoreContent } from './keystore.js';

/** A private key as it lies in a PKCS#12 file: what belongs to it lies elsewhere, under the same `localKeyId` (hex). */
export type LooseKey = { alias: string | undefined; localKeyId: string | undefined; key: KeyObject };
export type LooseCertificate = { alias: string | undefined; localKeyId: string | undefined; der: Buffer };

/** No chain is longer; it ends a search through certificates that issue each other. */
const LONGEST_CHAIN = 10;

type Opened = LooseCertificate & { x509: X509Certificate | undefined; publicKey: string | undefined };

/**
 * Brings together the keys of a PKCS#12 file, their certificates and the issuers of those (RFC 7292 section 4.2): by the
 * public key and, where several certificates have it, by `localKeyId`, else by the end of the validity.
 */
export function chainsOf(keys: LooseKey[], certificates: LooseCertificate[]): StoreContent {
  const opened = certificates.map(open);
  const used = new Set<Opened>();
  const entries = keys.map(({ alias, localKeyId, key }): KeyEntry => {
    const leaf = leafOf(key, localKeyId, opened);
    const chain = new Set<Opened>();
    for (let next = leaf; next !== undefined && !chain.has(next) && chain.size < LONGEST_CHAIN;) {
      chain.add(next);
      used.add(next);
      next = issuerOf(next, opened);
    }
    return { alias: alias ?? leaf?.alias, key, chain: Array.from(chain, ({ der }) => der) };
  });
  const others = opened.filter((certificate) => !used.has(certificate));
  return { keys: entries, certificates: others.map(({ alias, der }) => ({ alias, der })) };
}

/** A certificate that can't be read keeps its place; whoever looks at it says so. */
function open(certificate: LooseCertificate): Opened {
  try {
    const x509 = new X509Certificate(certificate.der);
    return { ...certificate, x509, publicKey: textOf(x509.publicKey) };
  } catch {
    return { ...certificate, x509: undefined, publicKey: undefined };
  }
}

/** A renewed certificate often lies beside the one before it, both of the same key. */
function leafOf(key: KeyObject, localKeyId: string | undefined, all: Opened[]): Opened | undefined {
  const publicKey = textOf(createPublicKey(key));
  const own = all.filter((certificate) => certificate.publicKey === publicKey);
  const named = (certificate: Opened): boolean => localKeyId !== undefined && certificate.localKeyId === localKeyId;
  return own.find(named) ?? lastToEnd(own) ?? all.find(named);
}

function lastToEnd([first, ...others]: Opened[]): Opened | undefined {
  return others.reduce((last, other) => (endOf(other) > endOf(last!) ? other : last), first);
}

function endOf({ x509 }: Opened): number {
  return x509 === undefined ? 0 : Date.parse(x509.validTo);
}

function textOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

function issuerOf({ x509 }: Opened, all: Opened[]): Opened | undefined {
  if (x509 === undefined || x509.issuer === x509.subject) return undefined;
  return all.find((other) => other.x509 !== undefined && other.x509 !== x509 && x509.checkIssued(other.x509));
}
