// Expected and firing alerts of a unit test: compared, and shown as promtool shows them.
import { compareText } from '#query/promql/compare-text.ts';
import { isLegacyLabelName } from '#query/promql/labels.ts';
import { quote } from '#query/promql/quote.ts';
import type { RuleLabels } from '../model.ts';
import type { AlertTest } from './unit-file.ts';

export interface ShownAlert {
  readonly labels: RuleLabels;
  readonly annotations: RuleLabels;
}

export function expectedAlerts({ alertname, expected }: AlertTest): ShownAlert[] {
  return expected.map(({ labels, annotations }) => ({
    labels: inOrder([...labels, ['alertname', alertname]]),
    annotations: inOrder(annotations),
  }));
}

function inOrder(texts: Iterable<readonly [string, string]>): RuleLabels {
  return new Map([...new Map(texts)].sort(([a], [b]) => compareText(a, b)));
}

function compareLists(a: RuleLabels, b: RuleLabels): number {
  const left = [...a].flat();
  const right = [...b].flat();
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    const order = compareText(left[at]!, right[at]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareAlerts(a: ShownAlert, b: ShownAlert): number {
  return compareLists(a.labels, b.labels) || compareLists(a.annotations, b.annotations);
}

export function sortedAlerts(alerts: readonly ShownAlert[]): readonly ShownAlert[] {
  return alerts.toSorted(compareAlerts);
}

/** Both sorted. */
export function sameAlerts(a: readonly ShownAlert[], b: readonly ShownAlert[]): boolean {
  return a.length === b.length && a.every((alert, at) => compareAlerts(alert, b[at]!) === 0);
}

function labelsText(labels: RuleLabels): string {
  const parts = [...labels].map(([name, value]) => `${isLegacyLabelName(name) ? name : quote(name)}=${quote(value)}`);
  return `{${parts.join(', ')}}`;
}

const INDENT = ' '.repeat(12);

/** One alert after the other, with its number. */
export function alertsText(alerts: readonly ShownAlert[]): string {
  if (alerts.length === 0) return '[]';
  const parts = alerts.map(
    ({ labels, annotations }, at) =>
      `${INDENT}${at}:\n${INDENT}  Labels:${labelsText(labels)}\n${INDENT}  Annotations:${labelsText(annotations)}`,
  );
  return `[\n${parts.join(',\n')}\n${INDENT}]`;
}
