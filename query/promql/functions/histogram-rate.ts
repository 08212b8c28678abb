// Increases of native histograms over a window, and between its last two samples.
import { mixedBucketSchemas, mixedFloatsAndHistograms, notACounter, notAGauge } from '../annotation-texts.ts';
import type { Notes } from '../eval/notes.ts';
import { divide } from '../histogram/arithmetic.ts';
import { coarser } from '../histogram/buckets.ts';
import { detectReset } from '../histogram/detect-reset.ts';
import {
  compact,
  EMPTY_HISTOGRAM,
  usesCustomBuckets,
  withHint,
  type FloatHistogram,
} from '../histogram/float-histogram.ts';
import type { Window } from './range-function.ts';
import { isStartTimeReset, overlaps } from './start-times.ts';

/** The same with buckets of a lower schema. */
function reduced(histogram: FloatHistogram, schema: number): FloatHistogram {
  if (histogram.schema === schema) return histogram;
  const steps = histogram.schema - schema;
  return {
    ...histogram,
    hint: 'unknown',
    schema,
    positive: coarser(histogram.positive, steps),
    negative: coarser(histogram.negative, steps),
  };
}

/** All samples as histograms; undefined, with a warning, where there are floats among them. */
function allHistograms({ histograms, from, to }: Window, notes: Notes): FloatHistogram[] | undefined {
  const all: FloatHistogram[] = [];
  for (let at = from; at < to; at++) {
    const histogram = histograms?.[at];
    if (histogram === undefined) {
      notes.warn(mixedFloatsAndHistograms(notes.metric));
      return undefined;
    }
    all.push(histogram);
  }
  return all;
}

/** A counter reset between two samples of the window, which hold these histograms. */
function wasReset(window: Window, at: number, now: FloatHistogram, before: FloatHistogram): boolean {
  return isStartTimeReset(window, at) || detectReset(now, before);
}

/** The lowest schema of samples that count; undefined, with a warning, where exponential and custom buckets are mixed. */
function commonSchema(
  points: readonly FloatHistogram[],
  first: FloatHistogram,
  counter: boolean,
  notes: Notes,
): number | undefined {
  const custom = usesCustomBuckets(first);
  const last = points.at(-1) ?? first;
  const mixed = (): undefined => {
    notes.warn(mixedBucketSchemas(notes.metric));
  };
  if (usesCustomBuckets(last) !== custom) return mixed();
  let schema = Math.min(last.schema, first.schema);
  if (!counter) return schema;
  for (const point of points.slice(1, -1)) {
    if (usesCustomBuckets(point) !== custom) return mixed();
    schema = Math.min(schema, point.schema);
  }
  return schema;
}

/** Last − first of at least two samples, plus what a counter had before each reset. undefined when samples do not go together. */
export function histogramIncrease(window: Window, counter: boolean, notes: Notes): FloatHistogram | undefined {
  const points = allHistograms(window, notes);
  const [oldest, second] = points ?? [];
  const last = points?.at(-1);
  if (points === undefined || oldest === undefined || second === undefined || last === undefined) return undefined;
  // After a reset nothing of the first sample is left in the second, not even its layout.
  const first =
    counter && wasReset(window, window.from + 1, second, oldest)
      ? { ...EMPTY_HISTOGRAM, schema: second.schema, customValues: second.customValues }
      : oldest;
  const schema = commonSchema(points, first, counter, notes);
  const isGauge = ({ hint }: FloatHistogram): boolean => hint === 'gauge';
  if (schema === undefined) {
    // Where the ends go together, Prometheus forgets this warning over that of samples between them.
    if (counter && (isGauge(oldest) || isGauge(last)) && usesCustomBuckets(last) !== usesCustomBuckets(first))
      notes.warn(notACounter(notes.metric));
    return undefined;
  }
  let increase = notes.subtract(reduced(last, schema), first);
  if (counter && points.some(isGauge)) notes.warn(notACounter(notes.metric));
  if (!counter && !(isGauge(oldest) && isGauge(last))) notes.warn(notAGauge(notes.metric));
  if (counter) {
    if (window.startTimesMs !== undefined && overlaps(window)) notes.startTimeOverlap();
    let previous = first;
    for (let at = 1; at < points.length && increase !== undefined; at++) {
      const point = points[at]!;
      if (wasReset(window, window.from + at, point, previous)) increase = notes.add(increase, previous);
      previous = point;
    }
  }
  return increase === undefined ? undefined : withHint(compact(increase), 'gauge');
}

/** The difference of the last two samples, per second for a rate. */
export function histogramInstantChange(
  window: Window,
  rate: boolean,
  notes: Notes,
): number | FloatHistogram | undefined {
  const { timesMs, values, histograms, from, to } = window;
  if (to - from < 2) return undefined;
  const last = histograms?.[to - 1];
  const before = histograms?.[to - 2];
  const elapsed = (timesMs[to - 1]! - timesMs[to - 2]!) / 1000;
  if (last === undefined && before === undefined) {
    const reset = rate && (values[to - 1]! < values[to - 2]! || isStartTimeReset(window, to - 1));
    const change = reset ? values[to - 1]! : values[to - 1]! - values[to - 2]!;
    return rate ? change / elapsed : change;
  }
  if (last === undefined || before === undefined) {
    notes.warn(mixedFloatsAndHistograms(notes.metric));
    return undefined;
  }
  if (rate && (last.hint === 'gauge' || before.hint === 'gauge')) notes.warn(notACounter(notes.metric));
  if (!rate && (last.hint !== 'gauge' || before.hint !== 'gauge')) notes.warn(notAGauge(notes.metric));
  const change = rate && wasReset(window, to - 1, last, before) ? last : notes.subtract(last, before);
  if (change === undefined) return undefined;
  const gauge = withHint(compact(change), 'gauge');
  return rate ? divide(gauge, elapsed) : gauge;
}
