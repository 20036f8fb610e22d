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

/** Elements of a complex type in WSDL order. Those inherited from `Metadata` (`fullName`) are listed too. */
export function elementsOf(type: string): readonly WsdlElement[] | undefined {
  const table = tables.complexTypes[type];
  if (!table) return undefined;
  const inherited = table.extends ? (elementsOf(table.extends) ?? []) : [];
  return [...inherited, ...withNewcomers(type, table.elements)];
}

/** Elements that retrieves of v67 bring and its WSDL, as it was published, lacks. */
const NEWCOMERS: Record<string, WsdlElement[]> = {
  ExtlClntAppGlobalOauthSettings: [{ name: 'isDPopEnabled', type: 'xsd:boolean', optional: true }],
};

function withNewcomers(type: string, elements: readonly WsdlElement[]): readonly WsdlElement[] {
  const newcomers = NEWCOMERS[type];
  if (newcomers === undefined) return elements;
  return [...elements, ...newcomers].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Elements that v67 no longer has, with what retrieves of 61 to 63 say in them. */
const RETIRED: Record<string, Record<string, string>> = {
  ExtlClntAppOauthConfigurablePolicies: { isNamedUserJwtEnabled: 'false' },
};

/** What an API version shows of a type besides its elements of today, and takes without doing anything with it. */
export function retiredElements(type: string, apiVersion = '61.0'): Readonly<Record<string, string>> {
  const shown = Number(apiVersion) >= 61 && Number(apiVersion) <= 63;
  return (shown ? RETIRED[type] : undefined) ?? {};
}

export function enumValues(type: string): readonly string[] | undefined {
  return tables.enums[type];
}
