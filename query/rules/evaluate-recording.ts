// A recording rule: the result of its expression under another name, with the rule's labels.
import { LabelSet, METRIC_NAME } from '#query/promql/labels.ts';
import type { QuerySample, RecordingRule, RuleSample } from './model.ts';

/** Samples to be written. Throws an Error with the reason why there are none. */
export function recordedSamples(
  rule: RecordingRule,
  limit: number,
  result: readonly QuerySample[],
  timeMs: number,
): RuleSample[] {
  const keys = new Set<string>();
  const samples = result.map(({ labels, value }): RuleSample => {
    const renamed = LabelSet.from(new Map([...labels.entries(), [METRIC_NAME, rule.name], ...rule.labels]));
    keys.add(renamed.key);
    return { labels: renamed, timeMs, value };
  });
  if (keys.size < samples.length)
    throw new Error('vector contains metrics with the same labelset after applying rule labels');
  if (limit > 0 && samples.length > limit) throw new Error(`exceeded limit of ${limit} with ${samples.length} series`);
  return samples;
}
