// An alert in the form of Alertmanager's API v2.
import type { ActiveAlert, RuleLabels } from '#query/rules/model.ts';

/** The body of POST /api/v2/alerts is a list of these. Times are RFC 3339. */
export interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  /** Absent where the alert has none. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  /** Where the expression can be looked at. */
  readonly generatorURL: string;
}

/** The page of metrics with the expression. */
export function generatorUrl(externalUrl: string, query: string): string {
  return `${externalUrl.replace(/\/+$/, '')}/metrics?${new URLSearchParams({ q: query }).toString()}`;
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** External labels are added where the alert has none of that name. An alert that goes on ends when it is no longer sent. */
export function postableAlert(alert: ActiveAlert, generatorURL: string, externalLabels: RuleLabels): PostableAlert {
  const labels = alert.labels.toRecord();
  for (const [name, value] of externalLabels) if (value !== '') labels[name] ??= value;
  const annotations = Object.fromEntries(alert.annotations);
  return {
    labels,
    ...(alert.annotations.size === 0 ? {} : { annotations }),
    startsAt: timeText(alert.firedAtMs ?? alert.activeAtMs),
    endsAt: timeText(alert.resolvedAtMs ?? alert.validUntilMs ?? alert.activeAtMs),
    generatorURL,
  };
}
