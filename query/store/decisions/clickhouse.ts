// The decision log in ClickHouse: one row for each decision, and for each time that late spans followed one.
import { DECISIONS_TABLE } from '#proto/tables/decisions.ts';
import { flag, hex56, hexId, number, text, unixNs } from '../columns.ts';
import type { Database } from '../database.ts';
import { TableReader } from '../table-reader.ts';
import { inMilliseconds, millisecondBindings, type TimeRange } from '../time-range.ts';
import type {
  CountedBy,
  DecisionFilter,
  DecisionReader,
  FirstDecision,
  KeptTrace,
  LoggedAmounts,
  NamedCounts,
  RulePoint,
  StoredDecision,
} from './contract.ts';

/** Points of all rules in one answer. */
const MAX_POINTS = 100_000;
/** Most pairs of rule and service with rows of their own. */
const MAX_GROUPS = 20_000;
/** Threshold of traces that are never kept (keep: 0%, or no rule): no stored trace has an adjusted count for them. */
const KEEP_NONE = String(2n ** 56n);

const IN_RANGE = inMilliseconds('decided_at');
const NOT_LATE = "trigger != 'late'";
const IDS = '(SELECT toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))';
/** Kept traces with their late spans; the rule and the root are those of the first decision. A trace that came back counts as kept where that is a class of its
 * own (late errors, error logs), and as what it was at first where others stand for it already. */
const KEPT = `SELECT trace_id, argMin(rule, decided_at) AS rule, argMin(root_service, decided_at) AS root_service, argMin(root_name, decided_at) AS root_name,
  argMin(threshold, decided_at) AS threshold, argMin(weight, decided_at) AS weight, argMin(start, decided_at) AS start, max(duration_ns) AS duration_ns,
  sum(span_count) AS spans, sum(bytes) AS bytes, sum(error_count) AS errors
  FROM decisions WHERE ${IN_RANGE} AND decision = 'kept' AND NOT (trigger = 'rescue' AND decisions.weight = 0) GROUP BY trace_id HAVING countIf(${NOT_LATE}) > 0`;

const DECISION = {
  traceId: hexId('trace_id'),
  decidedNs: text('toInt64(toUnixTimestamp64Milli(decided_at)) * 1000000'),
  decision: text('decision'),
  rule: text('rule'),
  trigger: text('trigger'),
  thresholdHex: hex56('threshold'),
  randomnessHex: hex56('randomness'),
  adjustedCount: number('weight'),
  rootService: text('root_service'),
  rootName: text('root_name'),
  startNs: unixNs('start'),
  durationNs: number('duration_ns'),
  spanCount: number('span_count'),
  byteCount: number('bytes'),
  errorCount: number('error_count'),
  rootPresent: flag('root_present'),
  missingParents: number('missing_parents'),
};
const COUNTED_BY: Readonly<Record<CountedBy, string>> = {
  rule: 'rule',
  rootService: 'root_service',
  trigger: 'trigger',
};
const COUNTS = {
  kept: number("countIf(decision = 'kept')"),
  dropped: number("countIf(decision != 'kept')"),
  keptSpans: number("sumIf(span_count, decision = 'kept')"),
  droppedSpans: number("sumIf(span_count, decision != 'kept')"),
};
const POINT = {
  rule: text('rule'),
  point: number('intDiv(toUnixTimestamp64Milli(decided_at) - {from_ms:Int64}, {step:Int64})'),
  kept: COUNTS.kept,
  dropped: COUNTS.dropped,
};
const FIRST = {
  traceId: hexId('trace_id'),
  firstDecision: text('argMin(decision, decided_at)'),
  firstRule: text('argMin(rule, decided_at)'),
  rootService: text('argMin(root_service, decided_at)'),
  rootName: text('argMin(root_name, decided_at)'),
  startNs: unixNs('argMin(start, decided_at)'),
  durationNs: number('argMin(duration_ns, decided_at)'),
  thresholdHex: hex56('argMin(threshold, decided_at)'),
  randomnessHex: hex56('argMin(randomness, decided_at)'),
};
/** Of the rows of {@link KEPT}. */
const KEPT_AMOUNTS = {
  rule: text('rule'),
  rootService: text('root_service'),
  traceTotal: number('count()'),
  spanTotal: number('sum(spans)'),
  byteTotal: number('sum(bytes)'),
};
const DROPPED_AMOUNTS = {
  ...KEPT_AMOUNTS,
  spanTotal: number('sum(span_count)'),
  unseenTraces: number('countIf(threshold >= {none:UInt64})'),
  unseenSpans: number('sumIf(span_count, threshold >= {none:UInt64})'),
  unseenBytes: number('sumIf(bytes, threshold >= {none:UInt64})'),
};
/** Of the rows of {@link KEPT}. */
const KEPT_TRACE = {
  traceId: hexId('trace_id'),
  rule: text('rule'),
  rootService: text('root_service'),
  rootName: text('root_name'),
  startNs: unixNs('start'),
  durationNs: number('duration_ns'),
  spans: number('spans'),
  bytes: number('bytes'),
  errors: number('errors'),
  thresholdHex: hex56('threshold'),
  adjustedCount: number('weight'),
  hash: text('toString(cityHash64(trace_id))'),
};

export class ClickHouseDecisions implements DecisionReader {
  readonly #tables: TableReader;

  constructor(db: Database) {
    this.#tables = new TableReader(db, [DECISIONS_TABLE]);
  }

  newest({ range, service, decision, rule }: DecisionFilter, limit: number): Promise<readonly StoredDecision[]> {
    return this.#tables.select(
      DECISION,
      `FROM decisions WHERE ${IN_RANGE} AND ({service:String} = '' OR root_service = {service:String})
         AND ({decision:String} = '' OR decision = {decision:String}) AND ({rule:String} = '' OR rule = {rule:String})
       ORDER BY decided_at DESC, trace_id LIMIT {limit:UInt32}`,
      { ...millisecondBindings(range), service: service ?? '', decision: decision ?? '', rule: rule ?? '', limit },
    );
  }

  ofTrace(traceId: string, limit: number): Promise<readonly StoredDecision[]> {
    return this.#tables.select(
      DECISION,
      'FROM decisions WHERE trace_id = unhex({id:String}) ORDER BY decided_at DESC LIMIT {limit:UInt32}',
      { id: traceId, limit },
    );
  }

  counts(by: CountedBy, range: TimeRange, limit: number, service = ''): Promise<readonly NamedCounts[]> {
    const late = by === 'trigger' ? '' : `AND ${NOT_LATE}`;
    return this.#tables.select(
      { name: text(COUNTED_BY[by]), ...COUNTS },
      `FROM decisions WHERE ${IN_RANGE} AND ({service:String} = '' OR root_service = {service:String}) ${late}
       GROUP BY name ORDER BY count() DESC, name LIMIT {limit:UInt32}`,
      { ...millisecondBindings(range), service, limit },
    );
  }

  overTime(range: TimeRange, stepMs: number): Promise<readonly RulePoint[]> {
    return this.#tables.select(
      POINT,
      `FROM decisions WHERE ${IN_RANGE} AND ${NOT_LATE} GROUP BY rule, point LIMIT {limit:UInt32}`,
      { ...millisecondBindings(range), step: stepMs, limit: MAX_POINTS },
    );
  }

  first(traceIds: readonly string[]): Promise<readonly FirstDecision[]> {
    return this.#tables.select(FIRST, `FROM decisions WHERE trace_id IN ${IDS} GROUP BY trace_id`, { ids: traceIds });
  }

  async amounts(range: TimeRange): Promise<LoggedAmounts> {
    const bindings = { ...millisecondBindings(range), groups: MAX_GROUPS };
    const [kept, dropped] = await Promise.all([
      this.#tables.select(KEPT_AMOUNTS, `FROM (${KEPT}) GROUP BY rule, root_service LIMIT {groups:UInt32}`, bindings),
      this.#tables.select(
        DROPPED_AMOUNTS,
        `FROM decisions WHERE ${IN_RANGE} AND decision != 'kept' AND ${NOT_LATE}
           AND trace_id NOT IN (SELECT trace_id FROM decisions WHERE ${IN_RANGE} AND decision = 'kept' AND trigger = 'rescue' AND weight > 0)
         GROUP BY rule, root_service LIMIT {groups:UInt32}`,
        { ...bindings, none: KEEP_NONE },
      ),
    ]);
    return { kept, dropped };
  }

  keptByHash(range: TimeRange, limit: number): Promise<readonly KeptTrace[]> {
    return this.#tables.select(KEPT_TRACE, `FROM (${KEPT}) ORDER BY cityHash64(trace_id) LIMIT {limit:UInt32}`, {
      ...millisecondBindings(range),
      limit,
    });
  }
}
