// A trace that waits for its decision, for who asks for it by its id.
import { NO_TRACE, type TraceTable } from './trace-table.ts';

/** Its spans are chained in the span table. */
export interface WaitingTrace {
  readonly firstRow: number;
  readonly count: number;
  /** Collector clock, ms, when its first span came. */
  readonly firstSeenMs: number;
}

/** undefined: none of this id waits. */
export function waitingTrace(
  table: TraceTable,
  id0: number,
  id1: number,
  id2: number,
  id3: number,
): WaitingTrace | undefined {
  const trace = table.find(id0 | 0, id1 | 0, id2 | 0, id3 | 0);
  if (trace === NO_TRACE) return undefined;
  return { firstRow: table.firstRow[trace]!, count: table.count[trace]!, firstSeenMs: table.firstSeenMs[trace]! };
}
