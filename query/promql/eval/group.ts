// Groups the series of an aggregation by the labels it names.
import type { Aggregate } from '../ast.ts';
import { METRIC_NAME, type LabelSet } from '../labels.ts';
import type { VectorSeries } from './value.ts';

export interface Group {
  readonly labels: LabelSet;
  readonly dropName: boolean;
  readonly members: readonly VectorSeries[];
}

/** Groups series by the labels of `by` or without those of `without`, in the order of their first member. */
export function groupSeries(expr: Aggregate, series: readonly VectorSeries[]): Group[] {
  const named = new Set(expr.grouping);
  const wanted = expr.without
    ? (name: string) => name !== METRIC_NAME && !named.has(name)
    : (name: string) => named.has(name);
  const groups = new Map<string, { labels: LabelSet; dropName: boolean; members: VectorSeries[] }>();
  for (const one of series) {
    const key = one.labels.keyWhere(wanted);
    const group = groups.get(key);
    if (group === undefined)
      groups.set(key, { labels: one.labels.where(wanted), dropName: one.dropName, members: [one] });
    else {
      group.members.push(one);
      group.dropName ||= one.dropName;
    }
  }
  return [...groups.values()];
}
