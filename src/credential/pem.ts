import { isUtf8 } from 'node:buffer';

/** One encapsulated text of RFC 7468, or of RFC 1421 when `headers` is not empty. */
export type PemBlock = {
  /** The label between BEGIN and the dashes, such as `RSA PRIVATE KEY`. */
  label: string;
  /** `Proc-Type` and `DEK-Info` of RFC 1421 section 4.6: the legacy encryption of OpenSSL. Empty otherwise. */
  headers: string[];
  /** The base64 text without white space; empty when the block is cut short or holds something else. */
  base64: string;
};

/** What an input turned out to be: PEM blocks, or the name of the other thing that it is. */
export type PemInput =
  | { kind: 'pem'; blocks: PemBlock[] }
  | { kind: 'empty' | 'utf16' | 'jks' | 'pkcs12' | 'der' | 'der_base64' | 'putty' | 'ssh_public_key' | 'unknown' };

const LARGEST_INPUT = 1_048_576;

const LABELS = [
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'EC PRIVATE KEY',
  'DSA PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
  'CERTIFICATE REQUEST',
  'NEW CERTIFICATE REQUEST',
  'PUBLIC KEY',
  'RSA PUBLIC KEY',
] as const;

/**
 * Reads PEM as people have it: LF or CRLF, with a byte order mark, with other text around it, with its line breaks
 * written as `\n`, turned to spaces or lost (a CI variable), or encoded once more in base64. Never throws.
 */
export function parsePem(input: string | Uint8Array): PemInput {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : Buffer.from(input);
  const binary = binaryKind(bytes);
  if (binary !== undefined) return { kind: binary };

  // PEM is ASCII, so that Latin-1 loses nothing, whatever encoding the text around it has.
  const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  if (text.trim() === '') return { kind: 'empty' };
  if (text.includes('-----BEGIN')) return { kind: 'pem', blocks: blocksOf(text) };
  if (text.trimStart().startsWith('PuTTY-User-Key-File-')) return { kind: 'putty' };
  if (/^\s{0,9}(ssh-|ecdsa-sha2-|---- BEGIN SSH2 PUBLIC KEY)/.test(text)) return { kind: 'ssh_public_key' };

  const decoded = decodeBase64(text.replace(/\s+/g, ''));
  if (decoded?.includes('-----BEGIN')) return { kind: 'pem', blocks: blocksOf(decoded.toString('latin1')) };
  if (decoded !== undefined && isDer(decoded)) return { kind: 'der_base64' };
  return { kind: isUtf8(bytes) ? 'unknown' : 'der' };
}

/** One PEM block, LF line ends, 64 characters a line (RFC 7468 section 2), a line end at the end. */
export function formatPem(block: PemBlock): string {
  const lines = block.base64.match(/.{1,64}/g) ?? [];
  const headers = block.headers.length > 0 ? [...block.headers, ''] : [];
  return [`-----BEGIN ${block.label}-----`, ...headers, ...lines, `-----END ${block.label}-----`, ''].join('\n');
}

function binaryKind(bytes: Buffer): 'utf16' | 'jks' | 'pkcs12' | 'der' | 'unknown' | undefined {
  if (bytes.length > LARGEST_INPUT) return 'unknown';
  const start = bytes.subarray(0, 4).toString('hex');
  if (start === 'feedfeed' || start === 'cececece') return 'jks';
  if (/^(fffe|feff)/.test(start)) return 'utf16';
  if (isDer(bytes)) {
    // PFX (RFC 7292 section 4) begins with version 3; keys and certificates begin with another element or version.
    return bytes.subarray(2, 12).toString('hex').includes('02010330') ? 'pkcs12' : 'der';
  }
  if (!bytes.includes(0)) return undefined;
  return Buffer.from(bytes.filter((byte) => byte !== 0)).includes('-----BEGIN') ? 'utf16' : 'der';
}

/** A SEQUENCE with the length in the long form, which every key and certificate of a usable size has. */
function isDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80;
}

function blocksOf(text: string): PemBlock[] {
  // Split, not one expression over the whole text, and no run of backslashes tried from its middle: a hostile file must not
  // cost quadratic time.
  const [, ...pieces] = text.replace(/(?<!\\)\\+[rn]/g, '\n').split('-----BEGIN');
  return pieces.map((piece) => {
    const labelEnd = piece.indexOf('-----');
    const label = canonicalLabel(piece.slice(0, Math.max(labelEnd, 0)));
    const [body = '', end] = piece.slice(labelEnd + 5).split('-----END', 2);
    const complete = end !== undefined && canonicalLabel(end.slice(0, Math.max(end.indexOf('-----'), 0))) === label;
    return { label, ...(complete ? bodyOf(body) : { headers: [], base64: '' }) };
  });
}

/** Restores the spaces that a label lost with its line breaks. */
function canonicalLabel(text: string): string {
  const squeezed = text.slice(0, 80).replace(/\s+/g, '');
  return LABELS.find((label) => label.replaceAll(' ', '') === squeezed) ?? squeezed;
}

function bodyOf(body: string): Pick<PemBlock, 'headers' | 'base64'> {
  const info = /DEK-Info:\s?([A-Za-z0-9-]{1,40}),\s?([0-9A-Fa-f]{16,32})/.exec(body);
  if (info === null) return { headers: [], base64: strictBase64(body) };
  const [, cipher = '', hex = ''] = info;
  // The initialization vector is one cipher block; where line breaks were lost, base64 follows it directly.
  const vector = hex.slice(0, /^(AES|CAMELLIA|ARIA|SEED)/i.test(cipher) ? 32 : 16);
  const rest = body.slice(info.index + info[0].length - (hex.length - vector.length));
  return { headers: ['Proc-Type: 4,ENCRYPTED', `DEK-Info: ${cipher},${vector}`], base64: strictBase64(rest) };
}

function strictBase64(text: string): string {
  const squeezed = text.replace(/\s+/g, '');
  return decodeBase64(squeezed) === undefined ? '' : squeezed;
}

function decodeBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64') : undefined;
}
