import type { SfCommand, Ux } from '@salesforce/sf-plugins-core';
import { withoutSecrets } from '../keys/secrets.js';
import { inLine } from './printable.js';

/**
 * Rows up to which a table has a frame. Framed, each costs tens of kilobytes until the last one is drawn, and thousands
 * take all memory.
 */
const FRAMED = 500;

/**
 * Draws a table, unless the command answers in JSON. What draws it is loaded here and only then, since it's as much code
 * as all the rest.
 */
export async function showTable<Row extends Record<string, unknown>>(
  command: Pick<SfCommand<unknown>, 'jsonEnabled'>,
  table: Parameters<typeof Ux.prototype.table<Row>>[0],
): Promise<void> {
  if (command.jsonEnabled()) return;
  const ux = await import('@salesforce/sf-plugins-core/Ux');
  // The library's own switch, from which on it writes line by line; one that a user has set holds.
  process.env['SF_TABLE_LIMIT'] ??= String(FRAMED);
  new ux.Ux().table({ ...table, data: table.data.map(harmless) });
}

/** A cell in a color, which is ours. */
const IN_COLOR = /^((?:\x1b\[3\dm)?)([^]*?)((?:\x1b\[39m)?)$/;

function harmless<Row extends Record<string, unknown>>(row: Row): Row {
  const cells = Object.entries(row).map(([name, cell]) => [
    name,
    typeof cell === 'string'
      ? withoutSecrets(cell).replace(IN_COLOR, (_, on: string, text: string, off: string) => on + inLine(text) + off)
      : cell,
  ]);
  return Object.fromEntries(cells) as Row;
}
