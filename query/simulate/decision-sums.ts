// What the decision log says was kept and dropped: exact sums per rule and per service of the root, and an even choice of the kept traces.
import type { Amount } from '#proto/api/simulate.ts';
import type { StoredTrace } from '#collector/simulate/estimate.ts';
import type { DecisionReader } from '../store/decisions/contract.ts';
import type { TimeRange } from '../store/time-range.ts';

/** Spans that one simulation decides again: about 400 MB in its thread. */
const MAX_SPANS = 500_000;
const TWO_64 = 2 ** 64;

export interface LoggedSum {
  readonly rule: string;
  readonly rootService: string;
  readonly kept: Amount;
  readonly dropped: Amount;
  /** Of the dropped: by a rule that keeps nothing. */
  readonly unseen: Amount;
}

export async function decisionSums(decisions: DecisionReader, range: TimeRange): Promise<LoggedSum[]> {
  const { kept, dropped } = await decisions.amounts(range);
  const none = { traces: 0, spans: 0, bytes: 0 };
  return [
    ...kept.map(({ rule, rootService, traceTotal, spanTotal, byteTotal }) => ({
      rule,
      rootService,
      kept: { traces: traceTotal, spans: spanTotal, bytes: byteTotal },
      dropped: none,
      unseen: none,
    })),
    ...dropped.map(({ rule, rootService, traceTotal, spanTotal, byteTotal, ...row }) => ({
      rule,
      rootService,
      kept: none,
      dropped: { traces: traceTotal, spans: spanTotal, bytes: byteTotal },
      unseen: { traces: row.unseenTraces, spans: row.unseenSpans, bytes: row.unseenBytes },
    })),
  ];
}

export interface StoredChoice {
  /** By trace id. */
  readonly traces: ReadonlyMap<string, StoredTrace>;
  /** T by trace id, 14 hex digits. */
  readonly thresholds: ReadonlyMap<string, string>;
  /** Traces whose weight nobody knows. */
  readonly weightless: number;
  /** Probability of a kept trace to be among them: 1 when all are. */
  readonly share: number;
}

/**
 * The kept traces with the lowest hashes, as many as the bounds allow. The first one left out sets the share, so that what is counted from
 * them is unbiased; a hash of the id has nothing to do with its randomness.
 */
export async function chooseStored(decisions: DecisionReader, range: TimeRange, limit: number): Promise<StoredChoice> {
  const kept = await decisions.keptByHash(range, limit + 1);
  const traces = new Map<string, StoredTrace>();
  const thresholds = new Map<string, string>();
  let spansSoFar = 0;
  let weightless = 0;
  for (const { traceId, rule, adjustedCount, thresholdHex, hash, ...facts } of kept) {
    spansSoFar += facts.spans;
    const first = traces.size === 0;
    if (!first && (traces.size === limit || spansSoFar > MAX_SPANS))
      return { traces, thresholds, weightless, share: Number(hash) / TWO_64 };
    if (adjustedCount === 0) weightless++;
    thresholds.set(traceId, thresholdHex);
    traces.set(traceId, {
      rule,
      // 0: its adjusted count is not known (a Collector's policies); it counts for itself alone.
      weight: Math.max(1, adjustedCount),
      facts: {
        traceId,
        spans: facts.spans,
        bytes: facts.bytes,
        errors: facts.errors,
        rootService: facts.rootService,
        rootName: facts.rootName,
        start: facts.startNs,
        durationNs: facts.durationNs,
      },
    });
  }
  return { traces, thresholds, weightless, share: 1 };
}
