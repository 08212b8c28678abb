// What rules, services of the root and triggers kept and dropped over a range, from the decision log.
import type { HitRow, SamplingHitsResponse } from '#proto/api/sampling.ts';
import { numberOf, textOf, type Database, type Row } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';

/** Points of a chart's line. */
const STEPS = 60;
const LEAST_STEP_MS = 1_000;
/** Rules with a line of their own. */
const MAX_RULES = 50;
const MAX_ROWS = 200;
const OTHERS = 'others';
const NS_PER_MS = 1_000_000n;

const COUNTS = `countIf(decision = 'kept'), countIf(decision != 'kept'), sumIf(span_count, decision = 'kept'), sumIf(span_count, decision != 'kept')`;
/** Late spans follow a decision and are none: rows of theirs are told under their trigger only. */
const WHERE =
  'decided_at >= fromUnixTimestamp64Milli({from:Int64}) AND decided_at < fromUnixTimestamp64Milli({to:Int64})';

export async function samplingHits(db: Database, range: TimeRange): Promise<SamplingHitsResponse> {
  const from = Number(range.startNs / NS_PER_MS);
  const to = Number((range.endNs + NS_PER_MS - 1n) / NS_PER_MS);
  const stepMs = Math.max(LEAST_STEP_MS, Math.ceil((to - from) / STEPS));
  const steps = Math.max(1, Math.ceil((to - from) / stepMs));
  const bindings = { from: String(from), to: String(to), step: stepMs, rows: MAX_ROWS };
  const by = (column: string, more: string): Promise<Row[]> =>
    db.rows(
      `SELECT ${column}, ${COUNTS} FROM decisions WHERE ${WHERE} ${more} GROUP BY ${column} ORDER BY count() DESC, ${column} LIMIT {rows:UInt32}`,
      bindings,
    );
  const [rules, timeline, services, triggers] = await Promise.all([
    by('rule', "AND trigger != 'late'"),
    db.rows(
      `SELECT rule, intDiv(toUnixTimestamp64Milli(decided_at) - {from:Int64}, {step:Int64}) AS at, countIf(decision = 'kept'), countIf(decision != 'kept')
       FROM decisions WHERE ${WHERE} AND trigger != 'late' GROUP BY rule, at LIMIT 100000`,
      bindings,
    ),
    by('root_service', "AND trigger != 'late'"),
    by('trigger', ''),
  ]);
  const names = new Set(rules.slice(0, MAX_RULES).map((row) => textOf(row[0])));
  const lines = new Map<string, { kept: number[]; dropped: number[] }>();
  const lineOf = (name: string): { kept: number[]; dropped: number[] } => {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const line = { kept: zeros(steps), dropped: zeros(steps) };
    lines.set(name, line);
    return line;
  };
  for (const row of timeline) {
    const rule = textOf(row[0]);
    const line = lineOf(names.has(rule) ? rule : OTHERS);
    const at = Math.min(steps - 1, Math.max(0, numberOf(row[1])));
    line.kept[at]! += numberOf(row[2]);
    line.dropped[at]! += numberOf(row[3]);
  }
  const rows = rules.slice(0, MAX_RULES).map(hitRow);
  if (rules.length > MAX_RULES)
    rows.push(
      rules
        .slice(MAX_RULES)
        .map(hitRow)
        .reduce(added, { name: OTHERS, kept: 0, dropped: 0, kept_spans: 0, dropped_spans: 0 }),
    );
  return {
    start: String(BigInt(from) * NS_PER_MS),
    step_ms: stepMs,
    steps,
    rules: rows.map((row) => ({
      ...row,
      kept_by_step: lineOf(row.name).kept,
      dropped_by_step: lineOf(row.name).dropped,
    })),
    services: services.map(hitRow),
    triggers: triggers.map(hitRow),
  };
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function hitRow(row: Row): HitRow {
  return {
    name: textOf(row[0]),
    kept: numberOf(row[1]),
    dropped: numberOf(row[2]),
    kept_spans: numberOf(row[3]),
    dropped_spans: numberOf(row[4]),
  };
}

function added(sum: HitRow, row: HitRow): HitRow {
  return {
    name: sum.name,
    kept: sum.kept + row.kept,
    dropped: sum.dropped + row.dropped,
    kept_spans: sum.kept_spans + row.kept_spans,
    dropped_spans: sum.dropped_spans + row.dropped_spans,
  };
}
