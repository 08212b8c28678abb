// Groups, rules and alerts in the JSON form of the Prometheus HTTP API.
import { formatExponential, formatValue } from '#query/promql/format-number.ts';
import type { ActiveAlert, AlertingRule, RecordingRule, Rule, RuleState } from '#query/rules/model.ts';
import type { RunningGroup } from './rules-status.ts';

type Json = Readonly<Record<string, unknown>>;
const MS_PER_SECOND = 1000;
const NEVER = '0001-01-01T00:00:00Z';
const SEVERITY = ['inactive', 'pending', 'firing'] as const;

/** RFC 3339 without zeros at the end of the fraction, as Go writes times. */
function timeText(timeMs: number | undefined): string {
  return timeMs === undefined ? NEVER : new Date(timeMs).toISOString().replace(/\.?0+Z$/, 'Z');
}

/** Always with an exponent: `1.2e+01`. */
function exponentText(value: number): string {
  if (Object.is(value, -0)) return '-0e+00';
  return Number.isFinite(value) ? formatExponential(value) : formatValue(value);
}

export function alertJson(alert: ActiveAlert): Json {
  return {
    labels: alert.labels.toRecord(),
    annotations: Object.fromEntries(alert.annotations),
    state: alert.state,
    activeAt: timeText(alert.activeAtMs),
    ...(alert.keepFiringSinceMs === undefined ? {} : { keepFiringSince: timeText(alert.keepFiringSinceMs) }),
    value: exponentText(alert.value),
  };
}

/** Those that have not ended. */
export function activeAlerts({ alerts }: RuleState): ActiveAlert[] {
  return [...alerts.values()].filter(({ resolvedAtMs }) => resolvedAtMs === undefined);
}

/** Of a rule: the highest of its alerts. */
function stateOf({ alerts, evaluatedAtMs }: RuleState): string {
  if (evaluatedAtMs === undefined) return 'unknown';
  const highest = Math.max(0, ...[...alerts.values()].map(({ state }) => SEVERITY.indexOf(state)));
  return SEVERITY[highest] ?? 'inactive';
}

function commonJson({ name, query, labels }: Rule, state: RuleState): Json {
  return {
    name,
    query,
    labels: Object.fromEntries(labels),
    health: state.health,
    ...(state.lastError === undefined ? {} : { lastError: state.lastError }),
    evaluationTime: state.durationMs / MS_PER_SECOND,
    lastEvaluation: timeText(state.evaluatedAtMs),
  };
}

export function recordingJson(rule: RecordingRule, state: RuleState): Json {
  return { ...commonJson(rule, state), type: 'recording' };
}

/** @param isWithAlerts without them the list is null */
export function alertingJson(rule: AlertingRule, state: RuleState, isWithAlerts: boolean): Json {
  return {
    state: stateOf(state),
    ...commonJson(rule, state),
    duration: rule.forMs / MS_PER_SECOND,
    keepFiringFor: rule.keepFiringForMs / MS_PER_SECOND,
    annotations: Object.fromEntries(rule.annotations),
    alerts: isWithAlerts ? activeAlerts(state).map(alertJson) : null,
    type: 'alerting',
  };
}

export function groupJson({ group, intervalMs, state }: RunningGroup, rules: readonly Json[]): Json {
  return {
    name: group.name,
    file: group.file,
    rules,
    interval: intervalMs / MS_PER_SECOND,
    limit: group.limit,
    evaluationTime: state.durationMs / MS_PER_SECOND,
    lastEvaluation: timeText(state.evaluatedAtMs),
  };
}
