/** What a client sends to be deployed, read from the requests that reach a local org. */
import { XMLParser } from 'fast-xml-parser';
import JSZip from 'jszip';
import { parseMultipart } from '../emulator/http/multipart.js';
import type { Org } from '../emulator/index.js';

type XmlValue = XmlObject | XmlObject[] | string;
export type XmlObject = { [element: string]: XmlValue };

export type SentDeployment = {
  options: Record<string, unknown>;
  /** Content by path in the zip. */
  files: Record<string, string>;
};

/** Collects every deployment that the org is sent from now on, in order. */
export function recordDeployments(org: Org): { all: () => Promise<SentDeployment[]> } {
  const bodies: Array<Promise<SentDeployment>> = [];
  org.faults.add({
    // sees the request, and never strikes
    match: ({ method, path, headers, body }) => {
      if (method === 'POST' && path.endsWith('/metadata/deployRequest'))
        bodies.push(read(headers['content-type'] ?? '', body));
      return false;
    },
  });
  return { all: () => Promise.all(bodies) };
}

async function read(contentType: string, body: Buffer): Promise<SentDeployment> {
  const parts = parseMultipart(contentType, body);
  const partOf = (type: string): Buffer => {
    const part = parts.find((one) => one.contentType === type);
    if (part === undefined) throw new Error(`The deployment has no part ${type}`);
    return part.body;
  };
  const { deployOptions } = JSON.parse(partOf('application/json').toString()) as {
    deployOptions: Record<string, unknown>;
  };
  const zip = await JSZip.loadAsync(partOf('application/zip'));
  const entries = Object.values(zip.files).filter(({ dir }) => !dir);
  const files = await Promise.all(entries.map(async (file) => [file.name, await file.async('string')]));
  return { options: deployOptions, files: Object.fromEntries(files) as Record<string, string> };
}

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignoreAttributes: true,
});

/** The root element's children, text as text, without the white space between elements. */
export function parseXml(xml: string): XmlObject {
  const [root] = Object.values(parser.parse(xml) as XmlObject).filter((value) => typeof value === 'object');
  return withoutWhiteSpace(root as XmlObject) as XmlObject;
}

function withoutWhiteSpace(value: XmlValue): XmlValue {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item) => withoutWhiteSpace(item) as XmlObject);
  const elements = Object.entries(value).filter(([name]) => name !== '#text');
  return Object.fromEntries<XmlValue>(elements.map(([name, element]) => [name, withoutWhiteSpace(element)]));
}
