/** How often each element stands in a document, by the local names on the way to it: `Envelope/Body/…`. */
export type Elements = ReadonlyMap<string, number>;

/** A tag, or what is none: a comment, a CDATA section, a processing instruction. Each is passed in one step. */
const MARKUP =
  /<(?:!--[^]*?--|!\[CDATA\[[^]*?\]\]|\?[^]*?\?|(\/)?([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/)?)>/y;

/**
 * The elements of a well-formed document, by one pass over its tags.
 *
 * @returns undefined for what is none: a cut one, one with tags that don't close each other, a page of HTML
 */
export function elementsOf(xml: string): Elements | undefined {
  const elements = new Map<string, number>();
  const open: string[] = [];
  const paths: string[] = [];
  for (let at = xml.indexOf('<'), roots = 0; at >= 0; at = xml.indexOf('<', at)) {
    MARKUP.lastIndex = at;
    const tag = MARKUP.exec(xml);
    if (tag === null) return undefined;
    at = MARKUP.lastIndex;
    const [, closes, prefix = '', name, , empty] = tag;
    if (name === undefined) continue;
    if (closes !== undefined) {
      if (open.pop() !== prefix + name) return undefined;
      paths.pop();
      continue;
    }
    if (open.length === 0 && roots++ > 0) return undefined;
    const path = paths.length === 0 ? name : `${paths.at(-1)!}/${name}`;
    elements.set(path, (elements.get(path) ?? 0) + 1);
    if (empty !== undefined) continue;
    open.push(prefix + name);
    paths.push(path);
  }
  return open.length === 0 && elements.size > 0 ? elements : undefined;
}
