import { nested, text } from '../model/apps.js';
import type { Component, Fields, FieldValue } from '../model/domain.js';
import { to15 } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { consumerOf } from '../model/reconcile.js';
import { elementsOf, retiredElements } from '../wsdl/schema.js';
import { certificateReadback } from './certificate.js';
import { CONNECTED_APP, ECA_GLOBAL, ECA_OAUTH, metadataType, rootElement } from './types.js';
import { escapeXml } from './xml.js';

/** A component's elements in WSDL order, as read and retrieve return them. */
export function renderFields(fields: Fields, typeName: string, indent?: string): string {
  const untyped = Object.keys(fields).map((name) => ({ name, type: '' }));
  return withRetired(elementsOf(typeName) ?? untyped, typeName)
    .flatMap(({ name, type }) => valuesOf(fields[name]).map((value) => renderValue(name, value, type, indent)))
    .join('');
}

type NamedElement = { name: string; type: string };

function withRetired(elements: readonly NamedElement[], typeName: string): readonly NamedElement[] {
  const retired = Object.keys(retiredElements(typeName)).map((name) => ({ name, type: 'xsd:boolean' }));
  return retired.length === 0 ? elements : [...elements, ...retired].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function valuesOf(value: FieldValue | undefined): FieldValue[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function renderValue(name: string, value: FieldValue, type: string, indent: string | undefined): string {
  const [before, after] = indent === undefined ? ['', ''] : [indent, '\n'];
  if (typeof value === 'string') return `${before}<${name}>${escapeXml(value)}</${name}>${after}`;
  const inner = renderFields(value as Fields, type, indent === undefined ? undefined : `${indent}    `);
  return `${before}<${name}>${after}${inner}${before}</${name}>${after}`;
}

/** What a version of the Metadata API shows of a component: never the secret, the key and the certificate as this org does. */
export function visibleFields(state: OrgState, component: Component, apiVersion: string): Fields {
  const fields = { ...component.fields, ...retiredElements(component.type, apiVersion) };
  const hides = state.switches.packagedCredentials === 'hidden' && isPackaged(component);
  if (component.type === ECA_GLOBAL)
    return { ...readableCredentials(state, fields, hides ? 'nothing' : state.switches.consumerKeyReadable) };
  if (component.type === ECA_OAUTH) {
    const app = text(fields, 'externalClientApplication') ?? '';
    const consumer = consumerOf(state, { kind: 'external-client-app', name: app });
    return consumer ? { ...fields, oauthLink: `${to15(state.orgId)}:${to15(consumer.id)}` } : fields;
  }
  const config = component.type === CONNECTED_APP ? nested(fields, 'oauthConfig') : undefined;
  return config ? { ...fields, oauthConfig: readableCredentials(state, config, hides ? 'nothing' : true) } : fields;
}

/** `NS__App`; the satellites of an External Client App have no namespace. */
function isPackaged({ fullName, fields }: Component): boolean {
  return /^\w+?__/.test(text(fields, 'externalClientApplication') ?? fullName);
}

function readableCredentials(state: OrgState, fields: Fields, withKey: boolean | 'empty' | 'nothing'): Fields {
  const { consumerSecret: _, certificate, consumerKey, ...rest } = fields;
  if (withKey === 'nothing') return rest;
  const shown =
    typeof certificate === 'string' ? certificateReadback(certificate, state.switches.certificateReadback) : undefined;
  return {
    ...rest,
    ...(shown === undefined ? {} : { certificate: shown }),
    ...(withKey !== false && consumerKey !== undefined ? { consumerKey: withKey === 'empty' ? '' : consumerKey } : {}),
  };
}

/** A component as a file of source or of a retrieved package. */
export function renderFile(state: OrgState, component: Component, apiVersion: string): string {
  const body = renderFields(visibleFields(state, component, apiVersion), component.type, '    ');
  const type = metadataType(component.type);
  const root = type ? rootElement(type, component.fullName) : component.type;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${root} xmlns="http://soap.sforce.com/2006/04/metadata">\n${body}</${root}>\n`
  );
}
