// The propagation report: where trace context goes wrong, by cause and pair of services.
import { PROPAGATION_ADVICE, PropagationCause, type PropagationResponse } from '#proto/api/propagation.ts';
import type { ServiceReader } from '#query/store/services/contract.ts';
import type { TimeRange } from '#query/store/time-range.ts';

/** Lines of one report, those with most problems first. */
const MAX_LINES = 1000;

export async function propagation(reader: ServiceReader, range: TimeRange): Promise<PropagationResponse> {
  const lines = await reader.propagation(range, MAX_LINES);
  return {
    problems: lines.flatMap(({ cause: word, caller, callee, total, outOf, exampleTraceId, keptTraceId }) => {
      const cause = PropagationCause.safeParse(word).data;
      if (cause === undefined) return []; // written by a newer collector
      const isKept = keptTraceId !== '';
      return [
        {
          cause,
          caller,
          callee,
          count: total,
          of: outOf,
          share: outOf === 0 ? null : Math.min(1, total / outOf),
          example: isKept ? keptTraceId : exampleTraceId,
          example_kept: isKept,
          ...PROPAGATION_ADVICE[cause],
        },
      ];
    }),
  };
}
