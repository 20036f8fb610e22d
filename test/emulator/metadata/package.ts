import JSZip from 'jszip';

import type { DeployMessage } from './deploy-message.js';
import { METADATA_TYPES, type MetadataType, metadataType } from './types.js';
import { childrenOf, parseXml, textOf, XmlSyntaxError, type XmlElement } from './xml.js';

export interface PackageFile {
  type: MetadataType;
  fullName: string;
  fileName: string;
  xml: string;
  /** Of a component that is a file of its own. */
  content?: string;
}

export interface Package {
  apiVersion: number;
  files: PackageFile[];
  /** Components of destructiveChanges*.xml. */
  destructive: Array<{ type: string; fullName: string; fileName: string }>;
  numberFiles: number;
  problems: DeployMessage[];
}

/** A zip that cannot be read at all: the whole deployment fails, without component messages. */
export class UnreadableZip extends Error {}

interface Manifest {
  members: Map<string, Set<string>>;
  version: number;
  problems: string[];
}

/** Reads a deployment zip and checks it against its package.xml, in both directions. */
export async function readPackage(
  zip: Buffer,
  options: { singlePackage: boolean; allowMissingFiles: boolean },
): Promise<Package> {
  const files = await unzip(zip);
  const result: Package = { apiVersion: 0, files: [], destructive: [], numberFiles: files.size, problems: [] };
  const roots = [...files.keys()]
    .filter((name) => (options.singlePackage ? name === 'package.xml' : /^([^/]+\/)?package\.xml$/.test(name)))
    .map((name) => name.slice(0, -'package.xml'.length));
  if (roots.length === 0) result.problems.push(packageProblem('No package.xml found'));
  for (const root of roots) readRoot(files, root, options.allowMissingFiles, result);
  return { ...result, files: joinContents(result, files) };
}

async function unzip(zip: Buffer): Promise<Map<string, string>> {
  try {
    const archive = await JSZip.loadAsync(zip);
    const entries = Object.values(archive.files).filter((entry) => !entry.dir);
    const texts = await Promise.all(entries.map(async (entry) => [entry.name, await entry.async('string')] as const));
    return new Map(texts);
  } catch {
    throw new UnreadableZip('The deployment zip file is invalid.');
  }
}

function readRoot(files: Map<string, string>, root: string, allowMissing: boolean, result: Package): void {
  const manifest = readManifest(files.get(`${root}package.xml`) ?? '');
  result.apiVersion = Math.max(result.apiVersion, manifest.version);
  result.problems.push(...manifest.problems.map((text) => packageProblem(text, `${root}package.xml`)));
  const found = new Set<string>();
  for (const [fileName, xml] of files) {
    if (!fileName.startsWith(root)) continue;
    const path = fileName.slice(root.length);
    if (/^destructiveChanges(Pre|Post)?\.xml$/.test(path)) addDestructive(xml, fileName, result);
    else if (path !== 'package.xml') addFile({ fileName, path, xml }, manifest, found, result);
  }
  if (allowMissing) return;
  for (const [type, names] of manifest.members) {
    for (const name of names) {
      if (name === '*' || found.has(`${type}/${name}`) || !metadataType(type)) continue;
      const text = `An object '${name}' of type ${type} was named in package.xml, but was not found in zipped directory`;
      result.problems.push(packageProblem(text, `${root}package.xml`, name));
    }
  }
}

function addFile(
  { fileName, path, xml }: { fileName: string; path: string; xml: string },
  manifest: Manifest,
  found: Set<string>,
  result: Package,
): void {
  const [directory = '', base = ''] = path.split('/');
  const type = METADATA_TYPES.find((candidate) => candidate.directory === directory);
  // Source format names (`X.eca-meta.xml`) deploy as well as plain ones (`X.eca`).
  const plain = base.replace(/-meta\.xml$/, '');
  if (!type || !plain.endsWith(`.${type.suffix}`) || path.split('/').length !== 2) {
    result.problems.push(
      packageProblem('Unknown file type or directory: no metadata type stores its files here', fileName, base),
    );
    return;
  }
  const fullName = plain.slice(0, -type.suffix.length - 1);
  const members = manifest.members.get(type.name);
  if (!members?.has(fullName) && !members?.has('*')) {
    result.problems.push(packageProblem('Not in package.xml', fileName, fullName));
    return;
  }
  found.add(`${type.name}/${fullName}`);
  result.files.push({ type, fullName, fileName, xml });
}

/** A class comes as two files: its text, which names the component, and `-meta.xml`. */
function joinContents({ files }: Package, all: Map<string, string>): PackageFile[] {
  return files.flatMap((file) => {
    if (!file.type.hasContent) return [file];
    const content = all.get(file.fileName.replace(/-meta\.xml$/, ''));
    const xml = all.get(`${file.fileName}-meta.xml`);
    if (file.fileName.endsWith('-meta.xml')) return content === undefined ? [{ ...file, content: '' }] : [];
    // The words for a file without its description are those of its first required element.
    return [{ ...file, content: file.xml, xml: xml ?? `<${file.type.name}/>` }];
  });
}

function addDestructive(xml: string, fileName: string, result: Package): void {
  for (const [type, names] of readManifest(xml).members) {
    for (const fullName of names) result.destructive.push({ type, fullName, fileName });
  }
}

function readManifest(xml: string): Manifest {
  const manifest: Manifest = { members: new Map(), version: 0, problems: [] };
  let root: XmlElement;
  try {
    root = parseXml(xml);
  } catch (error) {
    if (!(error instanceof XmlSyntaxError)) throw error;
    manifest.problems.push(`Error parsing file: ${error.message}`);
    return manifest;
  }
  manifest.version = Number(textOf(root, 'version') ?? 0);
  for (const types of childrenOf(root, 'types')) {
    const name = textOf(types, 'name') ?? '';
    manifest.members.set(name, new Set(childrenOf(types, 'members').map(({ text }) => text)));
    const type = metadataType(name);
    if (!type) manifest.problems.push(`Entity type: '${name}' is unknown`);
    else if (manifest.version < type.since) {
      manifest.problems.push(`Entity type: '${name}' is not available in this api version`);
    }
  }
  return manifest;
}

function packageProblem(problem: string, fileName = 'package.xml', fullName = 'package.xml'): DeployMessage {
  return {
    componentType: '',
    fileName,
    fullName,
    changed: false,
    created: false,
    deleted: false,
    success: false,
    problem,
    problemType: 'Error',
  };
}
