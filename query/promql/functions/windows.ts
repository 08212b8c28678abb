// Which samples of a series each step's window holds. Series that were scraped together have the same times, so that this is found once for all of them.
import type { Grid } from '../eval/context.ts';
import { sameMemory } from '../eval/same-memory.ts';
import type { RangeValue } from '../eval/value.ts';

/** How many samples windows hold, as Prometheus counts them: histograms by size. */
export interface WindowSizes {
  readonly largest: number;
  readonly last: number;
  /** Of all windows together. */
  readonly total: number;
  /** The same, each sample once. */
  readonly different: number;
}

export class Windows implements WindowSizes {
  /** By step: the first sample of the window, and one past the last. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** By step: windows are (startMs, endMs]; those of anchored and smoothed selectors hold samples beyond. */
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
  largest = 0;
  last = 0;
  total = 0;
  different = 0;
  /** Changes whenever the windows are others. */
  version = 0;
  readonly #beyondMs: readonly [left: number, right: number];
  #timesMs: Float64Array = new Float64Array();

  constructor({ steps }: Grid, range: RangeValue) {
    this.from = new Uint32Array(steps);
    this.to = new Uint32Array(steps);
    this.endMs = Float64Array.from({ length: steps }, (_, step) => range.windowEndMs(step));
    this.startMs = this.endMs.map((endMs) => endMs - range.rangeMs);
    this.#beyondMs = range.beyondMs ?? [0, 0];
  }

  /** HOT: finds the windows over samples at these times. */
  moveTo(timesMs: Float64Array): void {
    if (this.version > 0 && sameMemory(timesMs, this.#timesMs)) return;
    this.#timesMs = timesMs;
    this.version++;
    const [left, right] = this.#beyondMs;
    const samples = timesMs.length;
    let [from, to, largest, total, different] = [0, 0, 0, 0, 0];
    for (let step = 0; step < this.from.length; step++) {
      const firstMs = this.startMs[step]! - left;
      const lastMs = this.endMs[step]! + right;
      const known = to;
      while (to < samples && timesMs[to]! <= lastMs) to++;
      while (from < to && timesMs[from]! <= firstMs) from++;
      this.from[step] = from;
      this.to[step] = to;
      if (to - from > largest) largest = to - from;
      total += to - from;
      different += to - Math.max(from, known);
    }
    this.largest = largest;
    this.last = to - from;
    this.total = total;
    this.different = different;
  }
}

/** Of windows over samples of different sizes. @param before sizes of all samples before each place */
export function windowSizes({ from, to }: Windows, before: Float64Array): WindowSizes {
  let [largest, last, total, different, known] = [0, 0, 0, 0, 0];
  for (let step = 0; step < from.length; step++) {
    const end = before[to[step]!]!;
    last = end - before[from[step]!]!;
    if (last > largest) largest = last;
    total += last;
    different += end - before[Math.max(from[step]!, known)]!;
    known = to[step]!;
  }
  return { largest, last, total, different };
}
