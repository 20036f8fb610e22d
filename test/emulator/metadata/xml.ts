/** An element with its children in document order: the order is what the WSDL constrains. */
export interface XmlElement {
  /** Local name, without namespace prefix. */
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
  /** 1-based position just behind the start tag, as the platform reports it. */
  line: number;
  column: number;
}

export class XmlSyntaxError extends Error {
  public constructor(
    message: string,
    public readonly line: number,
    public readonly column: number,
  ) {
    super(message);
  }
}

const MARKUP =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The root element of a document: elements, attributes, text, CDATA, comments, the five entities and character
 * references. No DTDs, as on the platform. Throws XmlSyntaxError for text that is not well-formed.
 */
export function parseXml(source: string): XmlElement {
  return new Reader(source.replace(/^\uFEFF/, '')).document();
}

class Reader {
  private offset = 0;
  private readonly open: XmlElement[] = [];
  private root: XmlElement | undefined;

  public constructor(private readonly source: string) {}

  public document(): XmlElement {
    while (this.offset < this.source.length) {
      if (this.source.charAt(this.offset) === '<') this.markup();
      else this.characters();
    }
    const unclosed = this.open.at(-1);
    if (unclosed) this.fail(`The element type "${unclosed.name}" must be terminated by the matching end-tag.`);
    return this.root ?? this.fail('Premature end of file.');
  }

  private markup(): void {
    MARKUP.lastIndex = this.offset;
    const match = MARKUP.exec(this.source);
    if (!match) this.fail('The markup in the document must be well-formed.');
    this.offset = MARKUP.lastIndex;
    const [, cdata, closing, opening, attributes, selfClosing] = match;
    if (cdata !== undefined) this.append(cdata);
    else if (closing !== undefined) this.close(localName(closing));
    else if (opening !== undefined) this.start(localName(opening), attributes ?? '', selfClosing === '/');
  }

  private start(name: string, attributes: string, empty: boolean): void {
    if (this.root && this.open.length === 0)
      this.fail('The markup in the document following the root element must be well-formed.');
    const element: XmlElement = { name, attributes: {}, children: [], text: '', ...this.position() };
    for (const [, key = '', double, single] of attributes.matchAll(ATTRIBUTE)) {
      element.attributes[key] = this.decode(double ?? single ?? '');
    }
    this.open.at(-1)?.children.push(element);
    this.root ??= element;
    if (!empty) this.open.push(element);
  }

  private close(name: string): void {
    const element = this.open.pop();
    if (element?.name !== name) {
      this.fail(`The element type "${element?.name ?? name}" must be terminated by the matching end-tag.`);
    }
    element.text = element.text.trim();
  }

  private characters(): void {
    const next = this.source.indexOf('<', this.offset);
    const end = next < 0 ? this.source.length : next;
    const text = this.source.slice(this.offset, end);
    if (this.open.length > 0) this.append(this.decode(text));
    else if (text.trim() !== '') this.fail('Content is not allowed in prolog.');
    this.offset = end;
  }

  private append(text: string): void {
    const element = this.open.at(-1);
    if (element) element.text += text;
  }

  private decode(text: string): string {
    return text.replaceAll(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));|&/g, (whole, hex, decimal, name) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(String(hex), 16));
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      return ENTITIES[String(name)] ?? this.fail(`The entity "${whole}" was referenced, but not declared.`);
    });
  }

  private position(): { line: number; column: number } {
    const before = this.source.slice(0, this.offset);
    return { line: before.split('\n').length, column: this.offset - before.lastIndexOf('\n') };
  }

  private fail(message: string): never {
    const { line, column } = this.position();
    throw new XmlSyntaxError(message, line, column);
  }
}

export const localName = (tagName: string): string => tagName.slice(tagName.indexOf(':') + 1);

export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  return childOf(element, name)?.text;
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}

/** `<name>text</name>`, text escaped. */
export function tag(name: string, text: string | number | boolean): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}
