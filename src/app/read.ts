import type { Connection } from '@salesforce/core';
import type { Component, ComponentType, FieldStructure, FieldValue } from './component.js';

export type Listing = { type: ComponentType; fullName: string; id: string };

/** The Metadata API takes so many queries in a `listMetadata`, and so many names in a `readMetadata`. */
const QUERIES_PER_LIST = 3;
const NAMES_PER_READ = 10;

/** @see https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_listmetadata.htm */
export async function listComponents(metadata: Connection['metadata'], types: ComponentType[]): Promise<Listing[]> {
  const batches = await Promise.all(
    batched(types, QUERIES_PER_LIST).map((batch) => metadata.list(batch.map((type) => ({ type })))),
  );
  return batches.flat().map(({ type, fullName, id }) => ({ type: type as ComponentType, fullName, id }));
}

/**
 * Reads components; those that don't exist are left out. Values are as the SOAP answer has them: text for every plain
 * field, since the client's tables don't know the types.
 */
export async function readComponents(
  metadata: Connection['metadata'],
  type: ComponentType,
  fullNames: string[],
): Promise<Component[]> {
  const batches = await Promise.all(
    batched(fullNames, NAMES_PER_READ).map((names) => metadata.read(type as 'ConnectedApp', names)),
  );
  return batches.flat().flatMap((record) => {
    const { fullName, ...fields } = structureOf(record as unknown as FieldStructure);
    return typeof fullName === 'string' ? [{ type, fullName, fields }] : [];
  });
}

/** The DER of a certificate field, which comes back with or without the PEM's first and last line. */
export function certificateDer(text: string): Buffer {
  return Buffer.from(text.replace(/-----[A-Z ]+-----/g, ''), 'base64');
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

function isNil(value: FieldValue | null | undefined): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && (value as { $?: { 'xsi:nil'?: string } }).$?.['xsi:nil'] === 'true';
}

function batched<T>(items: T[], size: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; start += size) batches.push(items.slice(start, start + size));
  return batches;
}
