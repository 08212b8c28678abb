// What rules, services of the root and triggers kept and dropped over a range, from the decision log.
import type { HitRow, SamplingHitsResponse } from '#proto/api/sampling.ts';
import type { DecisionReader, NamedCounts } from '#query/store/decisions/contract.ts';
import type { RuleInForce } from './rules-in-force.ts';
import { millisecondsOf, type TimeRange } from '#query/store/time-range.ts';

/** Points of a chart's line. */
const STEPS = 60;
const LEAST_STEP_MS = 1_000;
/** Rules with a line of their own. */
const MAX_RULES = 50;
const MAX_ROWS = 200;
const OTHERS = 'others';
const NS_PER_MS = 1_000_000n;

interface Line {
  readonly kept: number[];
  readonly dropped: number[];
}

/** Late spans follow a decision and are not decisions: their rows are counted by trigger only. */
export async function samplingHits(
  decisions: DecisionReader,
  range: TimeRange,
  inForce: readonly RuleInForce[],
): Promise<SamplingHitsResponse> {
  const { fromMs, toMs } = millisecondsOf(range);
  const stepMs = Math.max(LEAST_STEP_MS, Math.ceil((toMs - fromMs) / STEPS));
  const steps = Math.max(1, Math.ceil((toMs - fromMs) / stepMs));
  const [rules, timeline, services, triggers] = await Promise.all([
    decisions.counts('rule', range, MAX_ROWS),
    decisions.overTime(range, stepMs),
    decisions.counts('rootService', range, MAX_ROWS),
    decisions.counts('trigger', range, MAX_ROWS),
  ]);
  const names = new Set(rules.slice(0, MAX_RULES).map(({ name }) => name));
  const lines = new Map<string, Line>();
  const lineOf = (name: string): Line => {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const line = { kept: zeros(steps), dropped: zeros(steps) };
    lines.set(name, line);
    return line;
  };
  for (const { rule, point, kept, dropped } of timeline) {
    const line = lineOf(names.has(rule) ? rule : OTHERS);
    const at = Math.min(steps - 1, Math.max(0, point));
    line.kept[at]! += kept;
    line.dropped[at]! += dropped;
  }
  const rows = rules.slice(0, MAX_RULES).map(shapeHit);
  if (rules.length > MAX_RULES)
    rows.push(
      rules
        .slice(MAX_RULES)
        .map(shapeHit)
        .reduce(added, { name: OTHERS, kept: 0, dropped: 0, kept_spans: 0, dropped_spans: 0 }),
    );
  return {
    start: String(BigInt(fromMs) * NS_PER_MS),
    step_ms: stepMs,
    steps,
    rules: inOrder(rows, inForce).map((row) => ({
      ...row,
      kept_by_step: lineOf(row.name).kept,
      dropped_by_step: lineOf(row.name).dropped,
    })),
    services: services.map(shapeHit),
    triggers: triggers.map(shapeHit),
  };
}

/** As the rules are tried: the first that matches decides, so that their order says as much as their numbers. */
function inOrder(
  rows: readonly HitRow[],
  inForce: readonly RuleInForce[],
): readonly (HitRow & { readonly condition: string; readonly in_force: boolean })[] {
  const none = { kept: 0, dropped: 0, kept_spans: 0, dropped_spans: 0 };
  const names = new Set(inForce.map(({ name }) => name));
  return [
    ...inForce
      .slice(0, MAX_ROWS)
      .map(({ name, condition }) => ({
        ...(rows.find((row) => row.name === name) ?? { name, ...none }),
        condition,
        in_force: true,
      })),
    ...rows.filter(({ name }) => !names.has(name)).map((row) => ({ ...row, condition: '', in_force: false })),
  ];
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function shapeHit({ name, kept, dropped, keptSpans, droppedSpans }: NamedCounts): HitRow {
  return { name, kept, dropped, kept_spans: keptSpans, dropped_spans: droppedSpans };
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
