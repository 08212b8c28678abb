// Traps of policies that measure: durations, counts, percentages, rates.
import type { LintedPolicy } from './finding.ts';

/** Largest trace of the captures, if any were given. */
export interface BiggestTrace {
  readonly spans: number;
  readonly bytes: number;
}

/** Without captures: traces of this many spans, and bytes, are nothing unusual. */
const USUAL: BiggestTrace = { spans: 100, bytes: 100_000 };

export function lintLatency(policy: LintedPolicy): void {
  const [threshold, upper] = [policy.number('threshold_ms'), policy.number('upper_threshold_ms')];
  if (upper !== 0 && upper <= threshold) {
    policy.report(
      'upper_threshold_ms',
      `\`${upper}\` is not above threshold_ms \`${threshold}\`: no duration is within`,
      'exchange the two, or leave upper_threshold_ms away',
    );
  } else if (upper !== 0) {
    policy.report(
      'upper_threshold_ms',
      `\`${upper}\` is compared after every span, in order of arrival: a longer trace is kept, too, when its first spans alone last ${threshold} to ${upper} ms`,
      `drop the longer ones: { type: drop, drop: { drop_sub_policy: [{ type: latency, latency: { threshold_ms: ${upper} } }] } }`,
    );
  }
  if (threshold < 0 || (upper === 0 && threshold === 0))
    policy.report(
      'threshold_ms',
      `\`${threshold}\` keeps every trace of at least ${threshold < 0 ? 0 : 1} ms`,
      'write how many ms are slow',
    );
}

export function lintSpanCount(policy: LintedPolicy): void {
  const [least, most] = [policy.number('min_spans'), policy.number('max_spans')];
  if (most !== 0 && least > most)
    policy.report('min_spans', `\`${least}\` is above max_spans \`${most}\`: no trace is within`, 'exchange the two');
  else if (least <= 1 && most === 0)
    policy.report('min_spans', `\`${least}\` keeps every trace`, 'write how many spans are many');
}

export function lintProbabilistic(policy: LintedPolicy): void {
  const percentage = policy.number('sampling_percentage');
  if (!policy.has('sampling_percentage'))
    policy.report('sampling_percentage', 'is not written: 0 % keeps nothing', 'write a percentage from 0 to 100');
  else if (percentage <= 0)
    policy.report(
      'sampling_percentage',
      `\`${percentage}\` keeps nothing`,
      'write a percentage above 0, or leave the policy away',
    );
  else if (percentage > 100)
    policy.report(
      'sampling_percentage',
      `\`${percentage}\` counts as 100: every trace is kept`,
      'write a percentage from 0 to 100',
    );
  else if (percentage < 1)
    policy.report(
      'sampling_percentage',
      `\`${percentage}\` is a percentage: one trace in ${Math.round(100 / percentage)} is kept`,
      `write ${Number(`${percentage}e2`)} if one in ${Math.max(1, Math.round(1 / percentage))} is meant`,
    );
}

export function lintStatusCode(policy: LintedPolicy): void {
  if (policy.texts('status_codes').includes('UNSET')) {
    policy.report(
      'status_codes',
      '`UNSET`: one span without a status is enough, and nearly every trace has one',
      'write [ERROR], or not around it to keep traces without errors',
    );
  }
}

export function lintRate(policy: LintedPolicy, biggest: BiggestTrace | undefined, shards: number): void {
  const inSpans = policy.type === 'rate_limiting';
  const [key, unit, most] = inSpans
    ? (['spans_per_second', 'spans', 'spans'] as const)
    : (['bytes_per_second', 'bytes', 'bytes'] as const);
  const rate = policy.number(key);
  const burst = policy.number('burst_capacity') > 0 ? policy.number('burst_capacity') : rate * 2;
  const burstKey = policy.number('burst_capacity') > 0 ? 'burst_capacity' : key;
  if (burst <= 0) {
    policy.report(key, `\`${rate}\` lets no trace pass`, 'write a rate above 0');
    return;
  }
  const limit = biggest?.[most] ?? USUAL[most];
  if (burst < limit) {
    const known =
      biggest === undefined
        ? `and traces of ${limit} are nothing unusual`
        : `and the biggest of the captures has ${limit}`;
    policy.report(
      burstKey,
      `a burst of ${burst} ${unit} never lets a larger trace pass, ${known}: big traces are lost, whatever they hold`,
      `write burst_capacity: ${limit} or more`,
    );
  }
  if (shards > 1 && rate > 0)
    policy.report(
      key,
      `\`${rate}\` is divided by num_shards \`${shards}\`, the burst is not: each shard has ${Math.max(1, Math.floor(rate / shards))} and its own ${burst}`,
      'reckon with that many bursts at once',
    );
}
