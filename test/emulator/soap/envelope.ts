import { type HttpReply, xml } from '../http/message.js';
import { childOf, escapeXml, parseXml, textOf, type XmlElement, XmlSyntaxError } from '../metadata/xml.js';

export const METADATA_NS = 'http://soap.sforce.com/2006/04/metadata';
export const PARTNER_NS = 'urn:partner.soap.sforce.com';

export interface SoapCall {
  sessionId: string;
  /** The one element in the body: the operation with its arguments. */
  operation: XmlElement;
}

/** A SOAP fault; always HTTP 500. */
export class SoapFault extends Error {
  public constructor(
    public readonly code: string,
    message: string,
    /** Prefix of the fault code: `sf` for the platform's own, `soapenv` for malformed requests. */
    public readonly prefix: 'sf' | 'soapenv' = 'sf',
  ) {
    super(message);
  }
}

export function readEnvelope(body: string): SoapCall {
  let root: XmlElement;
  try {
    root = parseXml(body);
  } catch (error) {
    if (error instanceof XmlSyntaxError) throw new SoapFault('Client', error.message, 'soapenv');
    throw error;
  }
  const operation = childOf(root, 'Body')?.children[0];
  if (root.name !== 'Envelope' || !operation) throw new SoapFault('Client', 'No operation in the SOAP body', 'soapenv');
  const sessionId = textOf(childOf(childOf(root, 'Header'), 'SessionHeader'), 'sessionId') ?? '';
  return { sessionId, operation };
}

export function envelope(operation: string, namespace: string, results: string): HttpReply {
  return xml(
    200,
    '<?xml version="1.0" encoding="UTF-8"?>' +
      `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="${namespace}" ` +
      'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
      `<${operation}Response>${results}</${operation}Response></soapenv:Body></soapenv:Envelope>`,
  );
}

export function faultReply({ code, prefix, message }: SoapFault, namespace: string): HttpReply {
  const text = prefix === 'sf' ? `${code}: ${message}` : message;
  return xml(
    500,
    '<?xml version="1.0" encoding="UTF-8"?>' +
      `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="${namespace}">` +
      `<soapenv:Body><soapenv:Fault><faultcode>${prefix}:${code}</faultcode>` +
      `<faultstring>${escapeXml(text)}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>`,
  );
}
