// The numbers of the Sampling page: metrics picked by name, hits as lines of a chart, differences as people write them.
import { threeDigits } from './format.ts';
import type { ChartData } from './chart-data.ts';

interface Metric {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
interface Hits {
  readonly start: string;
  readonly step_ms: number;
  readonly steps: number;
  readonly rules: readonly {
    readonly name: string;
    readonly kept_by_step: readonly number[];
    readonly dropped_by_step: readonly number[];
  }[];
}

/** Sum over all label sets; null when there is no such metric, so that what does not exist is not shown as 0. */
export function metricSum(
  metrics: readonly Metric[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | null {
  const found = metrics.filter(
    (m) => m.name === name && Object.entries(labels).every(([key, value]) => m.labels[key] === value),
  );
  return found.length === 0 ? null : found.reduce((sum, m) => sum + m.value, 0);
}

/** Traces per second, a column per rule; times in seconds, at the middle of each step. */
export function hitsChart(hits: Hits, which: 'kept' | 'dropped'): ChartData {
  const first = Number(BigInt(hits.start) / 1_000_000n) / 1000;
  const step = hits.step_ms / 1000;
  const times = Array.from({ length: hits.steps }, (_, i) => first + (i + 0.5) * step);
  return {
    times,
    columns: hits.rules.map((rule) =>
      (which === 'kept' ? rule.kept_by_step : rule.dropped_by_step).map((traces) => traces / step),
    ),
  };
}

/** `−51 %`, `+3.2 ×` where it more than doubled, `new` from nothing; '' for no change. */
export function changeShare(before: number, after: number): string {
  if (Math.round(before) === Math.round(after)) return '';
  if (before === 0) return 'new';
  const ratio = after / before;
  if (ratio >= 2) return `× ${threeDigits(ratio)}`;
  return `${ratio < 1 ? '−' : '+'}${threeDigits(Math.abs(ratio - 1) * 100)} %`;
}

/** The numbers of lines in messages such as `configuration:12`, so that the editor can point at them. */
export function linesOf(sources: readonly string[]): number[] {
  return sources.flatMap((source) => {
    const line = /:(\d+)$/.exec(source)?.[1];
    return line === undefined ? [] : [Number(line)];
  });
}
