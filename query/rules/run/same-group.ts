// What of a group counts at a reload: whether it is as before, and its series.
import type { LabelSet } from '#query/promql/labels.ts';
import type { GroupState, Rule, RuleGroup } from '#query/rules/model.ts';

/** Two groups with the same text are one. */
export function groupText(group: RuleGroup, intervalMs: number): string {
  const { file, name, limit, queryOffsetMs, rules } = group;
  return JSON.stringify([file, name, intervalMs, limit, queryOffsetMs ?? null, rules.map(ruleParts)]);
}

function ruleParts(rule: Rule): readonly unknown[] {
  const common = [rule.kind, rule.name, rule.query, [...rule.labels]];
  return rule.kind === 'recording' ? common : [...common, rule.forMs, rule.keepFiringForMs, [...rule.annotations]];
}

/** All series that the group wrote the last time, and those that still have to become stale. */
export function seriesOfState(state: GroupState): LabelSet[] {
  return [...state.rules.flatMap(({ series }) => [...series.values()]), ...state.staleSeries];
}
