// What the decision log says was kept and dropped: exact sums per rule and per service of the root, and an even choice of the kept traces.
import type { Amount } from '#proto/api/simulate.ts';
import type { StoredTrace } from '#collector/simulate/estimate.ts';
import { numberOf, textOf, type Bindings, type Database } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';

/** Pairs of rule and service that are told apart. */
const MAX_GROUPS = 20_000;
/** Spans that one simulation decides again: about 400 MB in its thread. */
const MAX_SPANS = 500_000;
const TWO_64 = 2 ** 64;
/** T of what no stored trace can stand for: keep 0%, or no rule. */
const KEEP_NONE = String(2n ** 56n);

const RANGE =
  'decided_at >= fromUnixTimestamp64Milli({from:Int64}) AND decided_at < fromUnixTimestamp64Milli({to:Int64})';
/** Kept traces with their late spans; the rule and the root are those of the first decision. A trace that came back counts as kept where that is a class of its
 * own (late errors, error logs), and as what it was at first where others stand for it already. */
const KEPT = `SELECT trace_id, argMin(rule, decided_at) AS rule, argMin(root_service, decided_at) AS root_service, argMin(root_name, decided_at) AS root_name,
  argMin(threshold, decided_at) AS threshold, argMin(weight, decided_at) AS weight, argMin(start, decided_at) AS start, max(duration_ns) AS duration_ns,
  sum(span_count) AS spans, sum(bytes) AS bytes, sum(error_count) AS errors
  FROM decisions WHERE ${RANGE} AND decision = 'kept' AND NOT (trigger = 'rescue' AND decisions.weight = 0) GROUP BY trace_id HAVING countIf(trigger != 'late') > 0`;

export interface LoggedSum {
  readonly rule: string;
  readonly rootService: string;
  readonly kept: Amount;
  readonly dropped: Amount;
  /** Of the dropped: by a rule that keeps nothing. */
  readonly unseen: Amount;
}

function bindingsOf({ startNs, endNs }: TimeRange): Bindings {
  return { from: String(startNs / 1_000_000n), to: String(endNs / 1_000_000n) };
}

export async function decisionSums(db: Database, range: TimeRange): Promise<LoggedSum[]> {
  const bindings = { ...bindingsOf(range), groups: MAX_GROUPS, none: KEEP_NONE };
  const [kept, dropped] = await Promise.all([
    db.rows(
      `SELECT rule, root_service, count(), sum(spans), sum(bytes) FROM (${KEPT}) GROUP BY rule, root_service LIMIT {groups:UInt32}`,
      bindings,
    ),
    db.rows(
      `SELECT rule, root_service, count(), sum(span_count), sum(bytes), countIf(threshold >= {none:UInt64}), sumIf(span_count, threshold >= {none:UInt64}), sumIf(bytes, threshold >= {none:UInt64})
       FROM decisions WHERE ${RANGE} AND decision != 'kept' AND trigger != 'late'
         AND trace_id NOT IN (SELECT trace_id FROM decisions WHERE ${RANGE} AND decision = 'kept' AND trigger = 'rescue' AND weight > 0)
       GROUP BY rule, root_service LIMIT {groups:UInt32}`,
      bindings,
    ),
  ]);
  const none = { traces: 0, spans: 0, bytes: 0 };
  const amount = (row: readonly unknown[], at: number): Amount => ({
    traces: Number(row[at]),
    spans: Number(row[at + 1]),
    bytes: Number(row[at + 2]),
  });
  return [
    ...kept.map((row) => ({
      rule: textOf(row[0]),
      rootService: textOf(row[1]),
      kept: amount(row, 2),
      dropped: none,
      unseen: none,
    })),
    ...dropped.map((row) => ({
      rule: textOf(row[0]),
      rootService: textOf(row[1]),
      kept: none,
      dropped: amount(row, 2),
      unseen: amount(row, 5),
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
export async function chooseStored(db: Database, range: TimeRange, limit: number): Promise<StoredChoice> {
  const rows = await db.rows(
    `SELECT lower(hex(trace_id)), rule, root_service, root_name, threshold, weight, toUnixTimestamp64Nano(start), duration_ns, spans, bytes, errors, toString(cityHash64(trace_id)) AS hash
     FROM (${KEPT}) ORDER BY cityHash64(trace_id) LIMIT {limit:UInt32}`,
    { ...bindingsOf(range), limit: limit + 1 },
  );
  const traces = new Map<string, StoredTrace>();
  const thresholds = new Map<string, string>();
  let spansSoFar = 0;
  let weightless = 0;
  for (const row of rows) {
    const spans = numberOf(row[8]);
    spansSoFar += spans;
    const first = traces.size === 0;
    if (!first && (traces.size === limit || spansSoFar > MAX_SPANS))
      return { traces, thresholds, weightless, share: Number(textOf(row[11])) / TWO_64 };
    const traceId = textOf(row[0]);
    if (numberOf(row[5]) === 0) weightless++;
    thresholds.set(traceId, BigInt(textOf(row[4])).toString(16).padStart(14, '0'));
    traces.set(traceId, {
      rule: textOf(row[1]),
      // 0: nobody knows what it stands for (a Collector's policies); it counts for itself alone.
      weight: Math.max(1, numberOf(row[5])),
      facts: {
        traceId,
        spans,
        bytes: numberOf(row[9]),
        errors: numberOf(row[10]),
        rootService: textOf(row[2]),
        rootName: textOf(row[3]),
        start: textOf(row[6]),
        durationNs: numberOf(row[7]),
      },
    });
  }
  return { traces, thresholds, weightless, share: 1 };
}
