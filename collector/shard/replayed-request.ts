// A request of spans read again from the write-ahead log: which of its spans are decided already, and what they still count for.
import { traceIdHex } from '#proto/model/ids.ts';
import type { DecidedSpans } from '#collector/assemble/decided-spans.ts';
import type { RequestIndex } from '#collector/assemble/request-index.ts';
import { isSameTrace, rowsOf } from '#collector/assemble/span-columns.ts';
import type { RedTable } from '#collector/derive/red/red-table.ts';
import type { OwnedSpanMemory } from '#collector/model/span-memory.ts';
import type { TraceShedding } from '#collector/overload/trace-shedding.ts';
import { COPY_OF_DECIDED, IS_NEW, TURNED_AWAY, type CopiedRows } from '#collector/wal/copied-spans.ts';

/** What a write-ahead log says of a request. */
export interface ReplayedRequest {
  /** Number of its first span. */
  readonly firstSpan: number;
  /** T_min in force when it was received, high half. */
  readonly leastHi: number;
  /** Whether its spans are not yet in stored RED series. */
  readonly countRed: boolean;
  /** Whether a span was in a decision: its trace id (32 hex digits) and its number. */
  readonly covers: (traceId: string, span: number) => boolean;
  /** Which of its spans had been received before; undefined: none. */
  readonly copied?: CopiedRows | undefined;
  /** Whether the ledger, as it was restored, has its spans. */
  readonly isCounted: boolean;
}

interface ReplayingStage {
  readonly memory: OwnedSpanMemory;
  readonly decidedSpans: DecidedSpans;
  readonly shedding: TraceShedding;
  readonly red: RedTable;
}

/**
 * Leaves out the spans of the request that were decided then. They are remembered, and counted unless they are copies or were counted then.
 * Returns how many others were left out as copies of what had been decided.
 */
export function leaveDecided(
  index: RequestIndex,
  { firstSpan, countRed, covers, copied }: ReplayedRequest,
  stage: ReplayingStage,
  nowMs: number,
): number {
  const { memory, decidedSpans, shedding, red } = stage;
  const { columns } = index;
  decidedSpans.advanceTo(nowMs);
  let traceId = '';
  /** Rows [from, to) are to be counted. */
  let from = 0;
  let to = 0;
  let copies = 0;
  const countRows = (): void => {
    if (to > from) red.add(rowsOf(columns, from, to), to - from, memory.resources, nowMs);
  };
  index.retain((row) => {
    if (row === 0 || !isSameTrace(columns, row, row - 1))
      traceId = traceIdHex(columns.id0[row]!, columns.id1[row]!, columns.id2[row]!, columns.id3[row]!);
    const kind = copied?.kindOf(row) ?? IS_NEW;
    if (!covers(traceId, firstSpan + row)) {
      if (kind === TURNED_AWAY) shedding.recall(columns, row, nowMs);
      if (kind !== COPY_OF_DECIDED) return true;
      decidedSpans.receive(columns, row);
      copies++;
      return false;
    }
    if (!decidedSpans.receive(columns, row) && countRed && (kind === IS_NEW || kind === TURNED_AWAY)) {
      if (row !== to) {
        countRows();
        from = row;
      }
      to = row + 1;
    }
    return false;
  });
  countRows();
  return copies;
}
