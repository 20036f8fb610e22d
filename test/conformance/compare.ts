import type { Json, RecordedBody } from '../../conformance/recording.js';
import { parseXml, type XmlElement } from '../emulator/metadata/xml.js';
import type { Bindings } from './bindings.js';

/** Where an answer of the local org is another than the recorded one, and how. */
export interface Difference {
  where: string;
  recorded: string;
  local: string;
}

/** Members and elements whose text is the server's own, the same in every org. */
const FIXED_TEXTS: readonly string[] = [
  ...['error', 'error_description', 'errorCode', 'message', 'token_type', 'token_format', 'type'],
  ...['status', 'statusCode', 'problem', 'problemType', 'faultcode', 'faultstring', 'errorMessage', 'errorStatusCode'],
];

export function compareBodies(
  recorded: RecordedBody | undefined,
  local: RecordedBody | undefined,
  bindings: Bindings,
): Difference[] {
  if (recorded === undefined) return [];
  if (local?.type !== recorded.type) {
    return [{ where: 'body', recorded: `of type ${recorded.type}`, local: `of type ${local?.type ?? 'none'}` }];
  }
  if (recorded.type === 'json' && local.type === 'json') return compareJson('', recorded.json, local.json, bindings);
  if (recorded.type === 'xml' && local.type === 'xml') {
    return compareElements('', parseXml(recorded.text), parseXml(local.text), { bindings, texts: 'fixed' });
  }
  if (recorded.type === 'files' && local.type === 'files') return compareFiles(recorded.files, local.files, bindings);
  if (recorded.type === 'text' && local.type === 'text' && !bindings.matches(recorded.text, local.text)) {
    return [{ where: 'body', recorded: recorded.text, local: local.text }];
  }
  return [];
}

/** The same members of the same types, deep down; the order of members is no part of JSON. */
export function compareJson(where: string, recorded: Json, local: Json, bindings: Bindings): Difference[] {
  if (recorded === null || local === null)
    return structural(recorded) || structural(local) ? typesOf(where, recorded, local) : [];
  if (kindOf(recorded) !== kindOf(local)) return typesOf(where, recorded, local);
  if (Array.isArray(recorded) && Array.isArray(local)) return compareLists(where, recorded, local, bindings);
  if (typeof recorded === 'object' && typeof local === 'object') {
    const [mine, theirs] = [recorded as Record<string, Json>, local as Record<string, Json>];
    return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].flatMap((name) => {
      const path = where === '' ? name : `${where}.${name}`;
      const [before, now] = [mine[name], theirs[name]];
      if (before === undefined || now === undefined) return [presence(path, before !== undefined)];
      return compareJson(path, before, now, bindings);
    });
  }
  return typeof recorded === 'string' && typeof local === 'string' ? compareText(where, recorded, local, bindings) : [];
}

/**
 * Lists of one length are compared pair by pair. Of others every entry has to look like one of the other side, since an
 * org holds more or less than another.
 */
function compareLists(where: string, recorded: Json[], local: Json[], bindings: Bindings): Difference[] {
  if (recorded.length === local.length) {
    return recorded.flatMap((entry, index) => compareJson(`${where}[${index}]`, entry, local[index] ?? null, bindings));
  }
  if (recorded.length === 0) return [];
  if (local.length === 0) return [{ where, recorded: `${recorded.length} entries`, local: 'none' }];
  return recorded.flatMap((entry, index) => {
    const tries = local.map((other) => compareJson(`${where}[${index}]`, entry, other, bindings));
    return tries.sort((a, b) => a.length - b.length)[0] ?? [];
  });
}

function compareText(where: string, recorded: string, local: string, bindings: Bindings): Difference[] {
  const same = bindings.matches(recorded, local);
  const name = /(\w+)(?:\[\d+\])?$/.exec(where)?.[1] ?? '';
  return same || !FIXED_TEXTS.includes(name) ? [] : [{ where, recorded, local }];
}

const structural = (value: Json): boolean => typeof value === 'object' && value !== null;

const kindOf = (value: Json): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

const typesOf = (where: string, recorded: Json, local: Json): Difference[] => [
  { where, recorded: kindOf(recorded), local: kindOf(local) },
];

const presence = (where: string, recorded: boolean): Difference => ({
  where,
  recorded: recorded ? 'there' : 'missing',
  local: recorded ? 'missing' : 'there',
});

interface Rules {
  bindings: Bindings;
  /** Which texts have to be the same: those that the server itself words, or all. */
  texts: 'fixed' | 'all';
}

/** The same elements in the same order, deep down; one that is repeated counts once. */
export function compareElements(where: string, recorded: XmlElement, local: XmlElement, rules: Rules): Difference[] {
  const path = where === '' ? recorded.name : `${where}.${recorded.name}`;
  if (recorded.name !== local.name) return [{ where, recorded: recorded.name, local: local.name }];
  if (recorded.children.length === 0 && local.children.length === 0) {
    if (rules.texts === 'fixed') return compareText(path, recorded.text, local.text, rules.bindings);
    const same = rules.bindings.matches(recorded.text, local.text);
    return same ? [] : [{ where: path, recorded: recorded.text, local: local.text }];
  }
  const [mine, theirs] = [namesIn(recorded), namesIn(local)];
  const missing = mine.filter((name) => !theirs.includes(name)).map((name) => presence(`${path}.${name}`, true));
  const added = theirs.filter((name) => !mine.includes(name)).map((name) => presence(`${path}.${name}`, false));
  const shared = mine.filter((name) => theirs.includes(name));
  const order = theirs.filter((name) => mine.includes(name));
  const unordered =
    shared.join() === order.join() ? [] : [{ where: path, recorded: shared.join(', '), local: order.join(', ') }];
  return [
    ...missing,
    ...added,
    ...unordered,
    ...shared.flatMap((name) => compareNamed(path, name, recorded, local, rules)),
  ];
}

/** Elements of one name: each recorded one has to look like one of the other side. */
function compareNamed(path: string, name: string, recorded: XmlElement, local: XmlElement, rules: Rules): Difference[] {
  const [mine, theirs] = [recorded, local].map(({ children }) => children.filter((child) => child.name === name));
  return (mine ?? []).flatMap((element, index) => {
    const pair = mine?.length === theirs?.length ? theirs?.slice(index, index + 1) : theirs;
    const tries = (pair ?? []).map((other) => compareElements(path, element, other, rules));
    return tries.sort((a, b) => a.length - b.length)[0] ?? [];
  });
}

const namesIn = ({ children }: XmlElement): string[] => [...new Set(children.map(({ name }) => name))];

function compareFiles(
  recorded: Record<string, string>,
  local: Record<string, string>,
  bindings: Bindings,
): Difference[] {
  const filled = new Map(Object.entries(recorded).map(([name, text]) => [bindings.fill(name), text]));
  // The manifest repeats the question.
  const names = new Set([...filled.keys(), ...Object.keys(local)].filter((name) => !name.endsWith('package.xml')));
  return [...names].flatMap((name) => {
    const [before, now] = [filled.get(name), local[name]];
    if (before === undefined || now === undefined) return [presence(name, before !== undefined)];
    return compareElements(name, parseXml(before), parseXml(now), { bindings, texts: 'all' });
  });
}
