import { readFileSync } from 'node:fs';

/** Element tables of the Metadata API WSDL (v67) for the types this org serves; order is the WSDL's sequence. */
export interface WsdlElement {
  name: string;
  /** `xsd:string`, `xsd:boolean`, …, or the name of another complex type or enum. */
  type: string;
  /** minOccurs="0" */
  optional?: true;
  /** maxOccurs="unbounded" */
  many?: true;
}

interface WsdlTables {
  complexTypes: Record<string, { extends?: string; elements: WsdlElement[] }>;
  enums: Record<string, string[]>;
}

const tables = JSON.parse(readFileSync(new URL('./types.json', import.meta.url), 'utf8')) as WsdlTables;

/**
 * Elements of a complex type in WSDL order. Those inherited from `Metadata` (`fullName`) are listed too.
 * `isNamedUserJwtEnabled` of the OAuth policy is gone from v67 but was retrieved by 61 to 63.
 */
export function elementsOf(type: string): readonly WsdlElement[] | undefined {
  const table = tables.complexTypes[type];
  if (!table) return undefined;
  const inherited = table.extends ? (elementsOf(table.extends) ?? []) : [];
  return [...inherited, ...table.elements];
}

export function enumValues(type: string): readonly string[] | undefined {
  return tables.enums[type];
}
