import type { FieldValue, Fields } from '../model/domain.js';
import { elementsOf, enumValues, retiredElements, type WsdlElement } from '../wsdl/schema.js';
import type { XmlElement } from './xml.js';

/** Why a component was refused, as it appears in a DeployMessage. */
export class ComponentProblem extends Error {
  public readonly statusCode: string;
  public readonly problemType: 'Error' | 'Warning';
  public readonly position: { line: number; column: number } | undefined;

  public constructor(
    message: string,
    options: {
      statusCode?: string;
      problemType?: 'Error' | 'Warning';
      position?: { line: number; column: number };
    } = {},
  ) {
    super(message);
    this.statusCode = options.statusCode ?? 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST';
    this.problemType = options.problemType ?? 'Error';
    this.position = options.position;
  }
}

const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

/**
 * Reads an element as a complex type of the WSDL. The WSDL's content model is a sequence: an element that comes after
 * its turn is not seen at all, which is how `externalClientApplication` gets lost in files with shuffled elements.
 */
export function readComplexType(element: XmlElement, typeName: string): Fields {
  const sequence = elementsOf(typeName);
  if (!sequence) throw new Error(`No WSDL table for ${typeName}`);
  const fields: Fields = {};
  let turn = 0;
  for (const child of element.children) {
    if (child.name in retiredElements(typeName)) continue;
    const index = sequence.findIndex(({ name }) => name === child.name);
    const definition = sequence[index];
    if (!definition) throw unknownElement(child, typeName);
    const value = readValue(child, definition);
    const repeated = fields[child.name] !== undefined;
    if (index < turn) continue;
    if (repeated && !definition.many) {
      throw new ComponentProblem(`Error parsing file: Duplicate element ${child.name} in type ${typeName}`, at(child));
    }
    turn = index;
    store(fields, definition, value);
  }
  return fields;
}

/** An element whose type has no table here: everything in it, as it stands. */
export function readUntyped(element: XmlElement): Fields {
  const fields: Fields = {};
  for (const child of element.children) {
    const value = child.children.length > 0 ? readUntyped(child) : child.text;
    const known = fields[child.name];
    fields[child.name] = known === undefined ? value : [...[known].flat(), value];
  }
  return fields;
}

function store(fields: Fields, definition: WsdlElement, value: FieldValue): void {
  if (!definition.many) {
    fields[definition.name] = value;
    return;
  }
  const list = fields[definition.name];
  if (Array.isArray(list)) list.push(value);
  else fields[definition.name] = [value];
}

function readValue(element: XmlElement, definition: WsdlElement): FieldValue {
  if (elementsOf(definition.type)) {
    const nested = readComplexType(element, definition.type);
    requireElements(nested, definition.type);
    return nested;
  }
  return readSimple(element, definition);
}

function readSimple(element: XmlElement, { type }: WsdlElement): string {
  const { text } = element;
  const values = enumValues(type);
  if (values && !values.includes(text)) {
    throw new ComponentProblem(`'${text}' is not a valid value for the enum '${type}'`, at(element));
  }
  if (type === 'xsd:boolean') {
    if (!/^(true|false|1|0)$/.test(text)) throw simpleTypeProblem(element, 'xsd:boolean');
    return text === 'true' || text === '1' ? 'true' : 'false';
  }
  if (type === 'xsd:int' && !/^-?\d+$/.test(text)) throw simpleTypeProblem(element, 'xsd:int');
  return text;
}

/** Elements without minOccurs="0" must be there. `skip` leaves some to a rule with words of its own. */
export function requireElements(fields: Fields, typeName: string, skip: readonly string[] = []): void {
  for (const { name, optional } of elementsOf(typeName) ?? []) {
    if (!optional && fields[name] === undefined && !skip.includes(name)) {
      throw new ComponentProblem(`Required field is missing: ${name}`, { statusCode: 'REQUIRED_FIELD_MISSING' });
    }
  }
}

function unknownElement(element: XmlElement, typeName: string): ComponentProblem {
  return new ComponentProblem(
    `Error parsing file: Element {${NAMESPACE}}${element.name} invalid at this location in type ${typeName}`,
    at(element),
  );
}

function simpleTypeProblem(element: XmlElement, type: string): ComponentProblem {
  return new ComponentProblem(
    `Error parsing file: '${element.text}' is not a valid value for the type ${type}`,
    at(element),
  );
}

function at(element: XmlElement): { position: { line: number; column: number } } {
  return { position: { line: element.line, column: element.column } };
}
