/**
 * What this process knows to be secret: key material, passphrases, assertions, tokens and session ids. Whoever reads or
 * receives one keeps it here, and every outlet masks it; see `terminal/outlet.ts`.
 */

/** What stands in the place of a secret. */
export const MASK = '[…]';

/** A secret this long is masked wherever it stands. */
const SHORTEST_SECRET = 8;
/**
 * A shorter one, down to this, is masked where it stands alone: within paths, names and ids it would tear texts apart that have
 * nothing to do with it. What is shorter yet is a word like others.
 */
const SHORTEST_WORD = 4;
/** What stands around a text that stands alone; a file's name or a username isn't taken apart. */
const AROUND = String.raw`\s"'\x60“”‘’()[\]{}<>,;:=|│&?!\\`;
const SHORTEST_KEY_LINE = 24;
const BASE64 = /^[\w+/=\s-]{200,}$/;

/** A header that a sentence quotes has no key behind it. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?=(?:\s|\\[rn])*(?:Proc-Type:|[\w+/]{16}))(?:[^-]|-(?!----END))*(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const JSON_WEB_TOKEN = /eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*/g;
/** Session ids (`00D…!…`) as they are and in a URL, keys in base64 with and without their PEM lines. */
const RECOGNIZABLE = [/00D\w{12,15}(?:!|%21)[\w.%+/=-]+/g, /LS0tLS1CRUdJTi[\w+/=]+/g, /MII[\w+/]{100,}=*/g];

/** By their first characters, the longest first: a text is looked through once, however many secrets there are. */
const known = new Map<string, string[]>();
/** Secrets that are masked where they stand alone, and what finds all of them. */
const words = new Set<string>();
let wordPattern: RegExp | undefined;
/** What is printed whatever is secret. */
const publicTexts: Array<() => string> = [];

/** Says what is printed whatever is secret. A short secret that is a word of it isn't masked: the gap would tell it. */
export function keepPublic(text: () => string): void {
  publicTexts.push(text);
}

/** Keeps a secret for the rest of the process. Texts of less than four characters are not kept. */
export function keepSecret(secret: string): void {
  const text = secret.trim();
  if (text.length < SHORTEST_WORD) return;
  const forms = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];
  if (text.length < SHORTEST_SECRET) keepWords(forms);
  else for (const form of new Set(forms)) keep(form);
}

function keepWords(forms: string[]): void {
  for (const form of forms) if (!isPublic(form)) words.add(form);
  if (words.size === 0) return;
  const longestFirst = [...words].sort((one, other) => other.length - one.length);
  wordPattern = new RegExp(longestFirst.map(aloneIn).join('|'), 'gu');
}

function isPublic(word: string): boolean {
  const pattern = new RegExp(aloneIn(word), 'u');
  return publicTexts.some((text) => pattern.test(text()));
}

/** An edge that no word has needs nothing around it; a sentence may end behind the secret. */
function aloneIn(word: string): string {
  const isEdge = (character: string): boolean => new RegExp(`[${AROUND}]`, 'u').test(character);
  const [first = '', last = first] = [Array.from(word).at(0), Array.from(word).at(-1)];
  const before = isEdge(first) ? '' : `(?<=^|[${AROUND}])`;
  const after = isEdge(last) ? '' : `(?=$|[${AROUND}]|[.…](?:$|[${AROUND}]))`;
  return `${before}${word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}${after}`;
}

/** Keeps key material: the lines of every private key in it, or of what is nothing but base64. Certificates are no secret. */
export function keepKeyMaterial(material: Buffer | string): void {
  const text = material.toString('latin1');
  for (const block of text.match(PRIVATE_KEY) ?? (BASE64.test(text) ? [text] : [])) {
    for (const line of block.split(/[\r\n]+|\\n/)) if (isKeyLine(line)) keep(line.trim());
  }
}

function keep(secret: string): void {
  const start = secret.slice(0, SHORTEST_SECRET);
  const others = known.get(start) ?? [];
  if (others.includes(secret)) return;
  known.set(
    start,
    [...others, secret].sort((one, other) => other.length - one.length),
  );
}

/**
 * The text with every secret masked that is known or can be recognized.
 *
 * @param given what a command was asked to print, which stays
 */
export function withoutSecrets(text: string, given: ReadonlySet<string> = new Set()): string {
  for (const value of given) {
    if (value === '' || !text.includes(value)) continue;
    const others = new Set([...given].filter((other) => other !== value));
    return text
      .split(value)
      .map((part) => withoutSecrets(part, others))
      .join(value);
  }
  return RECOGNIZABLE.reduce(
    (rest, pattern) => rest.replace(pattern, MASK),
    withoutWords(withoutKnown(text)).replace(PRIVATE_KEY, MASK).replace(JSON_WEB_TOKEN, maskOfToken),
  );
}

/** A client ID may hold the first letters of a token, and a dot behind them. Only a token's go on as the JSON of its header. */
function maskOfToken(found: string, at: number, text: string): string {
  const [header = ''] = found.split('.');
  const isJson = /^[ -~]+$/.test(Buffer.from(header, 'base64url').toString('latin1'));
  return isJson || !/[\w.-]/.test(text.charAt(at - 1)) ? MASK : found;
}

function withoutWords(text: string): string {
  return wordPattern === undefined ? text : text.replace(wordPattern, MASK);
}

function withoutKnown(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at + SHORTEST_SECRET <= text.length;) {
    const secret = known.get(text.slice(at, at + SHORTEST_SECRET))?.find((each) => text.startsWith(each, at));
    if (secret === undefined) {
      at += 1;
      continue;
    }
    parts.push(text.slice(from, at), MASK);
    at += secret.length;
    from = at;
  }
  return from === 0 ? text : [...parts, text.slice(from)].join('');
}

function isKeyLine(line: string): boolean {
  return line.trim().length >= SHORTEST_KEY_LINE && !line.startsWith('-----') && !line.includes(':');
}
