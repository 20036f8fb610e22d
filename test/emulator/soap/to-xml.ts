import type { Json } from '../metadata/deploy-result.js';
import { tag } from '../metadata/xml.js';

/** JSON data as SOAP elements: lists repeat their element, empty ones and undefined values vanish. */
export function toXml(name: string, value: Json): string {
  if (Array.isArray(value)) return value.map((entry) => toXml(name, entry)).join('');
  if (value === null) return `<${name} xsi:nil="true"/>`;
  if (typeof value !== 'object') return value === '' ? `<${name}></${name}>` : tag(name, value);
  const inner = Object.entries(value).map(([key, entry]) => toXml(key, entry));
  return `<${name}>${inner.join('')}</${name}>`;
}
