import type { Connection } from '@salesforce/core';
import { Failure, isFailure } from '../../failure.js';
import type { Component, ComponentType, FieldStructure, FieldValue } from './component.js';
import { isSameName } from './plan.js';

export type Listing = { type: ComponentType; fullName: string; id: string };

/** The Metadata API takes so many queries in a `listMetadata`, and so many names in a `readMetadata`. */
const QUERIES_PER_LIST = 3;
const NAMES_PER_READ = 10;

/**
 * @throws Failure `org_answer_strange` for an entry of a type that wasn't asked for, or without a name
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_listmetadata.htm
 */
export async function listComponents(metadata: Connection['metadata'], types: ComponentType[]): Promise<Listing[]> {
  const batches = await Promise.all(
    batched(types, QUERIES_PER_LIST).map(async (batch): Promise<Listing[]> => {
      const listed = await metadata.list(batch.map((type) => ({ type })));
      return listed.map((listing) => {
        const type = batch.find((each) => each === listing.type);
        if (type !== undefined && listing.fullName) return { type, fullName: listing.fullName, id: listing.id };
        throw strange(metadata, 'listMetadata', `${listing.type || '-'} ${listing.fullName || '-'}`);
      });
    }),
  );
  return batches.flat();
}

/**
 * The listing of one component.
 *
 * @returns undefined where the org says in two ways that there is none: what isn't known to be missing isn't made
 * @throws Failure `app_answers_contradict`, `org_answer_strange`
 */
export async function findListed(
  metadata: Connection['metadata'],
  type: ComponentType,
  name: string,
): Promise<Listing | undefined> {
  const listed = (await listComponents(metadata, [type])).find(({ fullName }) => isSameName(fullName, name));
  if (listed === undefined) await requireAbsent(metadata, type, [name]);
  return listed;
}

/**
 * Reading is the other way to ask whether a component exists: the org gives out a nil record for each that doesn't.
 *
 * @throws Failure `app_answers_contradict`, `org_answer_strange`
 */
export async function requireAbsent(
  metadata: Connection['metadata'],
  type: ComponentType,
  names: string[],
): Promise<void> {
  const [found] = await readRecords(metadata, type, names);
  if (found !== undefined) throw new Failure('app_answers_contradict', { component: `${type} ${found.fullName}` });
}

/**
 * Reads once more where the answers contradict each other: what a running deployment brings between two of them looks like
 * that, and is there the next time.
 */
export async function steady<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isFailure(error, 'app_answers_contradict')) throw error;
    return read();
  }
}

/**
 * Reads components; those that don't exist, and those of which the org gives out nothing but the name, are left out.
 * Values are as the SOAP answer has them: text for every plain field.
 *
 * @throws Failure `org_answer_strange`
 */
export async function readComponents(
  metadata: Connection['metadata'],
  type: ComponentType,
  fullNames: string[],
): Promise<Component[]> {
  const records = await readRecords(metadata, type, fullNames);
  return records.filter(({ fields }) => Object.keys(fields).length > 0);
}

/**
 * What the org lists, it has: where it doesn't give it out, what it has isn't known.
 *
 * @throws Failure `app_unreadable`, `org_answer_strange`
 */
export async function readListed(metadata: Connection['metadata'], { type, fullName }: Listing): Promise<Component> {
  const [component] = await readComponents(metadata, type, [fullName]);
  if (component === undefined)
    throw new Failure('app_unreadable', { name: fullName, component: `${type} ${fullName}` });
  return component;
}

type Attributes = Record<string, string | undefined>;
type SoapRecord = FieldStructure & { $?: Attributes };

/** A record for each name, and none for one that is nil. */
async function readRecords(
  metadata: Connection['metadata'],
  type: ComponentType,
  fullNames: string[],
): Promise<Component[]> {
  const batches = await Promise.all(
    batched(fullNames, NAMES_PER_READ).map(async (names) => {
      // The client's own `read` drops the type of each record, and makes up values for fields that it has a table of.
      const { records } = (await metadata._invoke(
        'readMetadata',
        { type, fullNames: names },
        { records: ['any'] },
      )) as { records: unknown[] };
      if (records.length !== names.length) {
        throw strange(metadata, `readMetadata ${type}`, `${records.length} records for ${names.length} names`);
      }
      return records.flatMap((record) => componentIn(record, { metadata, type, names }));
    }),
  );
  return batches.flat();
}

function componentIn(
  record: unknown,
  asked: { metadata: Connection['metadata']; type: ComponentType; names: string[] },
): Component[] {
  if (isNil(record)) return [];
  const { type, names } = asked;
  const { fullName, ...fields } = typeof record === 'object' ? structureOf(record as FieldStructure) : {};
  const shown = typeof record === 'object' ? typeOf((record as SoapRecord).$ ?? {}) : undefined;
  const isAsked = typeof fullName === 'string' && names.some((name) => isSameName(name, fullName));
  if (!isAsked || (shown !== undefined && shown !== type)) {
    const name = typeof fullName === 'string' ? fullName : '-';
    throw strange(asked.metadata, `readMetadata ${type} ${names.join(', ')}`, `${shown ?? '-'} ${name}`);
  }
  return [{ type, fullName, fields }];
}

/** The type that `xsi:type` names, whatever the prefixes. */
function typeOf(attributes: Attributes): string | undefined {
  const attribute = Object.keys(attributes).find((name) => /(^|:)type$/.test(name));
  return attribute === undefined ? undefined : attributes[attribute]?.replace(/^.*:/, '');
}

function strange({ _conn }: Connection['metadata'], question: string, answer: string): Failure {
  return new Failure('org_answer_strange', { instanceUrl: _conn.instanceUrl, question, answer });
}

/** The DER of a certificate field, which comes back with or without the PEM's first and last line. */
export function certificateDer(text: string): Buffer {
  const bytes = Buffer.from(text.replace(/-----[A-Z ]+-----/g, ''), 'base64');
  // an app that was deployed with base64 of the whole PEM gives that back
  const isPem = bytes.subarray(0, 64).toString('latin1').trimStart().startsWith('-----BEGIN ');
  return isPem ? certificateDer(bytes.toString('latin1')) : bytes;
}

/** Drops what XML adds: attributes, and fields that are nil. */
function structureOf(record: FieldStructure): FieldStructure {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([field, value]) => field !== '$' && !isNil(value))
      .map(([field, value]) => [field, valueOf(value)]),
  );
}

function valueOf(value: FieldValue): FieldValue {
  if (Array.isArray(value)) return value.map(valueOf);
  return typeof value === 'object' ? structureOf(value) : value;
}

function isNil(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object') return false;
  const { $: attributes = {} } = value as { $?: Attributes };
  return Object.entries(attributes).some(([name, nil]) => /(^|:)nil$/.test(name) && nil === 'true');
}

function batched<T>(items: T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}
