import { CONTACT_EMAIL } from './apps.js';
import type { KeyPair } from './keys.js';
import type { Exchange, Json, RecordedBody } from './recording.js';

/** Members and elements whose value is a secret, or names something of the org, wherever they stand. */
const SECRET_NAMES: Readonly<Record<string, string>> = {
  access_token: 'token',
  refresh_token: 'token',
  sessionId: 'token',
  AuthCode: 'token',
  DeleteToken: 'token',
  assertion: 'assertion',
  signature: 'signature',
  consumerSecret: 'secret',
  secret: 'secret',
  consumerKey: 'client-id',
  client_id: 'client-id',
  iss: 'client-id',
  key: 'client-id',
  createdByName: 'name',
  lastModifiedByName: 'name',
  canceledByName: 'name',
  CreatedByName: 'name',
};

/** Of these nobody learns anything: every org has them, or every Salesforce CLI. */
const PUBLIC_HOSTS =
  /^(login\.salesforce\.com|test\.salesforce\.com|api\.salesforce\.com|soap\.sforce\.com|schemas\.xmlsoap\.org|www\.w3\.org|localhost:1717)$/;
const PUBLIC_CLIENTS = ['PlatformCLI'];

const TOKEN = /\b00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?![\w.]+/g;
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
/** In an encoded query, two digits of a `%20` stand before what follows. */
const ID = /(?:(?<![\w%])|(?<=%[0-9A-F]{2}))[0-9][0-9A-Za-z]{14}(?:[A-Z0-5]{3})?(?!\w)/g;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
const HOST = /(?<=https?:\/\/)[^/\s"'<>?#{}]+/g;
const IP = /\b(?:\d{1,3}\.){3}\d{1,3}\b|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])/gi;
const ONE_TIME = /(?<=\b(?:otp|sid)=)[^&"\s<]{8,}/g;
const BASE64_RUN = /[A-Za-z0-9+/]{40,}(?:(?:\s|&#13;|&#xD;)+[A-Za-z0-9+/]{2,})*={0,2}/gi;

/**
 * Replaces what must not leave the machine, consistently: the same value is the same placeholder in every exchange of a
 * recording. Values are learnt first, from everything that was sent and received, and replaced afterwards.
 */
export class Placeholders {
  private readonly known = new Map<string, string>();
  /** By the 15 characters that both forms have in common. */
  private readonly ids = new Map<string, string>();
  private readonly bodies = new Map<string, string>();
  private readonly keys = new Map<KeyPair, string>();
  private readonly counts = new Map<string, number>();

  /** Says what a value is, before it is met. */
  public learn(kind: string, value: string): string {
    const found = this.known.get(value);
    if (found !== undefined) return found;
    const placeholder = this.next(kind);
    this.known.set(value, placeholder);
    return placeholder;
  }

  /** A value that has a name of its own, such as `{org-host}`. */
  public name(value: string, placeholder: string): void {
    this.known.set(value, `{${placeholder}}`);
  }

  /** The same for an id, in both of its forms. */
  public nameId(id: string, placeholder: string): void {
    this.ids.set(id.slice(0, 15), `{${placeholder}}`);
  }

  /** A certificate in PEM: found again as PEM, as bare base64 and as base64 of the PEM text. */
  public learnCertificate(pem: string): string {
    const body = bodyOf(pem);
    const found = this.bodies.get(body);
    if (found !== undefined) return found;
    const placeholder = this.next('certificate');
    this.bodies.set(body, placeholder);
    return placeholder;
  }

  /** A key is never in a recording; its name says what it signed. */
  public learnKey(key: KeyPair): string {
    const found = this.keys.get(key) ?? this.next('key');
    this.keys.set(key, found);
    return found;
  }

  public exchanges(raw: readonly Exchange[]): Exchange[] {
    for (const { request, answer } of raw) {
      for (const body of [request.body, answer.body]) if (body !== undefined) this.learnFrom(body);
    }
    // Labels are ours, and questions go by them.
    return raw.map(({ label, ...exchange }) => {
      return { label, ...(this.json(exchange as unknown as Json) as unknown as Omit<Exchange, 'label'>) };
    });
  }

  /** Text with all that is known, or looks like what must not leave, replaced. */
  public text(text: string): string {
    let replaced = text.replaceAll(BASE64_RUN, (run) => this.base64(run));
    const values = [...this.known].sort(([a], [b]) => b.length - a.length);
    for (const [value, placeholder] of values) {
      for (const form of new Set([value, encodeURIComponent(value), xmlEscaped(value)])) {
        replaced = replaced.replaceAll(form, placeholder);
      }
    }
    return replaced
      .replaceAll(TOKEN, (value) => this.learn('token', value))
      .replaceAll(JWT, (value) => this.learn('jwt', value))
      .replaceAll(ONE_TIME, (value) => (value.startsWith('{') ? value : this.learn('one-time', value)))
      .replaceAll(EMAIL, (value) => (value === CONTACT_EMAIL ? value : this.learn('email', value)))
      .replaceAll(HOST, (value) => (PUBLIC_HOSTS.test(value) ? value : this.learn('host', value)))
      .replaceAll(ID, (value) => this.id(value))
      .replaceAll(IP, (value) => this.learn('ip', value));
  }

  private json(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((entry) => this.json(entry));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [this.text(name), this.json(entry)]));
  }

  private learnFrom(body: RecordedBody): void {
    if (body.type === 'json') this.learnMembers(body.json);
    else if (body.type === 'form') this.learnMembers({ ...body.fields, iss: body.assertion?.claims['iss'] ?? '' });
    else if (body.type === 'files') {
      for (const text of Object.values(body.files)) this.learnElements(text);
    } else this.learnElements(body.text);
  }

  private learnMembers(value: Json): void {
    if (Array.isArray(value)) for (const entry of value) this.learnMembers(entry);
    else if (value !== null && typeof value === 'object') {
      for (const [name, entry] of Object.entries(value)) {
        if (typeof entry === 'string') this.learnNamed(name, entry);
        else this.learnMembers(entry);
      }
    }
  }

  private learnElements(text: string): void {
    for (const [, name = '', value = ''] of text.matchAll(/<(\w+)>([^<]+)<\/\1>/g)) this.learnNamed(name, value);
  }

  private learnNamed(name: string, value: string): void {
    const kind = Object.hasOwn(SECRET_NAMES, name) ? SECRET_NAMES[name] : undefined;
    if (kind === undefined || value.length < 6 || PUBLIC_CLIENTS.includes(value) || value.startsWith('{')) return;
    this.learn(kind, value);
  }

  /** Ids of 15 and of 18 characters are the same; what sort of thing they are ids of may be seen. */
  private id(value: string): string {
    if (!/[A-Za-z]/.test(value)) return value;
    const short = value.slice(0, 15);
    const placeholder = this.ids.get(short) ?? this.next(`id-${value.slice(0, 3)}`);
    this.ids.set(short, placeholder);
    return placeholder;
  }

  private base64(run: string): string {
    const stripped = run.replaceAll(/\s|&#13;|&#xD;/gi, '');
    const known = this.bodies.get(stripped);
    if (known !== undefined) return `{${known.slice(1, -1)}${lineEnds(run)}}`;
    const text = Buffer.from(stripped, 'base64').toString('latin1');
    const inner = text.includes('-----BEGIN CERTIFICATE') ? this.bodies.get(bodyOf(text)) : undefined;
    return inner === undefined ? run : `{${inner.slice(1, -1)} as base64 of PEM}`;
  }

  private next(kind: string): string {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    return `{${kind}-${count}}`;
  }
}

function lineEnds(run: string): string {
  if (/\r|&#13;|&#xD;/i.test(run)) return ' with CRLF';
  return run.includes('\n') ? '' : ' in one line';
}

const bodyOf = (pem: string): string =>
  /-----BEGIN CERTIFICATE-----([^-]+)/.exec(pem)?.[1]?.replaceAll(/\s/g, '') ?? pem.replaceAll(/\s/g, '');

const xmlEscaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;');
