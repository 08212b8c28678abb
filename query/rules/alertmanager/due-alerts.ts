// Which alerts of a rule are sent after an evaluation, and until when Alertmanager may believe them.
import type { ActiveAlert } from '#query/rules/model.ts';

/** An alert that is sent again counts until so many resends or evaluations have failed to come. */
const VALID_FOR_SENDS = 4;

export interface SendTimes {
  /** The instant of the evaluation, Unix ms. */
  readonly atMs: number;
  readonly resendDelayMs: number;
  readonly intervalMs: number;
}

interface DueAlerts {
  /** All alerts of the rule by their keys; those that are sent know it. */
  readonly alerts: ReadonlyMap<string, ActiveAlert>;
  readonly due: readonly ActiveAlert[];
}

/** Pending alerts are never due. An end is due at once, and everything else again after the delay. */
function isDue({ state, resolvedAtMs, lastSentAtMs = -Infinity }: ActiveAlert, times: SendTimes): boolean {
  if (state === 'pending') return false;
  if (resolvedAtMs !== undefined && resolvedAtMs > lastSentAtMs) return true;
  return lastSentAtMs + times.resendDelayMs < times.atMs;
}

export function dueAlerts(alerts: ReadonlyMap<string, ActiveAlert>, times: SendTimes): DueAlerts {
  const validUntilMs = times.atMs + VALID_FOR_SENDS * Math.max(times.intervalMs, times.resendDelayMs);
  const after = new Map(alerts);
  const due: ActiveAlert[] = [];
  for (const [key, alert] of alerts) {
    if (!isDue(alert, times)) continue;
    const sent = { ...alert, lastSentAtMs: times.atMs, validUntilMs };
    after.set(key, sent);
    due.push(sent);
  }
  return due.length === 0 ? { alerts, due } : { alerts: after, due };
}
