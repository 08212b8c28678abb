// Spans of a request that are invalid by themselves: counted by reason, and said to the sender in partial_success.
import { REJECTIONS } from '#collector/assemble/span-columns.ts';
import type { RequestIndex } from '#collector/assemble/request-index.ts';
import type { IntakeAnswer } from '#collector/receive/intake.ts';
import type { TraceLedger } from './span-counts.ts';

/** What a partial success says of each reason. */
const REJECTION_TEXT: Readonly<Record<string, string>> = {
  bad_trace_id: 'trace id is not 16 bytes or all zeros',
  bad_span_id: 'span id is not 8 bytes or all zeros',
  time_out_of_range: 'start or end is beyond 2^63 ns',
};

/** @param index of a request that has such spans */
export function rejectSpans(index: RequestIndex, ledger: TraceLedger): IntakeAnswer & { readonly kind: 'accepted' } {
  const reasons: string[] = [];
  for (const [i, reason] of REJECTIONS.entries()) {
    const spans = index.rejected[i] ?? 0;
    if (spans === 0) continue;
    ledger.reject(spans, reason);
    reasons.push(`${spans} × ${REJECTION_TEXT[reason] ?? reason}`);
  }
  return { kind: 'accepted', rejected: index.rejectedCount, message: `spans rejected: ${reasons.join('; ')}` };
}
