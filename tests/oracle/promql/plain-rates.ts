// rate, increase, delta and what is like them, in the plain evaluator.
import {
  mixedBucketSchemas,
  mixedFloatsAndHistograms,
  notACounter,
  notAGauge,
} from '#query/promql/annotation-texts.ts';
import { divide, multiply } from '#query/promql/histogram/arithmetic.ts';
import { coarser } from '#query/promql/histogram/buckets.ts';
import { detectReset } from '#query/promql/histogram/detect-reset.ts';
import {
  compact,
  EMPTY_HISTOGRAM,
  usesCustomBuckets,
  withHint,
  type FloatHistogram,
} from '#query/promql/histogram/float-histogram.ts';
import { betweenFloats, betweenHistograms } from './plain-interpolate.ts';
import { floatsOf, histogramsOf, type Around, type TimedFloat } from './plain-samples.ts';
import type { Timed } from './plain-selector.ts';
import { isHistogram, type Point } from './plain-value.ts';
import type { Window } from './plain-windows.ts';

type TimedHistogram = Timed & { readonly point: FloatHistogram };

/** The start time of a sample says that counting began anew after the sample before. */
function beganAnew(before: Timed, now: Timed): boolean {
  if (now.startMs === 0 || now.startMs === before.startMs || now.startMs >= now.timeMs) return false;
  if (now.startMs !== before.timeMs) return now.startMs > before.timeMs;
  // It began with the sample before: so do deltas, whose start times are known.
  return before.startMs !== 0 && before.startMs < before.timeMs;
}

function overlaps(before: Timed, now: Timed): boolean {
  return now.startMs !== 0 && now.startMs < before.timeMs && now.startMs !== before.startMs;
}

/** A counter was reset between two samples of the same kind. */
export function wasReset(before: Timed, now: Timed, { hasStartTimes }: Around): boolean {
  if (hasStartTimes && beganAnew(before, now)) return true;
  if (isHistogram(now.point)) return isHistogram(before.point) && detectReset(now.point, before.point);
  return now.point < Number(before.point);
}

function noteOverlap(samples: readonly Timed[], { hasStartTimes, notes }: Around): void {
  if (hasStartTimes && samples.some((now, at) => at > 0 && overlaps(samples[at - 1]!, now))) notes.startTimeOverlap();
}

export function plainRate(func: string, window: Window, around: Around): Point | undefined {
  const { notes, rangeMs } = around;
  const { samples } = window;
  const floats = floatsOf(samples);
  const histograms = histogramsOf(samples);
  if (floats.length > 0 && histograms.length > 0) {
    notes.warn(mixedFloatsAndHistograms(notes.metric));
    return undefined;
  }
  const counter = func !== 'delta';
  let change: Point | undefined;
  if (floats.length > 0) change = floatChange(floats, counter, around);
  else if (histograms.length > 1) {
    change = histogramChange(histograms, counter, around);
    if (change === undefined) return undefined;
  }
  const first = samples[0]!;
  const last = samples.at(-1)!;
  let sampledSeconds = (last.timeMs - first.timeMs) / 1000;
  const between = samples.length > 1 ? sampledSeconds / (samples.length - 1) : 0;
  const close = between * around.place.world.closeness;
  let toStart = (first.timeMs - window.startMs) / 1000;
  let toEnd = (window.endMs - last.timeMs) / 1000;
  const began = first.startMs;
  if (counter && around.hasStartTimes && began !== 0 && began > window.startMs && began < first.timeMs) {
    // There was a 0 at the start time.
    toStart = 0;
    sampledSeconds = (last.timeMs - began) / 1000;
    if (!isHistogram(first.point)) change = Number(change) + first.point;
    else if (!isHistogram(change)) change = first.point;
    else {
      change = notes.add(change, first.point);
      if (change === undefined) return undefined;
    }
  } else if (samples.length === 1) return undefined;
  else {
    if (toStart >= close) toStart = between / 2;
    if (counter) toStart = Math.min(toStart, toZero(first.point, change!, sampledSeconds) ?? toStart);
  }
  if (toEnd >= close) toEnd = between / 2;
  let factor = sampledSeconds === 0 ? 1 : (sampledSeconds + toStart + toEnd) / sampledSeconds;
  if (func === 'rate') factor /= rangeMs / 1000;
  return isHistogram(change) ? multiply(change, factor) : change! * factor;
}

/** Seconds before the first sample at which the counter would have been 0. */
function toZero(first: Point, change: Point, sampledSeconds: number): number | undefined {
  const size = (point: Point): number => (isHistogram(point) ? point.count : point);
  if (!(size(change) > 0 && size(first) >= 0)) return undefined;
  const seconds = sampledSeconds * (size(first) / size(change));
  return Number.isNaN(seconds) ? undefined : seconds;
}

function floatChange(floats: readonly TimedFloat[], counter: boolean, around: Around): number {
  let change = floats.at(-1)!.point - floats[0]!.point;
  if (!counter) return change;
  noteOverlap(floats, around);
  for (let at = 1; at < floats.length; at++)
    if (wasReset(floats[at - 1]!, floats[at]!, around)) change += floats[at - 1]!.point;
  return change;
}

function atSchema(histogram: FloatHistogram, schema: number): FloatHistogram {
  const steps = histogram.schema - schema;
  if (steps <= 0) return histogram;
  const { positive, negative } = histogram;
  return { ...histogram, schema, positive: coarser(positive, steps), negative: coarser(negative, steps) };
}

function histogramChange(
  samples: readonly TimedHistogram[],
  counter: boolean,
  around: Around,
): FloatHistogram | undefined {
  const { notes } = around;
  const last = samples.at(-1)!.point;
  let first = samples[0]!.point;
  let gauges = counter && (first.hint === 'gauge' || last.hint === 'gauge');
  const mixed = (): undefined => {
    notes.warn(mixedBucketSchemas(notes.metric));
  };
  if (counter && wasReset(samples[0]!, samples[1]!, around)) {
    const { schema, customValues } = samples[1]!.point;
    first = { ...EMPTY_HISTOGRAM, schema, customValues };
  }
  const custom = usesCustomBuckets(first);
  if (usesCustomBuckets(last) !== custom) {
    if (gauges) notes.warn(notACounter(notes.metric));
    return mixed();
  }
  let schema = Math.min(last.schema, first.schema);
  if (counter)
    for (const { point } of samples.slice(1, -1)) {
      gauges ||= point.hint === 'gauge';
      schema = Math.min(schema, point.schema);
      if (usesCustomBuckets(point) !== custom) return mixed();
    }
  let change = notes.subtract(atSchema(last, schema), first);
  if (counter) {
    if (gauges && change !== undefined) notes.warn(notACounter(notes.metric));
    noteOverlap(samples, around);
    let before: TimedHistogram = { ...samples[0]!, point: first };
    for (const now of samples.slice(1)) {
      if (change !== undefined && wasReset(before, now, around)) change = notes.add(change, before.point);
      before = now;
    }
  } else if (samples[0]!.point.hint !== 'gauge' || last.hint !== 'gauge') notes.warn(notAGauge(notes.metric));
  return change === undefined ? undefined : compact(withHint(change, 'gauge'));
}

/** irate and idelta. */
export function lastTwo(func: string, { samples }: Window, around: Around): Point | undefined {
  const { notes } = around;
  const [before, now] = samples.slice(-2);
  if (before === undefined || now === undefined) return undefined;
  const seconds = (now.timeMs - before.timeMs) / 1000;
  if (!isHistogram(now.point) && !isHistogram(before.point)) {
    const change = func === 'irate' && wasReset(before, now, around) ? now.point : now.point - before.point;
    return func === 'irate' ? change / seconds : change;
  }
  if (!isHistogram(now.point) || !isHistogram(before.point)) {
    notes.warn(mixedFloatsAndHistograms(notes.metric));
    return undefined;
  }
  const gauges = [now.point, before.point].filter(({ hint }) => hint === 'gauge').length;
  if (func === 'irate' && gauges > 0) notes.warn(notACounter(notes.metric));
  if (func === 'idelta' && gauges < 2) notes.warn(notAGauge(notes.metric));
  const change =
    func === 'irate' && wasReset(before, now, around) ? now.point : notes.subtract(now.point, before.point);
  if (change === undefined) return undefined;
  const gauge = compact(withHint(change, 'gauge'));
  return func === 'irate' ? divide(gauge, seconds) : gauge;
}

/** The newest sample at or before the start, and all after the start; undefined where there are none of the latter. */
export function fromAnchor({ samples, startMs }: Window): readonly Timed[] | undefined {
  const inside = samples.filter(({ timeMs }) => timeMs > startMs);
  if (inside.length === 0) return undefined;
  const anchor = samples.filter(({ timeMs }) => timeMs <= startMs).at(-1);
  return anchor === undefined ? inside : [anchor, ...inside];
}

/** rate, increase and delta of anchored and smoothed windows. */
export function extendedRate(func: string, window: Window, around: Around): Point | undefined {
  const { notes, rangeMs } = around;
  const { samples } = window;
  const floats = floatsOf(samples);
  const histograms = histogramsOf(samples);
  if (floats.length > 0 && histograms.length > 0) {
    notes.warn(mixedFloatsAndHistograms(notes.metric));
    return undefined;
  }
  const counter = func !== 'delta';
  const change =
    floats.length > 0
      ? extendedFloats(floats, window, counter, around)
      : extendedHistograms(histograms, window, counter, around);
  if (change === undefined) return undefined;
  const seconds = func === 'rate' ? rangeMs / 1000 : 1;
  if (!isHistogram(change)) return change / seconds;
  return compact(withHint(func === 'rate' ? divide(change, seconds) : change, 'gauge'));
}

/** The samples that an extended window is about: from the last one at or before the start to the first one at or after the end. */
function extent<T extends Timed>(
  samples: readonly T[],
  { startMs, endMs }: Window,
  smoothed: boolean,
): readonly T[] | undefined {
  const anchor = samples.findLastIndex(({ timeMs }) => timeMs <= startMs);
  let last = samples.length - 1;
  // With all samples before the start Prometheus begins with the one before the last.
  const first = anchor === last ? Math.max(0, last - 1) : Math.max(0, anchor);
  if (smoothed) {
    const beyond = samples.findIndex(({ timeMs }) => timeMs >= endMs);
    if (beyond >= 0) last = beyond;
  }
  if (samples[last]!.timeMs <= startMs) return undefined;
  if (smoothed && samples[first]!.timeMs > endMs) return undefined;
  return samples.slice(first, last + 1);
}

function extendedFloats(
  all: readonly TimedFloat[],
  window: Window,
  counter: boolean,
  { extended }: Around,
): number | undefined {
  const { startMs, endMs } = window;
  const smoothed = extended === 'smoothed';
  const samples = extent(all, window, smoothed);
  if (samples === undefined) return undefined;
  const first = samples[0]!;
  const last = samples.at(-1)!;
  const left =
    smoothed && first.timeMs < startMs ? betweenFloats(first, after(all, first), startMs, counter) : first.point;
  const right =
    smoothed && last.timeMs > endMs && all.indexOf(last) > 0
      ? betweenFloats(all[all.indexOf(last) - 1]!, last, endMs, counter)
      : last.point;
  let change = right - left;
  if (!counter) return change;
  let before = left;
  const inside = samples.filter(
    (sample) => !(sample === first && first.timeMs <= startMs) && !(sample === last && last.timeMs >= endMs),
  );
  for (const value of [...inside.map(({ point }) => point), right]) {
    if (value < before) change += before;
    before = value;
  }
  return change;
}

function after<T>(all: readonly T[], one: T): T {
  return all[all.indexOf(one) + 1]!;
}

function extendedHistograms(
  all: readonly TimedHistogram[],
  window: Window,
  counter: boolean,
  { extended, notes }: Around,
): FloatHistogram | undefined {
  const { startMs, endMs } = window;
  const smoothed = extended === 'smoothed';
  const samples = extent(all, window, smoothed);
  if (samples === undefined) return undefined;
  const custom = usesCustomBuckets(samples[0]!.point);
  for (const { point } of samples) {
    if (usesCustomBuckets(point) !== custom) {
      notes.warn(mixedBucketSchemas(notes.metric));
      return undefined;
    }
    if (counter && point.hint === 'gauge') notes.warn(notACounter(notes.metric));
  }
  const first = samples[0]!;
  const last = samples.at(-1)!;
  const leftBetween = smoothed && first.timeMs < startMs;
  const left = leftBetween ? betweenHistograms(first, after(all, first), startMs, counter, notes) : first.point;
  if (left === undefined) return undefined;
  const place = all.indexOf(last);
  const right =
    smoothed && last.timeMs > endMs && place > 0
      ? betweenHistograms(all[place - 1]!, last, endMs, counter, notes)
      : last.point;
  if (right === undefined) return undefined;
  if (!counter && (left.hint !== 'gauge' || right.hint !== 'gauge')) notes.warn(notAGauge(notes.metric));
  const change = notes.subtract(right, left);
  if (change === undefined || !counter) return change;
  let between = samples.slice(1, -1).map(({ point }) => point);
  let before = left;
  if (leftBetween && detectReset(after(all, first).point, first.point)) {
    // The value on the left has seen this reset already.
    if (samples.length <= 2) return change;
    before = after(all, first).point;
    between = between.slice(1);
  }
  if (samples.length === 1) return change;
  let correction: FloatHistogram | undefined;
  for (const now of [...between, right]) {
    if (detectReset(now, before)) {
      correction = correction === undefined ? before : notes.add(correction, before);
      if (correction === undefined) return undefined;
    }
    before = now;
  }
  return correction === undefined ? change : notes.add(change, correction);
}
