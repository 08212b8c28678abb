// What the buffer holds of a trace that waits for its decision, for people.
import type { KnownTrace } from '#proto/admin/answers.ts';
import { TWO_32 } from '#proto/model/halves.ts';
import { spanIdHex } from '#proto/model/ids.ts';
import { nanosOf } from '#proto/model/unix-nano.ts';
import type { WaitingTrace } from '#collector/assemble/waiting-trace.ts';
import type { SpanMemory } from '#collector/model/trace.ts';

/** Spans that are shown; the trace is seen whole soon. */
const MAX_SHOWN = 200;

export function bufferedTrace(waiting: WaitingTrace, memory: SpanMemory): NonNullable<KnownTrace['buffered']> {
  const { spans, resources, services, names } = memory;
  const shown = [];
  let row = waiting.firstRow;
  for (let i = 0; i < Math.min(MAX_SHOWN, waiting.count); i++) {
    const [startHi, startLo] = [spans.startHi[row]!, spans.startLo[row]!];
    const [parentHi, parentLo] = [spans.parentHi[row]!, spans.parentLo[row]!];
    shown.push({
      span_id: spanIdHex(spans.spanIdHi[row]!, spans.spanIdLo[row]!),
      parent_span_id: parentHi === 0 && parentLo === 0 ? '' : spanIdHex(parentHi, parentLo),
      service: services.text(resources.service[spans.resource[row]!]!),
      name: names.text(spans.name[row]!),
      kind: spans.kind[row]!,
      status: spans.status[row]!,
      start: String(BigInt(startHi) * BigInt(TWO_32) + BigInt(startLo)),
      duration_ns: Math.max(0, nanosOf(spans.endHi[row]! - startHi, spans.endLo[row]! - startLo)),
    });
    row = spans.next[row]!;
  }
  return { spans: waiting.count, first_seen_ms: waiting.firstSeenMs, first_spans: shown };
}
