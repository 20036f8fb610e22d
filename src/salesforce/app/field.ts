import type { FieldStructure, FieldValue } from './component.js';

/** Readers of metadata fields, which come as text or typed, alone or as a list, by what the client knows of the type. */

export function isStructure(value: FieldValue | undefined): value is FieldStructure {
  return typeof value === 'object' && !Array.isArray(value);
}

export function isTrue(value: FieldValue | undefined): boolean {
  return value === true || value === 'true';
}

/** One value or several, as XML has them. */
export function listOf(value: FieldValue | undefined): string[] {
  return [value ?? []].flat().filter((item): item is string => typeof item === 'string' && item !== '');
}

/** The values of a field such as `commaSeparatedOauthScopes`. */
export function commaListOf(value: FieldValue | undefined): string[] {
  return listOf(value)
    .flatMap((items) => items.split(','))
    .map((item) => item.trim())
    .filter(Boolean);
}
