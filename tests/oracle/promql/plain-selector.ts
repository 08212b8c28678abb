// Selectors of the plain evaluator: for every step all samples are looked through from the first one on.
import { mixedBucketSchemas, mixedFloatsAndHistograms } from '#query/promql/annotation-texts.ts';
import type { At, Modifiers, VectorSelector } from '#query/promql/ast.ts';
import { durationMs } from '#query/promql/duration.ts';
import { Notes } from '#query/promql/eval/notes.ts';
import { detectReset } from '#query/promql/histogram/detect-reset.ts';
import {
  EMPTY_HISTOGRAM,
  usesCustomBuckets,
  withHint,
  type FloatHistogram,
} from '#query/promql/histogram/float-histogram.ts';
import { METRIC_NAME, type LabelSet } from '#query/promql/labels.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';
import type { Series } from '#query/promql/storage.ts';
import { betweenFloats, betweenHistograms } from './plain-interpolate.ts';
import { isHistogram, type Place, type Point, type Row, type World } from './plain-value.ts';

export function durationsOf({ stepMs, startMs, endMs }: World): { stepMs: number; rangeMs: number } {
  return { stepMs, rangeMs: endMs - startMs };
}

function pinMs(world: World, at: At): number {
  if (at.kind === 'time') return at.timeMs;
  return at.kind === 'start' ? world.startMs : world.endMs;
}

/** The times that a selector looks at, one for each step. */
export function lookTimes({ world, steps }: Place, { at, offset }: Modifiers): number[] {
  const offsetMs = offset === undefined ? 0 : durationMs(offset, durationsOf(world), true);
  return steps.timesMs.map((timeMs) => (at === undefined ? timeMs : pinMs(world, at)) - offsetMs);
}

/** A stored sample. */
export interface Timed {
  readonly timeMs: number;
  /** When counting began, 0 where that is not known. */
  readonly startMs: number;
  readonly point: Point;
  readonly stale: boolean;
}

export interface SelectedSeries {
  readonly labels: LabelSet;
  readonly samples: readonly Timed[];
}

function samplesOf(series: Series): Timed[] {
  const words = wordsOf(series.values);
  return [...series.timesMs].map((timeMs, at) => ({
    timeMs,
    startMs: series.startTimesMs?.[at] ?? 0,
    point: series.histograms?.[at] ?? series.values[at]!,
    stale: isStaleWord(words, at),
  }));
}

/** Count and sum alone; resets are found while the buckets are still there. */
function totals(samples: readonly Timed[]): Timed[] {
  let before: FloatHistogram | undefined;
  return samples.map((sample) => {
    const { point } = sample;
    if (!isHistogram(point)) return sample;
    let { hint } = point;
    if (hint === 'unknown' && before !== undefined) hint = detectReset(point, before) ? 'reset' : 'not_reset';
    before = point;
    return { ...sample, point: { ...EMPTY_HISTOGRAM, hint, schema: point.schema, count: point.count, sum: point.sum } };
  });
}

/** All samples between two times, both included. */
export function select(
  { world, needs }: Place,
  selector: VectorSelector,
  fromMs: number,
  toMs: number,
): SelectedSeries[] {
  return world.series
    .filter(({ labels }) => selector.matchers.every((matcher) => matcher.matches(labels.get(matcher.name))))
    .map((series) => {
      const samples = samplesOf(series).filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs);
      return { labels: series.labels, samples: needs === 'totals' ? totals(samples) : samples };
    })
    .filter(({ samples }) => samples.length > 0);
}

/** What an instant selector sees at each time: the newest sample, unless it is too old or a staleness marker. */
export function timedRows(
  place: Place,
  selector: VectorSelector,
  times: readonly number[],
): { readonly labels: LabelSet; readonly samples: readonly (Timed | undefined)[] }[] {
  const { lookbackMs } = place.world;
  if (times.length === 0) return [];
  return select(place, selector, times[0]! - lookbackMs + 1, times.at(-1)!)
    .map(({ labels, samples }) => ({
      labels,
      samples: times.map((timeMs) => {
        const newest = samples.filter((sample) => sample.timeMs <= timeMs).at(-1);
        return newest === undefined || newest.timeMs <= timeMs - lookbackMs || newest.stale ? undefined : newest;
      }),
    }))
    .filter(({ samples }) => samples.some((sample) => sample !== undefined));
}

/** Samples of a window that is open on the left, staleness markers left out. */
export function windowOf(samples: readonly Timed[], fromMs: number, toMs: number): Timed[] {
  return samples.filter(({ timeMs, stale }) => timeMs > fromMs && timeMs <= toMs && !stale);
}

/** A smoothed instant selector: between the samples on both sides of the time. */
export function smoothedRows(place: Place, selector: VectorSelector, times: readonly number[]): Row[] {
  const { lookbackMs, annotations } = place.world;
  if (times.length === 0) return [];
  const notes = new Notes(annotations, selector);
  return select(place, selector, times[0]! - lookbackMs + 1, times.at(-1)! + lookbackMs)
    .map(({ labels, samples }): Row => {
      notes.metric = labels.get(METRIC_NAME);
      return {
        labels,
        dropName: false,
        points: times.map((timeMs) =>
          smoothed(windowOf(samples, timeMs - lookbackMs, timeMs + lookbackMs), timeMs, notes),
        ),
      };
    })
    .filter(({ points }) => points.some((point) => point !== undefined));
}

function smoothed(window: readonly Timed[], timeMs: number, notes: Notes): Point | undefined {
  const histograms = window.filter(({ point }) => isHistogram(point)).length;
  if (histograms > 0 && histograms < window.length) {
    notes.warn(mixedFloatsAndHistograms(notes.metric));
    return undefined;
  }
  const before = window.filter((sample) => sample.timeMs < timeMs).at(-1);
  const after = window.find((sample) => sample.timeMs >= timeMs);
  if (after?.timeMs === timeMs) return after.point;
  if (before === undefined) return undefined;
  if (after === undefined) return isHistogram(before.point) ? withHint(before.point, 'unknown') : before.point;
  if (!isHistogram(before.point) || !isHistogram(after.point)) return betweenFloats(before, after, timeMs, false);
  if (usesCustomBuckets(before.point) !== usesCustomBuckets(after.point)) {
    notes.warn(mixedBucketSchemas(notes.metric));
    return undefined;
  }
  const isGauge = before.point.hint === 'gauge' && after.point.hint === 'gauge';
  return betweenHistograms(before, after, timeMs, !isGauge, notes);
}
