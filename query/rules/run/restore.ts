// How long alerts had waited for their `for` when the process before this one ended: found in the series ALERTS_FOR_STATE that it wrote.
import { METRIC_NAME } from '#query/promql/labels.ts';
import { makeMatcher, type Matcher } from '#query/promql/matcher.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import type { Series } from '#query/promql/storage.ts';
import type { ActiveAlert, AlertingRule, GroupState, RuleGroup, RuleState } from '#query/rules/model.ts';

const FOR_STATE = 'ALERTS_FOR_STATE';
const ALERT_NAME = 'alertname';
const MS_PER_SECOND = 1000;

export interface RestoreOptions {
  /** When alerts are restored, Unix ms. */
  readonly atMs: number;
  /** `rules.alert.for_outage_tolerance`, ms. */
  readonly toleranceMs: number;
  /** `rules.alert.for_grace_period`, ms. */
  readonly graceMs: number;
  /** Series with samples in the closed range. */
  readonly select: (matchers: readonly Matcher[], startMs: number, endMs: number) => Promise<readonly Series[]>;
  /** Called for a rule whose series could not be read: its alerts wait from the beginning. */
  readonly onFailure: (rule: AlertingRule, error: unknown) => void;
}

interface LastPoint {
  readonly timeMs: number;
  readonly value: number;
  readonly isStale: boolean;
}

/** @returns the state with every rule restored. From then on alerts write their series. */
export async function restoreForState(
  group: RuleGroup,
  state: GroupState,
  options: RestoreOptions,
): Promise<GroupState> {
  const rules: RuleState[] = [];
  for (const [at, before] of state.rules.entries()) {
    const rule = group.rules[at];
    const alerts = rule?.kind === 'alerting' ? await restoredAlerts(rule, before.alerts, options) : before.alerts;
    rules.push({ ...before, alerts, restored: true });
  }
  return { ...state, rules };
}

async function restoredAlerts(
  rule: AlertingRule,
  alerts: ReadonlyMap<string, ActiveAlert>,
  options: RestoreOptions,
): Promise<ReadonlyMap<string, ActiveAlert>> {
  if (rule.forMs < options.graceMs || alerts.size === 0) return alerts;
  try {
    const last = await lastPoints(rule, options);
    return new Map(
      [...alerts].map(([key, alert]) => {
        const point = last.get(alert.labels.key);
        return [key, point === undefined || point.isStale ? alert : restoredAlert(rule, alert, point, options)];
      }),
    );
  } catch (error) {
    options.onFailure(rule, error);
    return alerts;
  }
}

function restoredAlert(
  { forMs }: AlertingRule,
  alert: ActiveAlert,
  { timeMs, value }: LastPoint,
  { atMs, graceMs }: RestoreOptions,
): ActiveAlert {
  // Both are seconds in the series.
  const downAtMs = Math.floor(timeMs / MS_PER_SECOND) * MS_PER_SECOND;
  const activeAtMs = Math.trunc(value) * MS_PER_SECOND;
  const leftMs = forMs - (downAtMs - activeAtMs);
  // It was firing: it does so again at the next evaluation.
  if (leftMs <= 0) return { ...alert, activeAtMs };
  if (leftMs < graceMs) return { ...alert, activeAtMs: atMs + graceMs - forMs };
  return { ...alert, activeAtMs: activeAtMs + (atMs - downAtMs) };
}

/** By the key of the labels without the metric's name. */
async function lastPoints(rule: AlertingRule, options: RestoreOptions): Promise<ReadonlyMap<string, LastPoint>> {
  const series = await options.select(matchersOf(rule), options.atMs - options.toleranceMs, options.atMs);
  const found = new Map<string, LastPoint>();
  for (const one of series) {
    const at = one.timesMs.length - 1;
    if (at < 0) continue;
    const isStale = isStaleWord(wordsOf(one.values), at);
    found.set(one.labels.without(METRIC_NAME).key, { timeMs: one.timesMs[at]!, value: one.values[at]!, isStale });
  }
  return found;
}

/** All series of the rule: labels that are templates differ from alert to alert. */
function matchersOf({ name, labels }: AlertingRule): Matcher[] {
  const fixed = [...labels].filter(([label, value]) => label !== ALERT_NAME && !value.includes('{{'));
  return [
    makeMatcher(METRIC_NAME, '=', FOR_STATE),
    makeMatcher(ALERT_NAME, '=', name),
    ...fixed.map(([label, value]) => makeMatcher(label, '=', value)),
  ];
}
