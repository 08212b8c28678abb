// Two answers to one query: undefined where they are the same, else what differs first.
import { compact, usesCustomBuckets, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { compareLabels, type LabelSet } from '#query/promql/labels.ts';

type ComparedPoint = number | FloatHistogram;

interface ComparedSeries {
  readonly labels: LabelSet;
  readonly points: readonly (readonly [timeMs: number, point: ComparedPoint])[];
}

/** An answer, or why there is none. */
export type Compared =
  | {
      readonly type: 'vector' | 'matrix' | 'scalar' | 'string';
      readonly series: readonly ComparedSeries[];
      readonly number?: number | undefined;
      readonly text?: string | undefined;
      readonly warnings: readonly string[];
      readonly infos: readonly string[];
    }
  | { readonly type: 'error'; readonly error: string };

export interface Closeness {
  /** Greatest relative difference of two numbers. */
  readonly tolerance: number;
  /** The order of series counts. */
  readonly ordered: boolean;
}

function close(a: number, b: number, tolerance: number): boolean {
  if (Object.is(a, b)) return true;
  if (a === b) return tolerance > 0 || Object.is(a, b);
  if (Number.isNaN(a) || Number.isNaN(b) || !Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

function closeLists(a: readonly number[], b: readonly number[], tolerance: number): boolean {
  return a.length === b.length && a.every((one, at) => close(one, b[at]!, tolerance));
}

function sameHistograms(left: FloatHistogram, right: FloatHistogram, tolerance: number): boolean {
  const [a, b] = [compact(left), compact(right)];
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    (usesCustomBuckets(a) || close(a.zeroCount, b.zeroCount, tolerance)) &&
    close(a.count, b.count, tolerance) &&
    close(a.sum, b.sum, tolerance) &&
    closeLists(a.customValues, b.customValues, 0) &&
    [a.positive, a.negative].every((side, at) => {
      const other = at === 0 ? b.positive : b.negative;
      return closeLists(side.indexes, other.indexes, 0) && closeLists(side.counts, other.counts, tolerance);
    })
  );
}

function samePoints(a: ComparedPoint, b: ComparedPoint, tolerance: number): boolean {
  if (typeof a === 'number') return typeof b === 'number' && close(a, b, tolerance);
  return typeof b !== 'number' && sameHistograms(a, b, tolerance);
}

function shown(point: ComparedPoint | undefined): string {
  if (point === undefined) return 'nothing';
  return typeof point === 'number' ? (Object.is(point, -0) ? '-0' : String(point)) : JSON.stringify(point);
}

/** Without what depends on the order in which notes are made: the place of a text, and how often something was seen. */
function bare(texts: readonly string[]): string {
  return texts
    .map((text) =>
      text.replace(/(, from buckets .*)? \(\d+ occurrences\)| \(\d+:\d+\)$/g, '').replace(/, from buckets .*/, ''),
    )
    .sort()
    .join('\n');
}

function differentSeries(
  a: readonly ComparedSeries[],
  b: readonly ComparedSeries[],
  { tolerance, ordered }: Closeness,
): string | undefined {
  const byLabels = (list: readonly ComparedSeries[]): readonly ComparedSeries[] =>
    ordered ? list : [...list].sort((x, y) => compareLabels(x.labels, y.labels));
  const [left, right] = [byLabels(a), byLabels(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const one = left[at];
    const other = right[at];
    if (one === undefined || other === undefined || (!ordered && one.labels.key !== other.labels.key))
      return `series ${one?.labels.toString() ?? 'none'} against ${other?.labels.toString() ?? 'none'}`;
    for (let place = 0; place < Math.max(one.points.length, other.points.length); place++) {
      const [timeMs, point] = one.points[place] ?? [];
      const [otherMs, otherPoint] = other.points[place] ?? [];
      if (
        timeMs !== otherMs ||
        point === undefined ||
        otherPoint === undefined ||
        !samePoints(point, otherPoint, tolerance)
      )
        return `${one.labels.toString()} at ${timeMs}: ${shown(point)} against ${shown(otherPoint)} at ${otherMs}`;
    }
  }
  return undefined;
}

/** Which of several wrong arguments, or of several groups that do not match, is named first depends on the order of series. */
function sameError(a: string, b: string): boolean {
  const bareText = (text: string): string =>
    text
      .replace(/^invalid (smoothing|trend) factor.*/, 'factor')
      .replace(/^(found duplicate series for the match|multiple matches for labels).*/, 'matching');
  return bareText(a) === bareText(b);
}

export function difference(a: Compared, b: Compared, closeness: Closeness): string | undefined {
  if (a.type === 'error' || b.type === 'error') {
    if (a.type === 'error' && b.type === 'error')
      return sameError(a.error, b.error) ? undefined : `error ${a.error} against error ${b.error}`;
    return a.type === 'error'
      ? `error ${a.error} against an answer`
      : `an answer against error ${b.type === 'error' ? b.error : ''}`;
  }
  if (a.type !== b.type) return `a ${a.type} against a ${b.type}`;
  if (a.text !== b.text) return `text ${a.text} against ${b.text}`;
  if (a.type === 'scalar' && !close(a.number ?? NaN, b.number ?? NaN, closeness.tolerance))
    return `${a.number} against ${b.number}`;
  const series = differentSeries(a.series, b.series, closeness);
  if (series !== undefined) return series;
  if (bare(a.warnings) !== bare(b.warnings)) return `warnings ${bare(a.warnings)}\nagainst ${bare(b.warnings)}`;
  return bare(a.infos) === bare(b.infos) ? undefined : `infos ${bare(a.infos)}\nagainst ${bare(b.infos)}`;
}
