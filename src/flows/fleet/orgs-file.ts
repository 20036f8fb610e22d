import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure, isFailure } from '../../failure.js';
import { readInputFile, readStream } from '../../machine/files/input-file.js';
import { csvRows } from './csv-rows.js';
import type { Format, OrgsFile, RawRow } from './rows.js';
import { yamlRows } from './yaml-rows.js';

/** Bytes: what the most rows need with every column filled, in any of the formats. */
const LARGEST = 16 * 1024 * 1024;

/** JSON is YAML: one reader, which knows the lines of both. */
const EXTENSIONS: Record<string, Format> = { '.json': 'yaml', '.yaml': 'yaml', '.yml': 'yaml', '.csv': 'csv' };

/**
 * Reads the file, or standard input for `-`. The format follows from the name, else from how the text begins.
 *
 * @throws Failure those of `readInputFile`; `orgs_file_too_large`, `orgs_file_damaged` for what isn't UTF-8
 */
export async function readOrgsFile(path: string, stdin: Readable): Promise<OrgsFile> {
  const source = path === '-' ? 'stdin' : path;
  const reading = path === '-' ? readStream(stdin, source, undefined, LARGEST) : readInputFile(path, LARGEST);
  const bytes = await reading.catch((error: unknown) => {
    if (!isFailure(error, 'input_too_large')) throw error;
    throw new Failure('orgs_file_too_large', { source, limit: error.data.limit });
  });
  const text = decode(bytes, source);
  const written = { crlf: bytes.includes('\r\n'), byteOrderMark: bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) };
  return { text, source, format: formatByName(path) ?? formatOf(text), written };
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** The format that the ending of a name stands for. */
export function formatByName(path: string): Format | undefined {
  return EXTENSIONS[extname(path).toLowerCase()];
}

/**
 * The rows of an orgs file, in its order, with the lines at which they begin.
 *
 * @throws Failure where the file as a whole can't be read, with the line: `orgs_file_damaged`, `orgs_file_not_a_list`,
 *   `orgs_file_empty`, `orgs_column_unknown`, `orgs_column_repeated`, `orgs_column_missing`
 */
export async function rowsOf(file: OrgsFile): Promise<RawRow[]> {
  const rows = await (file.format === 'csv' ? csvRows(file) : yamlRows(file));
  if (rows.length === 0) throw new Failure('orgs_file_empty', { source: file.source });
  return rows;
}

/** Line breaks as LF, without a byte order mark. */
function decode(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n?/g, '\n');
  } catch {
    throw new Failure('orgs_file_damaged', { source, line: firstOddLine(bytes), reason: 'not UTF-8' });
  }
}

function firstOddLine(bytes: Buffer): number {
  // A replacement character takes the place of what can't be decoded.
  return bytes.toString('utf8').split('\uFFFD')[0]!.split('\n').length;
}

function formatOf(text: string): Format {
  const [first = ''] = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return /^\s*([[{]|-(\s|$)|---|[\w-]+\s*:(\s|$))/.test(first) ? 'yaml' : 'csv';
}
