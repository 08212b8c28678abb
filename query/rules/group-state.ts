// The state of a group before its first evaluation, and after its file was read again.
import type { LabelSet } from '#query/promql/labels.ts';
import type { ActiveAlert, GroupState, Rule, RuleGroup, RuleState } from './model.ts';

function freshRule(restored: boolean): RuleState {
  return {
    health: 'unknown',
    lastError: undefined,
    evaluatedAtMs: undefined,
    durationMs: 0,
    alerts: new Map(),
    series: new Map(),
    restored,
  };
}

/** @param restored false where the `for` state of a former process is still to be read */
export function freshState(group: RuleGroup, restored: boolean): GroupState {
  return {
    rules: group.rules.map(() => freshRule(restored)),
    staleSeries: [],
    evaluatedAtMs: undefined,
    durationMs: 0,
  };
}

function identityOf({ name, labels }: Rule): string {
  return JSON.stringify([name, ...labels]);
}

/**
 * The state that a group has after a reload: rules of the same name and labels go on with their alerts and series, the first with the first, the second
 * with the second. Series of rules that are gone become stale.
 * @public
 */
export function carriedState(group: RuleGroup, formerGroup: RuleGroup, former: GroupState): GroupState {
  const left = new Map<string, RuleState[]>();
  for (const [at, rule] of formerGroup.rules.entries()) {
    const state = former.rules[at];
    if (state === undefined) continue;
    const identity = identityOf(rule);
    left.set(identity, [...(left.get(identity) ?? []), state]);
  }
  const rules = group.rules.map((rule): RuleState => {
    const state = left.get(identityOf(rule))?.shift();
    if (state === undefined) return freshRule(true);
    const alerts: ReadonlyMap<string, ActiveAlert> = rule.kind === 'alerting' ? state.alerts : new Map();
    return { ...freshRule(state.restored), alerts, series: state.series };
  });
  const staleSeries: LabelSet[] = [...former.staleSeries];
  for (const states of left.values()) for (const state of states) staleSeries.push(...state.series.values());
  return { rules, staleSeries, evaluatedAtMs: former.evaluatedAtMs, durationMs: former.durationMs };
}
