// Which blocks are in the spool: what a ledger and an audit compare with what ClickHouse has.
import type { Spool } from './spool.ts';

export type CountedBlock = [seq: number, table: string, rows: number];

/** Tables whose rows are items of a signal, or say when items can be found. */
const COUNTED_TABLES: ReadonlySet<string> = new Set(['spans', 'traces', 'logs', 'samples']);

/** Blocks that are not yet in ClickHouse and whose rows a ledger counts. */
export function waitingBlocks({ entries }: Spool): CountedBlock[] {
  return counted(entries.values());
}

/** The same of blocks that were found damaged at the start. */
export function damagedBlocks({ damaged }: Spool): CountedBlock[] {
  return counted(damaged);
}

/** Numbers of those that were set aside. */
export function asideBlocks({ aside }: Spool): number[] {
  return counted(aside.all()).map(([seq]) => seq);
}

/** Whether the block was set aside because ClickHouse refuses it. */
export function isRefused({ aside }: Spool, seq: number): boolean {
  for (const file of aside.all()) if (file.seq === seq && file.kind === 'refused') return true;
  return false;
}

/** Seconds (`stored_at`) of blocks of a table that are not acknowledged; undefined for blocks that do not say. */
export function pendingSeconds({ entries }: Spool, table: string): Set<number | undefined> {
  const seconds = new Set<number | undefined>();
  for (const entry of entries.values()) if (entry.table === table) seconds.add(entry.audit?.storedAt);
  return seconds;
}

function counted(
  blocks: Iterable<{ readonly seq: number; readonly table: string; readonly rows: number }>,
): CountedBlock[] {
  return [...blocks].filter(({ table }) => COUNTED_TABLES.has(table)).map(({ seq, table, rows }) => [seq, table, rows]);
}
