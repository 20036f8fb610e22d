import { isUtf8 } from 'node:buffer';

/** Characters without width, and marks of direction: nobody sees them, and copying from a page or a chat brings them along. */
const INVISIBLE = /[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const BLANKS = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** What a word processor makes of dashes; the last two are those of Windows in one byte. */
const DASHES = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d\u0096\u0097]/g;

const ENTITY = /&(?:amp;)?(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(newline|nbsp|plus|sol|equals|quot|lt|gt));/gi;
const NAMED: Partial<Record<string, string>> = {
  newline: '\n',
  nbsp: ' ',
  plus: '+',
  sol: '/',
  equals: '=',
  quot: '"',
  lt: '<',
  gt: '>',
};

/** The bytes of a file as text. What isn't UTF-8 has one byte for each character. */
export function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/**
 * Undoes what happens to text on its way through variables, forms, pages and editors: invisible characters, typographic
 * dashes, entities, percent encoding, and line ends that are written as `\n`, `` `n `` or `<br>`. Key material that is text
 * has none of these of its own.
 */
export function plainText(text: string): string {
  const visible = text.replace(INVISIBLE, '').replace(BLANKS, ' ').replace(LINE_ENDS, '\n').replace(DASHES, '-');
  return unescaped(percentDecoded(withoutMarkup(visible)));
}

function withoutMarkup(text: string): string {
  const decoded = text.includes('&')
    ? text.replace(ENTITY, (_, decimal?: string, hex?: string, name?: string) => {
        if (name !== undefined) return NAMED[name.toLowerCase()] ?? '';
        const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
        return code <= 0x10ffff ? String.fromCodePoint(code) : '';
      })
    : text;
  return decoded.replace(/<\/?[a-z][a-z0-9]{0,10}(?:\s[^<>]{0,80})?\/?>/gi, '\n');
}

/** In the encoding of forms a blank is a plus, which base64 has too: then its own are encoded. */
function percentDecoded(text: string): string {
  if (!/%(0A|0D|20|2B|2F|3D)/i.test(text)) return text;
  const spaced = /BEGIN\+[A-Z0-9+]{0,40}(KEY|CERTIFICATE|REQUEST|PKCS7)-/.test(text) ? text.replaceAll('+', ' ') : text;
  return spaced.replace(/%([0-7][0-9A-F])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function unescaped(text: string): string {
  // No run of backslashes is tried from its middle: a hostile file mustn't cost quadratic time.
  return text
    .replace(/(?<!\\)\\+(?:u00|x)(2b|2f|3d|20|0a|0d)/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/(?<!\\)\\+(?:r|n|0?12|0?15)/g, '\n')
    .replace(/`[rn]/g, '\n')
    .replace(/(?<!\\)\\+t/g, ' ');
}
