/** Characters of a page that are looked at for its words. */
const LOOKED_AT = 64 * 1024;

/** The words of a page: without its scripts, styles and tags. Linear in its length. */
export function wordsOfPage(page: string): string {
  const text = withoutScripts(page);
  const words: string[] = [];
  let at = 0;
  for (let tag = text.indexOf('<'); tag >= 0; tag = text.indexOf('<', at)) {
    const end = text.indexOf('>', tag);
    if (end < 0) break;
    words.push(text.slice(at, tag), ' ');
    at = end + 1;
  }
  return [...words, text.slice(at)].join('');
}

/** A page without what no eyes see. A script without an end reaches to the end of the page. */
export function withoutScripts(page: string): string {
  const text = page.slice(0, LOOKED_AT);
  const begin = /<(script|style)\b/gi;
  const parts: string[] = [];
  let at = 0;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    parts.push(text.slice(at, match.index), ' ');
    const end = new RegExp(`</${match[1]!}\\s*>`, 'gi');
    end.lastIndex = begin.lastIndex;
    at = end.test(text) ? end.lastIndex : text.length;
    begin.lastIndex = at;
  }
  return [...parts, text.slice(at)].join('');
}
