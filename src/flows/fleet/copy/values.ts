import type { RawRow } from '../rows.js';

export type Values = RawRow['values'];

/** What a row is to hold besides what it has; undefined: nothing else. A row is known by its username. */
export type ValuesOf = (row: Values) => Values | undefined;
