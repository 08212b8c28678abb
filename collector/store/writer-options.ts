// What a writer is given, and what it says of its blocks.
import type { Timers } from '../time/timers.ts';
import type { AuditMark } from './block.ts';
import type { StoreCommits } from './commit-turn.ts';
import type { Spool } from './spool.ts';
import type { AnyBlockTable } from './tables/block-table.ts';

export interface StoreWriterOptions {
  spool: Spool;
  tables: readonly AnyBlockTable[];
  /** Sends one block; `insertBlock` with a client. */
  insert: (table: string, columns: readonly string[], bytes: Buffer, token: string) => Promise<void>;
  /** A question that costs the store next to nothing: whether it answers when it refuses a block. */
  probe?: (() => Promise<void>) | undefined;
  nowMs: () => number;
  /** Once per block, when ClickHouse has acknowledged it. */
  onStored: (table: string, rows: number) => void;
  /** As onStored, for an audit: the block's file goes when this is resolved, so that a crash in between makes the block be acknowledged again. Until then it uses its room. */
  onAcknowledged?: ((block: AcknowledgedBlock) => Promise<void>) | undefined;
  /** A block given up, with the reason. */
  onDropped: (table: string, rows: number, reason: string) => void;
  /** A block that was given up waits again: its rows count as received once more. */
  onBack?: ((table: string, rows: number) => void) | undefined;
  log: (level: 'info' | 'warn' | 'error', line: string) => void;
  /** With a write-ahead log; undefined: a block may be sent at once. */
  commits?: StoreCommits | undefined;
  timers?: Timers;
  maxBlockRows?: number;
  maxBlockBytes?: number;
  maxBlockAgeMs?: number;
}

/** A block that the store has. */
export interface AcknowledgedBlock extends AuditMark {
  readonly seq: number;
  readonly table: string;
  readonly rows: number;
}
