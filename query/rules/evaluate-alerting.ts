// An alerting rule: each sample of its expression is an alert that is pending, then firing; when the sample goes, the alert is resolved.
import { LabelSet, METRIC_NAME } from '#query/promql/labels.ts';
import type { ActiveAlert, AlertingRule, QuerySample, RuleSample } from './model.ts';
import type { AlertTemplates } from './template/alert-template.ts';

/** How long a resolved alert stays, so that its end reaches Alertmanager. */
const RESOLVED_RETENTION_MS = 15 * 60_000;

/** Some milliseconds of templates. */
const ALERTS_BETWEEN_PAUSES = 50;

const ALERT_NAME = 'alertname';
const ALERT_STATE = 'alertstate';
const ALERTS = 'ALERTS';
const ALERTS_FOR_STATE = 'ALERTS_FOR_STATE';

/** Alerts as the result has them, pending since now. Throws an Error where two have the same labels. */
export async function alertsOf(
  rule: AlertingRule,
  result: readonly QuerySample[],
  atMs: number,
  templates: AlertTemplates,
  pause?: () => Promise<void>,
): Promise<Map<string, ActiveAlert>> {
  const alerts = new Map<string, ActiveAlert>();
  for (const [at, sample] of result.entries()) {
    if (at > 0 && at % ALERTS_BETWEEN_PAUSES === 0) await pause?.();
    const labels = new Map(sample.labels.without(METRIC_NAME).entries());
    for (const [name, text] of rule.labels) labels.set(name, await templates.expand(text, sample));
    labels.set(ALERT_NAME, rule.name);
    const annotations: [string, string][] = [];
    for (const [name, text] of rule.annotations) annotations.push([name, await templates.expand(text, sample)]);
    const alert: ActiveAlert = {
      labels: LabelSet.from(labels),
      annotations: new Map(annotations),
      state: 'pending',
      value: typeof sample.value === 'number' ? sample.value : 0,
      activeAtMs: atMs,
      firedAtMs: undefined,
      resolvedAtMs: undefined,
      keepFiringSinceMs: undefined,
      lastSentAtMs: undefined,
      validUntilMs: undefined,
    };
    if (alerts.has(alert.labels.key))
      throw new Error('vector contains metrics with the same labelset after applying alert labels');
    alerts.set(alert.labels.key, alert);
  }
  return alerts;
}

/** The alerts after an evaluation: `found` are those of the result. Some are resolved, and active no more. */
export function nextAlerts(
  rule: AlertingRule,
  former: ReadonlyMap<string, ActiveAlert>,
  found: ReadonlyMap<string, ActiveAlert>,
  atMs: number,
): Map<string, ActiveAlert> {
  const alerts = new Map(former);
  for (const [key, { value, annotations, ...fresh }] of found) {
    const known = former.get(key);
    const goesOn = known !== undefined && known.state !== 'inactive';
    alerts.set(key, { ...(goesOn ? known : fresh), value, annotations });
  }
  for (const [key, alert] of alerts) {
    const next = found.has(key)
      ? risen(rule, { ...alert, keepFiringSinceMs: undefined }, atMs)
      : fallen(rule, alert, atMs);
    if (next === undefined) alerts.delete(key);
    else alerts.set(key, next);
  }
  return alerts;
}

/** An alert that is in the result, or kept as if it were. */
function risen({ forMs }: AlertingRule, alert: ActiveAlert, atMs: number): ActiveAlert {
  const isLongEnough = atMs - alert.activeAtMs >= forMs;
  if (alert.state === 'pending' && isLongEnough) return { ...alert, state: 'firing', firedAtMs: atMs };
  // The rule was changed, and `for` is longer now.
  if (alert.state === 'firing' && !isLongEnough)
    return { ...alert, state: 'pending', firedAtMs: undefined, lastSentAtMs: undefined, keepFiringSinceMs: undefined };
  return alert;
}

/** An alert that is not in the result; undefined when it is to be forgotten. */
function fallen(rule: AlertingRule, alert: ActiveAlert, atMs: number): ActiveAlert | undefined {
  if (alert.state === 'firing' && rule.keepFiringForMs > 0) {
    const keepFiringSinceMs = alert.keepFiringSinceMs ?? atMs;
    if (atMs - keepFiringSinceMs < rule.keepFiringForMs) return risen(rule, { ...alert, keepFiringSinceMs }, atMs);
  }
  if (alert.state === 'pending') return undefined;
  if (alert.state === 'firing') return { ...alert, state: 'inactive', resolvedAtMs: atMs };
  return atMs - (alert.resolvedAtMs ?? atMs) > RESOLVED_RETENTION_MS ? undefined : alert;
}

/** `ALERTS` and `ALERTS_FOR_STATE` of the alerts that are pending or firing. */
export function alertSamples(
  rule: AlertingRule,
  alerts: ReadonlyMap<string, ActiveAlert>,
  timeMs: number,
): RuleSample[] {
  const samples: RuleSample[] = [];
  for (const { labels, state, activeAtMs } of alerts.values()) {
    if (state === 'inactive') continue;
    const named = (metric: string, more: readonly (readonly [string, string])[]): LabelSet =>
      LabelSet.from(
        new Map([...rule.labels, ...labels.entries(), [METRIC_NAME, metric], [ALERT_NAME, rule.name], ...more]),
      );
    samples.push({ labels: named(ALERTS, [[ALERT_STATE, state]]), timeMs, value: 1 });
    samples.push({ labels: named(ALERTS_FOR_STATE, []), timeMs, value: Math.floor(activeAtMs / 1000) });
  }
  return samples;
}
