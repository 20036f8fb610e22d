/** A process that reads orgs files, and says of each how many sound rows it has, or why it can't be read. */
import { Readable } from 'node:stream';
import { isFailure } from '../../src/failure.js';
import { readOrgsFile, rowsOf } from '../../src/flows/fleet/orgs-file.js';
import { checkRows, isFaulty } from '../../src/flows/fleet/rows.js';

const said: Array<number | string> = [];
for (const path of process.argv.slice(2)) {
  try {
    const rows = checkRows(await rowsOf(await readOrgsFile(path, Readable.from([]))), path);
    said.push(rows.filter((row) => !isFaulty(row)).length);
  } catch (error) {
    if (!isFailure(error)) throw error;
    said.push(error.code);
  }
}
console.log(JSON.stringify(said));
