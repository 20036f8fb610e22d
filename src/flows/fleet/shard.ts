import type { Shard } from '../../terminal/flags/fleet.js';

/** Every `count`-th row from the `index`-th on, by the order of the file alone: each row is in exactly one shard. */
export function rowsOfShard<Row>(rows: readonly Row[], { index, count }: Shard): Row[] {
  return rows.filter((_, position) => position % count === index - 1);
}
