import type { Json } from '../../conformance/recording.js';

/**
 * What stands for a placeholder of a recording in a run against the local org: `{id-00D-1}`, `{name-1}`, `{org-host}`,
 * `{certificate-1 with CRLF}`.
 */
const PLACEHOLDER = /\{[a-z][a-z-]*(?:-[0-9a-zA-Z]{3})?(?:-\d+)?(?: [a-zA-Z0-9 ]+)?\}/g;

/** A request needs what no earlier answer brought. */
export class Unbound extends Error {}

export class Bindings {
  private values = new Map<string, string>();

  /** Reads `{name-1}` as the name of a placeholder in braces. */
  public set(placeholder: string, value: string): this {
    this.values.set(`{${placeholder}}`, value);
    return this;
  }

  public get(placeholder: string): string | undefined {
    return this.values.get(`{${placeholder}}`);
  }

  /** Forgets what `attempt` has learnt, unless it returns true. */
  public async keepIf(attempt: () => Promise<boolean>): Promise<void> {
    const before = new Map(this.values);
    if (!(await attempt())) this.values = before;
  }

  /**
   * A text of a request as it is to be sent. A name, a mail address, a host, a text, a token or a client id that nobody has met yet is made up;
   * whatever else is unknown can't be asked for.
   */
  public fill(text: string): string {
    return text.replaceAll(PLACEHOLDER, (placeholder) => {
      const known = this.values.get(placeholder) ?? madeUp(placeholder);
      if (known === undefined) throw new Unbound(`Nothing is known of ${placeholder}, which a request needs.`);
      this.values.set(placeholder, known);
      return known;
    });
  }

  /** The same in every text of a JSON value. */
  public fillJson(value: Json): Json {
    if (typeof value === 'string') return this.fill(value);
    if (Array.isArray(value)) return value.map((entry) => this.fillJson(entry));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, this.fillJson(entry)]));
  }

  /**
   * Whether a text of an answer says what was recorded; what a placeholder stood for is learnt. Ids of 15 and of 18
   * characters are the same.
   */
  public matches(recorded: string, local: string): boolean {
    const placeholders = recorded.match(PLACEHOLDER) ?? [];
    if (placeholders.length === 0) return recorded === local;
    const pattern = recorded
      .split(PLACEHOLDER)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('([\\s\\S]+?)');
    const values = new RegExp(`^${pattern}$`).exec(local)?.slice(1);
    if (values === undefined) return false;
    return placeholders.every((placeholder, index) => this.learn(placeholder, values[index] ?? ''));
  }

  private learn(placeholder: string, value: string): boolean {
    const known = this.values.get(placeholder);
    const isSameId = /^\{(user-)?id-/.test(placeholder) && known?.slice(0, 15) === value.slice(0, 15);
    if (known !== undefined && known !== value && !isSameId) return false;
    // What is sent back is sent in the form in which it came last.
    this.values.set(placeholder, value);
    return true;
  }
}

function madeUp(placeholder: string): string | undefined {
  const [, kind, count] = /^\{(name|email|host|text|client-id|token)-(\d+)\}$/.exec(placeholder) ?? [];
  // Of a token that no answer brought the kit made sure that there is none such; a client id is its own choice.
  if (kind === 'token') return `MadeUpToken${count}`;
  if (kind === 'client-id') return `MadeUpClientId${count}`;
  if (kind === 'name') return `Made${count}`;
  if (kind === 'email') return `made${count}@example.com`;
  if (kind === 'host') return `host${count}.example.com`;
  return kind === 'text' ? `Text ${count}` : undefined;
}
