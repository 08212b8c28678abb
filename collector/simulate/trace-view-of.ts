// Rows of a trace as the stages after assembly see them, for traces that are in memory whole: captures and stored traces.
import { nanosOf } from '#proto/model/unix-nano.ts';
import { spanIdHex, traceIdOf, traceIdWords } from '#proto/model/ids.ts';
import { NO_ROW } from '#collector/model/span-table.ts';
import type { SpanMemory, TraceView } from '#collector/model/trace.ts';

/** The view that assembly would give of these rows. @param id 32 hex digits */
export function traceViewOf(memory: SpanMemory, id: string, rows: Int32Array): TraceView {
  const { spans } = memory;
  let payloadBytes = 0;
  let errorCount = 0;
  let rootRow = NO_ROW;
  let rootPresent = false;
  let rank = 3;
  let first = rows[0] ?? 0;
  let last = first;
  const later = (aHi: number, aLo: number, bHi: number, bLo: number): boolean =>
    aHi > bHi || (aHi === bHi && aLo > bLo);
  for (const row of rows) {
    payloadBytes += spans.length[row]!;
    if (spans.status[row] === 2) errorCount++;
    const parentless = spans.parentHi[row] === 0 && spans.parentLo[row] === 0;
    const kind = spans.kind[row];
    const own = parentless ? (kind === 2 || kind === 5 ? 0 : 1) : 2;
    if (parentless) rootPresent = true;
    if (
      own < rank ||
      (own === rank &&
        later(spans.startHi[rootRow]!, spans.startLo[rootRow]!, spans.startHi[row]!, spans.startLo[row]!))
    ) {
      rank = own;
      rootRow = row;
    }
    if (later(spans.startHi[first]!, spans.startLo[first]!, spans.startHi[row]!, spans.startLo[row]!)) first = row;
    if (later(spans.endHi[row]!, spans.endLo[row]!, spans.endHi[last]!, spans.endLo[last]!)) last = row;
  }
  const startHi = spans.startHi[first]!;
  const startLo = spans.startLo[first]!;
  const { id0, id1, id2, id3 } = traceIdWords(traceIdOf(id));
  return {
    memory,
    id0,
    id1,
    id2,
    id3,
    rows,
    count: rows.length,
    payloadBytes,
    startHi,
    startLo,
    durationNs: Math.max(0, nanosOf(spans.endHi[last]! - startHi, spans.endLo[last]! - startLo)),
    errorCount,
    rootPresent,
    missingParents: missingParents(memory, rows),
    rootRow,
    trigger: 'complete',
    firstSeenMs: 0,
    decidedMs: 0,
    leastHi: 0,
  };
}

/** Parent ids that no row has. */
function missingParents({ spans }: SpanMemory, rows: Int32Array): number {
  const present = new Set<string>();
  for (const row of rows) present.add(spanIdHex(spans.spanIdHi[row]!, spans.spanIdLo[row]!));
  const missing = new Set<string>();
  for (const row of rows) {
    if ((spans.parentHi[row]! | spans.parentLo[row]!) === 0) continue;
    const parent = spanIdHex(spans.parentHi[row]!, spans.parentLo[row]!);
    if (!present.has(parent)) missing.add(parent);
  }
  return missing.size;
}
