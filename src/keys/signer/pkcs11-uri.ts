import { Failure } from '../../failure.js';

const FORM = 'pkcs11:token=TOKEN;object=LABEL?module-path=/PATH/TO/MODULE.so';

/** What a URI says of the token; all of it has to fit. */
const TOKEN_ATTRIBUTES = ['token', 'manufacturer', 'model', 'serial', 'slot-description'] as const;
/** Of the library, which is named by its path here. */
const PASSED_OVER = ['library-manufacturer', 'library-description', 'library-version', 'slot-manufacturer'];
const TYPES = ['private', 'public', 'cert'];
const SECRETS = ['pin-value'];

export type TokenAttribute = (typeof TOKEN_ATTRIBUTES)[number];

/** A key as RFC 7512 names it. */
export type Pkcs11Uri = {
  /** Attributes of the token, as far as they are named */
  token: Partial<Record<TokenAttribute, string>>;
  slotId?: number;
  /** The label of the key, CKA_LABEL */
  object?: string;
  /** CKA_ID, in lower-case hexadecimal digits */
  id?: string;
  /** Of the library that speaks for the token */
  modulePath?: string;
  /** Of the file that holds the PIN */
  pinFile?: string;
};

/**
 * Reads the URI of a key on a token, RFC 7512.
 *
 * @throws Failure `signer_uri_malformed`, `signer_pin_in_uri`
 */
export function parsePkcs11Uri(uri: string): Pkcs11Uri {
  const [path = '', ...queries] = uri.slice('pkcs11:'.length).split('?');
  const query = queries.join('?');
  const read: Pkcs11Uri = { token: {} };
  for (const { name, value, part } of [...attributesIn(path, ';', uri), ...attributesIn(query, '&', uri)]) {
    if (SECRETS.includes(name)) throw new Failure('signer_pin_in_uri', {});
    if (!take(read, name, value)) throw malformed(uri, part);
  }
  if (read.object === undefined && read.id === undefined) {
    throw new Failure('signer_uri_malformed', { uri, part: 'object=LABEL', form: FORM, variant: 'incomplete' });
  }
  return read;
}

/** The URI of a key, with all that `parsePkcs11Uri` reads. */
export function pkcs11Uri({ token, slotId, object, id, modulePath, pinFile }: Pkcs11Uri): string {
  const path = [
    ...TOKEN_ATTRIBUTES.map((name) => [name, encoded(token[name])]),
    ['slot-id', slotId],
    ['id', id?.replace(/../g, '%$&')],
    ['object', encoded(object)],
  ];
  const query = [
    ['module-path', encoded(modulePath)?.replaceAll('%2F', '/')],
    ['pin-source', encoded(pinFile)?.replace(/^/, 'file:').replaceAll('%2F', '/')],
  ];
  const [before, behind] = [path, query].map((attributes) =>
    attributes.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`),
  );
  return `pkcs11:${before!.join(';')}${behind!.length === 0 ? '' : `?${behind!.join('&')}`}`;
}

type Attribute = { name: string; value: Buffer; part: string };

function attributesIn(text: string, separator: string, uri: string): Attribute[] {
  const parts = text === '' ? [] : text.split(separator);
  const attributes = parts.map((part): Attribute => {
    const [, name = '', value] = /^([\w-]+)=(.*)$/.exec(part) ?? [];
    if (SECRETS.includes(name)) throw new Failure('signer_pin_in_uri', {});
    const bytes = value === undefined ? undefined : decoded(value);
    if (bytes === undefined) throw malformed(uri, part);
    return { name, value: bytes, part };
  });
  const again = attributes.find(({ name }, at) => attributes.findIndex((each) => each.name === name) !== at);
  if (again !== undefined) throw malformed(uri, again.part);
  return attributes;
}

/** Takes an attribute over, if it is one. */
function take(into: Pkcs11Uri, name: string, value: Buffer): boolean {
  const text = utf8(value);
  if (name === 'id') into.id = value.toString('hex');
  else if (text === undefined) return false;
  else if (isTokenAttribute(name)) into.token[name] = text;
  else if (name === 'object') into.object = text;
  else if (name === 'slot-id' && /^\d{1,15}$/.test(text)) into.slotId = Number(text);
  else if (name === 'module-path') into.modulePath = text;
  else if (name === 'pin-source' && isFile(text)) into.pinFile = text.replace(/^file:(\/\/(?=\/))?/, '');
  else return PASSED_OVER.includes(name) || name.startsWith('x-') || (name === 'type' && TYPES.includes(text));
  return true;
}

function isTokenAttribute(name: string): name is TokenAttribute {
  return TOKEN_ATTRIBUTES.includes(name as TokenAttribute);
}

/** RFC 7512 leaves other schemes and programs to whoever reads the URI. */
function isFile(source: string): boolean {
  return /^file:./.test(source) || /^(?!\||[\w+.-]{2,}:)./.test(source);
}

function decoded(text: string): Buffer | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined;
  const bytes = text.replace(/[^\0-\x7f]+/g, (letters) => encodeURIComponent(letters.toWellFormed()));
  return Buffer.from(
    bytes.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
}

function utf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) && !/[\0-\x1f\x7f]/.test(text) ? text : undefined;
}

function encoded(text: string | undefined): string | undefined {
  return (
    text && encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  );
}

function malformed(uri: string, part: string): Failure {
  return new Failure('signer_uri_malformed', { uri, part, form: FORM });
}
