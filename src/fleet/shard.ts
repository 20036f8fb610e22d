/** The part of a fleet that one of several machines takes: number `index` of `count`, counted from 1. */
export type Shard = { index: number; count: number };

/** @returns undefined for what is no `INDEX/COUNT` with 1 ≤ INDEX ≤ COUNT */
export function parseShard(text: string): Shard | undefined {
  const [, index = '', count = ''] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return index !== '' && shard.index <= shard.count ? shard : undefined;
}

/** Every `count`-th row from the `index`-th on, by the order of the file alone: each row is in exactly one shard. */
export function rowsOfShard<Row>(rows: readonly Row[], { index, count }: Shard): Row[] {
  return rows.filter((_, position) => position % count === index - 1);
}
