// Groups the series of a vector by the labels they are matched by.
import type { VectorMatching } from '../ast.ts';
import { METRIC_NAME, type LabelSet } from '../labels.ts';
import type { VectorSeries } from './value.ts';

export const ONE_TO_ONE: VectorMatching = {
  card: 'one-to-one',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

export function signatureOf(matching: VectorMatching): (labels: LabelSet) => string {
  const named = new Set(matching.labels);
  if (matching.on) return (labels) => labels.keyWhere((name) => named.has(name));
  return (labels) => labels.keyWhere((name) => name !== METRIC_NAME && !named.has(name));
}

export function bySignature(
  series: readonly VectorSeries[],
  signature: (labels: LabelSet) => string,
): Map<string, VectorSeries[]> {
  const groups = new Map<string, VectorSeries[]>();
  for (const one of series) {
    const key = signature(one.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** The labels two series are matched by, as messages name them and as filled-in series have them. */
export function groupLabels({ on, labels: names }: VectorMatching, labels: LabelSet): LabelSet {
  const named = new Set(names);
  return labels.where((name) => (on ? named.has(name) : name !== METRIC_NAME && !named.has(name)));
}
