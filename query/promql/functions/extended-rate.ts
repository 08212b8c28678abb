// rate, increase and delta of anchored and smoothed range vectors: from edge to edge of the window, without extrapolation.
import { mixedBucketSchemas, mixedFloatsAndHistograms, notACounter, notAGauge } from '../annotation-texts.ts';
import { interpolateFloats, interpolateHistograms, type Notes } from '../eval/notes.ts';
import { divide } from '../histogram/arithmetic.ts';
import { detectReset } from '../histogram/detect-reset.ts';
import { compact, usesCustomBuckets, withHint, type FloatHistogram } from '../histogram/float-histogram.ts';
import { PromqlError } from '../promql-error.ts';
import type { Samples } from '../storage.ts';
import type { Window } from './range-function.ts';

type Span = Pick<Window, 'timesMs' | 'values' | 'from' | 'to' | 'startMs' | 'endMs'>;

/** Positions of the samples that are used as the edges of a window. */
interface Edges {
  readonly first: number;
  readonly last: number;
}

/** The last sample not after the beginning, or the first; the last one, or, smoothed, the first not before the end. */
function edgesOf({ timesMs, from, to, startMs, endMs }: Span, smoothed: boolean): Edges | undefined {
  let first = from;
  while (first + 1 < to - 1 && timesMs[first + 1]! <= startMs) first++;
  let last = to - 1;
  if (smoothed) {
    last = from;
    while (last < to - 1 && timesMs[last]! < endMs) last++;
  }
  if (timesMs[last]! <= startMs) return undefined;
  return { first, last };
}

/** The edges of a change: it needs a sample that is not after the end. */
function changingEdges(window: Span, smoothed: boolean): Edges | undefined {
  const edges = edgesOf(window, smoothed);
  return edges !== undefined && smoothed && window.timesMs[edges.first]! > window.endMs ? undefined : edges;
}

/** The float at the left edge and at the right one. */
function floatsAtEdges(
  { timesMs, values, startMs, endMs, from }: Span,
  { first, last }: Edges,
  smoothed: boolean,
  counter: boolean,
): { readonly left: number; readonly right: number } {
  const sample = (at: number): { timeMs: number; value: number } => ({ timeMs: timesMs[at]!, value: values[at]! });
  return {
    left:
      smoothed && timesMs[first]! < startMs
        ? interpolateFloats(sample(first), sample(first + 1), startMs, counter)
        : values[first]!,
    right:
      smoothed && last > from && timesMs[last]! > endMs
        ? interpolateFloats(sample(last - 1), sample(last), endMs, counter)
        : values[last]!,
  };
}

function floatChange(window: Window, smoothed: boolean, counter: boolean): number | undefined {
  const edges = changingEdges(window, smoothed);
  if (edges === undefined) return undefined;
  const { timesMs, values, startMs, endMs } = window;
  const { left, right } = floatsAtEdges(window, edges, smoothed, counter);
  let change = right - left;
  if (!counter) return change;
  const first = timesMs[edges.first]! <= startMs ? edges.first + 1 : edges.first;
  const last = timesMs[edges.last]! >= endMs ? edges.last - 1 : edges.last;
  let previous = left;
  for (let at = first; at <= last; at++) {
    if (values[at]! < previous) change += previous;
    previous = values[at]!;
  }
  return right < previous ? change + previous : change;
}

/** False, with notes, where histograms between the edges do not go together. */
function checkHistograms({ histograms }: Window, { first, last }: Edges, counter: boolean, notes: Notes): boolean {
  const custom = histograms?.[first] !== undefined && usesCustomBuckets(histograms[first]);
  for (let at = first; at <= last; at++) {
    const histogram = histograms?.[at];
    if (histogram === undefined) continue;
    if (usesCustomBuckets(histogram) !== custom) {
      notes.warn(mixedBucketSchemas(notes.metric));
      return false;
    }
    if (counter && histogram.hint === 'gauge') notes.warn(notACounter(notes.metric));
  }
  return true;
}

function histogramsAtEdges(
  { timesMs, histograms, startMs, endMs, from }: Window,
  { first, last }: Edges,
  smoothed: boolean,
  counter: boolean,
  notes: Notes,
): { readonly left: FloatHistogram; readonly right: FloatHistogram } | undefined {
  const between = (at: number, timeMs: number): FloatHistogram | undefined => {
    const before = histograms?.[at];
    const after = histograms?.[at + 1];
    if (before === undefined || after === undefined) return undefined;
    const [a, b] = [
      { timeMs: timesMs[at]!, histogram: before },
      { timeMs: timesMs[at + 1]!, histogram: after },
    ];
    return interpolateHistograms(a, b, timeMs, counter, notes);
  };
  const left = smoothed && timesMs[first]! < startMs ? between(first, startMs) : histograms?.[first];
  if (left === undefined) return undefined;
  const right = smoothed && last > from && timesMs[last]! > endMs ? between(last - 1, endMs) : histograms?.[last];
  return right === undefined ? undefined : { left, right };
}

/** What a counter had before each reset between the edges; undefined when histograms do not go together. */
function lostAtResets(
  { timesMs, histograms, startMs }: Window,
  edges: Edges,
  { left, right }: { readonly left: FloatHistogram; readonly right: FloatHistogram },
  smoothed: boolean,
): FloatHistogram[] {
  const lost: FloatHistogram[] = [];
  let previous = left;
  let first = edges.first + 1;
  const oldest = histograms?.[edges.first];
  const second = histograms?.[edges.first + 1];
  // The left edge has been put between two samples with a reset between them: that one is accounted for.
  if (
    smoothed &&
    timesMs[edges.first]! < startMs &&
    oldest !== undefined &&
    second !== undefined &&
    detectReset(second, oldest)
  ) {
    previous = second;
    first++;
  }
  if (first > edges.last) return lost;
  for (let at = first; at < edges.last; at++) {
    const histogram = histograms![at]!;
    if (detectReset(histogram, previous)) lost.push(previous);
    previous = histogram;
  }
  if (detectReset(right, previous)) lost.push(previous);
  return lost;
}

function histogramChange(
  window: Window,
  smoothed: boolean,
  counter: boolean,
  notes: Notes,
): FloatHistogram | undefined {
  const edges = changingEdges(window, smoothed);
  if (edges === undefined || !checkHistograms(window, edges, counter, notes)) return undefined;
  const ends = histogramsAtEdges(window, edges, smoothed, counter, notes);
  if (ends === undefined) return undefined;
  if (!counter && (ends.left.hint !== 'gauge' || ends.right.hint !== 'gauge')) notes.warn(notAGauge(notes.metric));
  let change = notes.subtract(ends.right, ends.left);
  if (counter) {
    const [first, ...rest] = lostAtResets(window, edges, ends, smoothed);
    let lost = first;
    for (const one of rest) lost = lost === undefined ? undefined : notes.add(lost, one);
    if (first !== undefined) change = change === undefined || lost === undefined ? undefined : notes.add(change, lost);
  }
  return change;
}

/** The change from edge to edge, of floats or of histograms. */
export function extendedRate(
  window: Window,
  smoothed: boolean,
  { counter, perSecond }: { readonly counter: boolean; readonly perSecond: boolean },
  notes: Notes,
): number | FloatHistogram | undefined {
  const { histograms, from, to, rangeMs } = window;
  let found = 0;
  if (histograms !== undefined) for (let at = from; at < to; at++) if (histograms[at] !== undefined) found++;
  if (found === 0) {
    const change = floatChange(window, smoothed, counter);
    return change === undefined || !perSecond ? change : change / (rangeMs / 1000);
  }
  if (found < to - from) {
    notes.warn(mixedFloatsAndHistograms(notes.metric));
    return undefined;
  }
  const change = histogramChange(window, smoothed, counter, notes);
  if (change === undefined) return undefined;
  return withHint(compact(perSecond ? divide(change, rangeMs / 1000) : change), 'gauge');
}

/** The samples of an anchored or smoothed range vector as they are shown: with values at both edges. */
export function extendedSamples(samples: Samples, startMs: number, endMs: number, smoothed: boolean): Samples {
  if (samples.timesMs.length === 0) return samples;
  if (samples.histograms !== undefined)
    throw new PromqlError(
      'execution',
      `${smoothed ? 'smoothed' : 'anchored'} modifier is not supported with histograms`,
    );
  const window = { ...samples, from: 0, to: samples.timesMs.length, startMs, endMs };
  const edges = edgesOf(window, smoothed);
  if (edges === undefined) return { timesMs: new Float64Array(), values: new Float64Array() };
  const { left, right } = floatsAtEdges(window, edges, smoothed, false);
  const inside: number[] = [];
  for (let at = edges.first; at <= edges.last; at++)
    if (samples.timesMs[at]! > startMs && samples.timesMs[at]! < endMs) inside.push(at);
  return {
    timesMs: Float64Array.of(startMs, ...inside.map((at) => samples.timesMs[at]!), endMs),
    values: Float64Array.of(left, ...inside.map((at) => samples.values[at]!), right),
  };
}
