/** What is wrong with a block, and where: never what it holds. */
export type Damage =
  /** The text ends, or another block begins, before its last line. `characters`: of base64 that are there. */
  | { variant: 'cut'; characters: number }
  /** There is nothing between its first line and its last. */
  | { variant: 'hollow' }
  /** `line`, counted from the block's first, has something at `column` that isn't base64. */
  | { variant: 'character'; line: number; column: number };

/** One encapsulated text of RFC 7468, or of RFC 1421 when `headers` is not empty. */
export type PemBlock = {
  /** The label between BEGIN and the dashes, such as `RSA PRIVATE KEY`. */
  label: string;
  /** `Proc-Type` and `DEK-Info` of RFC 1421 section 4.6: the legacy encryption of OpenSSL. Empty otherwise. */
  headers: string[];
  /** The base64 text without white space; empty when the block is cut short or holds something else. */
  base64: string;
  /** Why it's empty. */
  damage?: Damage;
};

const LABELS = [
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'EC PRIVATE KEY',
  'DSA PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'SSH2 ENCRYPTED PRIVATE KEY',
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
  'CERTIFICATE REQUEST',
  'NEW CERTIFICATE REQUEST',
  'PUBLIC KEY',
  'RSA PUBLIC KEY',
  'SSH2 PUBLIC KEY',
  'PKCS7',
  'CMS',
  'PGP MESSAGE',
  'PGP PRIVATE KEY BLOCK',
  'PGP PUBLIC KEY BLOCK',
  'AGE ENCRYPTED FILE',
] as const;

/** The dashes before a label and after it: five, but some editors make fewer of them, or more. */
const BEGIN = /-{1,10} {0,2}BEGIN(?=[\sA-Z])/;
const END = /-{1,10} {0,2}END(?=[\sA-Z])/;

/** What gets between the characters of base64 without meaning anything: quotes of strings, their joints, marks of quoting. */
const DRESSING = /["'\u2018-\u201f`]\s*[+.&]\s*(?=["'\u2018-\u201f`])|["'\u2018-\u201f`\s\\,;>|]/g;

/**
 * The blocks of a text, as people have them: with other text around it, with its line breaks turned to spaces, written as
 * `/n` or lost, with other dashes. Escapes and encodings are undone before; see `plainText`. Never throws.
 *
 * @returns undefined where no block begins
 */
export function parsePem(text: string): PemBlock[] | undefined {
  // Split, not one expression over the whole text: a hostile file must not cost quadratic time.
  const [, ...pieces] = text.split(BEGIN);
  return pieces.length === 0 ? undefined : pieces.map(blockOf);
}

/** One PEM block, LF line ends, 64 characters a line (RFC 7468 section 2), a line end at the end. */
export function formatPem(block: Pick<PemBlock, 'label' | 'headers' | 'base64'>): string {
  const lines = block.base64.match(/.{1,64}/g) ?? [];
  const headers = block.headers.length > 0 ? [...block.headers, ''] : [];
  return [`-----BEGIN ${block.label}-----`, ...headers, ...lines, `-----END ${block.label}-----`, ''].join('\n');
}

/** Base64 or base64url, padded or not; undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const padded = /^[A-Za-z0-9+/_-]+={0,3}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1;
  return padded ? Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64') : undefined;
}

/** The text without what gets between the characters of base64. */
export function undressed(text: string): string {
  return text.replace(DRESSING, '');
}

function blockOf(piece: string): PemBlock {
  const labelEnd = piece.indexOf('-');
  const label = canonicalLabel(piece.slice(0, Math.max(labelEnd, 0)));
  const rest = labelEnd < 0 ? '' : piece.slice(labelEnd).replace(/^-{1,10}/, '');
  const end = END.exec(rest);
  const endLabel = end === null ? '' : rest.slice(end.index + end[0].length, end.index + end[0].length + 80);
  const complete = end !== null && canonicalLabel(endLabel.split('-', 1)[0] ?? '') === label;
  const body = withoutSlashedLineEnds(rest.slice(0, end?.index));
  if (complete) return { label, ...bodyOf(body) };
  return { label, headers: [], base64: '', damage: { variant: 'cut', characters: undressed(body).length } };
}

/** Restores the spaces that a label lost with its line breaks. */
function canonicalLabel(text: string): string {
  const squeezed = text.slice(0, 80).replace(/[\s"'\\]+/g, '');
  return LABELS.find((label) => label.replaceAll(' ', '') === squeezed) ?? squeezed;
}

/** Longer than any key; trying lengths of lines on more would cost. */
const LONGEST_SLASHED = 20_000;

/** `/n` for a line end is base64 too, so it counts only where it stands after each line of the same length. */
function withoutSlashedLineEnds(body: string): string {
  const text = body.trim();
  const mark = /^(\/r)?\/n/.exec(text)?.[0];
  if (mark === undefined || text.length > LONGEST_SLASHED) return body;
  const inner = text.slice(mark.length);
  for (let length = inner.indexOf(mark); length >= 0 && length <= 256; length = inner.indexOf(mark, length + 1)) {
    const lines = inner.match(new RegExp(`[^]{1,${length + mark.length}}`, 'g')) ?? [];
    const whole = lines.every((line, index) => index === lines.length - 1 || line.endsWith(mark));
    if (length > 0 && whole && inner.endsWith(mark)) {
      return lines.map((line) => (line.endsWith(mark) ? line.slice(0, -mark.length) : line)).join('\n');
    }
  }
  return body;
}

function bodyOf(body: string): Pick<PemBlock, 'headers' | 'base64' | 'damage'> {
  const info = /DEK-Info:\s?([A-Za-z0-9-]{1,40}),\s?([0-9A-Fa-f]{16,32})/.exec(body);
  if (info === null) return { headers: [], ...strictBase64(body) };
  const [, cipher = '', hex = ''] = info;
  // The initialization vector is one cipher block; where line breaks were lost, base64 follows it directly.
  const vector = hex.slice(0, /^(AES|CAMELLIA|ARIA|SEED)/i.test(cipher) ? 32 : 16);
  const rest = body.slice(info.index + info[0].length - (hex.length - vector.length));
  return { headers: ['Proc-Type: 4,ENCRYPTED', `DEK-Info: ${cipher},${vector}`], ...strictBase64(rest) };
}

function strictBase64(body: string): { base64: string; damage?: Damage } {
  const text = undressed(body);
  if (text === '') return { base64: '', damage: { variant: 'hollow' } };
  const bytes = decodeBase64(text);
  if (bytes !== undefined) return { base64: bytes.toString('base64') };
  const odd = body.search(/[^A-Za-z0-9+/=_\s"'\u2018-\u201f`\\,;>|-]/);
  if (odd < 0) return { base64: '', damage: { variant: 'cut', characters: text.length } };
  const before = body.slice(0, odd).split('\n');
  return { base64: '', damage: { variant: 'character', line: before.length, column: before.at(-1)!.length + 1 } };
}
