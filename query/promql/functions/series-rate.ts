// rate, increase and delta over all windows of a series of floats at once. What their extrapolation takes from the times alone is the same for series that
// were scraped together, and counter resets are looked for once, not in each of the windows that overlap.
import type { Samples } from '../storage.ts';
import { FLOAT } from '../eval/value.ts';
import type { SeriesKernel } from './range-function.ts';
import type { Windows } from './windows.ts';

/** A gap of more than this many average intervals at an edge is no longer extrapolated over. */
const EXTRAPOLATION_THRESHOLD = 1.1;

export interface Kind {
  readonly counter: boolean;
  readonly perSecond: boolean;
}

/** How much of a gap between a window's edge and the sample next to it is extrapolated over. */
export function extrapolatedOver(gap: number, averageInterval: number): number {
  return gap >= averageInterval * EXTRAPOLATION_THRESHOLD ? averageInterval / 2 : gap;
}

/** Seconds by step, of windows with two samples or more: between the first and the last one, and how far to extrapolate to both sides. */
class Stretches {
  readonly sampled: Float64Array;
  readonly toStart: Float64Array;
  readonly toEnd: Float64Array;
  readonly #windows: Windows;
  #version = 0;

  constructor(windows: Windows) {
    this.#windows = windows;
    this.sampled = new Float64Array(windows.from.length);
    this.toStart = new Float64Array(windows.from.length);
    this.toEnd = new Float64Array(windows.from.length);
  }

  /** HOT */
  measure(timesMs: Float64Array): void {
    const { from, to, startMs, endMs, version } = this.#windows;
    if (this.#version === version) return;
    this.#version = version;
    for (let step = 0; step < from.length; step++) {
      const intervals = to[step]! - from[step]! - 1;
      if (intervals < 1) continue;
      const firstMs = timesMs[from[step]!]!;
      const lastMs = timesMs[to[step]! - 1]!;
      const sampled = (lastMs - firstMs) / 1000;
      this.sampled[step] = sampled;
      this.toStart[step] = extrapolatedOver((firstMs - startMs[step]!) / 1000, sampled / intervals);
      this.toEnd[step] = extrapolatedOver((endMs[step]! - lastMs) / 1000, sampled / intervals);
    }
  }
}

/** HOT: places at which a series shows a counter reset. */
function resetPlacesOf(values: Float64Array): number[] {
  const places: number[] = [];
  for (let at = 1; at < values.length; at++) if (values[at]! < values[at - 1]!) places.push(at);
  return places;
}

export function seriesRate({ counter, perSecond }: Kind, windows: Windows, rangeMs: number): SeriesKernel {
  const stretches = new Stretches(windows);
  const rangeSeconds = rangeMs / 1000;
  const { from: starts, to: ends } = windows;
  /** HOT */
  return ({ timesMs, values }: Samples, into) => {
    stretches.measure(timesMs);
    const resets = counter ? resetPlacesOf(values) : [];
    let firstReset = 0;
    let steps = 0;
    for (let step = 0; step < starts.length; step++) {
      const from = starts[step]!;
      const to = ends[step]!;
      if (to - from < 2) continue;
      const first = values[from]!;
      let result = values[to - 1]! - first;
      while (firstReset < resets.length && resets[firstReset]! <= from) firstReset++;
      for (let at = firstReset; at < resets.length && resets[at]! < to; at++) result += values[resets[at]! - 1]!;
      const sampled = stretches.sampled[step]!;
      let toStart = stretches.toStart[step]!;
      if (counter && result > 0 && first >= 0) {
        // A counter is not extrapolated to where it would have been below zero.
        const toZero = sampled * (first / result);
        if (toZero < toStart) toStart = toZero;
      }
      const factor = sampled === 0 ? 1 : (sampled + toStart + stretches.toEnd[step]!) / sampled;
      into.values[step] = result * (perSecond ? factor / rangeSeconds : factor);
      into.present[step] = FLOAT;
      steps++;
    }
    return steps;
  };
}
