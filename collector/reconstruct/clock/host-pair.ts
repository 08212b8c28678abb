// What all traces together say about the clocks of two hosts: bounds on the offset in time buckets, and the offset that fits them.
// Every call bounds the offset: the server's span cannot begin before the client's, nor end after it.
import type { PairCells } from './pair-cells.ts';

/** The offset is unknown: no bounds yet. */
export const FIT_NONE = 0;
/** No correction: 0 lies within the bounds. */
export const FIT_ZERO = 1;
/** One offset lies within all bounds. */
export const FIT_CONSTANT = 2;
/** No one offset does, but one that drifts evenly. */
export const FIT_DRIFT = 3;
/** Neither does. */
export const FIT_INFEASIBLE = 4;

/** Drift of a clock against another that is believed: two bad crystals (50 ppm each, either way), and some room. */
const MAX_DRIFT = 150e-6;
/** Less drift than this over the window is no drift but bounds that contradict each other by a little. */
const MIN_DRIFT = 0.5e-6;
/** Edges that must have told of the pair before drift is believed: a line through few points always fits. */
const MIN_DRIFT_EDGES = 24;
/** Halvings when the best slope is searched: 200 ppm / 1.5^40 is far below what a window can show. */
const SLOPE_STEPS = 40;
/** A bound this far ahead of all others is believed at once; farther, or behind the window, only when this many agree: one clock set wrong must not wipe the window. */
const BELIEVED_AHEAD_NS = 86_400e9;
const SIGHTINGS = 8;
/** Doubles per bucket: highest lower bound and its time, lowest upper bound and its time. */
export const CELLS = 4;

/** What another clock knows of a pair. */
export interface PairBounds {
  readonly newest: number;
  readonly hardLowNs: number;
  readonly hardHighNs: number;
  /** That are new. */
  readonly edges: number;
  readonly traces: number;
  /** As {@link HostPair.cells}, of as many buckets. */
  readonly cells: Float64Array;
}

export class HostPair {
  /** Host slots; the offset is what is added to times of `b` to read them on the clock of `a`. */
  readonly a: number;
  readonly b: number;
  /** Edges and traces that gave bounds, as long as the pair is known. */
  edges = 0;
  traces = 0;
  /** Traces when the pair was last looked at, and when they had last become more, collector clock, ms. */
  seenTraces = 0;
  activeMs = 0;
  /** What {@link estimate} found: a FIT number, the offset at the time asked for, its half width, the bounds that gave it. */
  fit = FIT_NONE;
  offsetNs = 0;
  errorNs = 0;
  lowNs = 0;
  highNs = 0;
  /** Early starts alone ask for this offset: 0 lies outside the hard bounds. */
  hard = false;
  /** Newest bucket seen. */
  newest = Number.NEGATIVE_INFINITY;
  readonly cells: PairCells;
  readonly #buckets: number;
  readonly #bucketNs: number;
  /** Bounds by early starts alone. */
  hardLowNs = Number.NEGATIVE_INFINITY;
  hardHighNs = Number.POSITIVE_INFINITY;
  /** Edges and traces when they were last reported. */
  #reportedEdges = 0;
  #reportedTraces = 0;
  #dirty = false;
  #elsewhere = Number.NEGATIVE_INFINITY;
  #sightings = 0;
  #slope = 0;
  #centreNs = 0;
  #atCentreNs = 0;

  /** @param cells room for {@link CELLS} doubles per bucket */
  constructor(
    a: number,
    b: number,
    buckets: number,
    bucketNs: number,
    cells: PairCells = { chunk: new Float64Array(buckets * CELLS), base: 0 },
  ) {
    this.a = a;
    this.b = b;
    this.#buckets = buckets;
    this.#bucketNs = bucketNs;
    this.cells = cells;
    this.#clear(0, buckets);
  }

  /** HOT: one synchronous edge says low <= offset <= high at a time (Unix ns); hard bounds are those of early starts. */
  bound(lowNs: number, highNs: number, hardLowNs: number, hardHighNs: number, timeNs: number): void {
    const bucket = Math.floor(timeNs / this.#bucketNs);
    const { chunk } = this.cells;
    if (
      this.newest !== Number.NEGATIVE_INFINITY &&
      Math.abs(bucket - this.newest) >= this.#buckets &&
      !this.#believes(bucket)
    )
      return;
    this.edges++;
    if (hardLowNs > this.hardLowNs) this.hardLowNs = hardLowNs;
    if (hardHighNs < this.hardHighNs) this.hardHighNs = hardHighNs;
    if (bucket > this.newest) this.#advance(bucket);
    const at = this.cells.base + this.#slot(bucket) * CELLS;
    if (lowNs > chunk[at]!) {
      chunk[at] = lowNs;
      chunk[at + 1] = timeNs;
      this.#dirty = true;
    }
    if (highNs < chunk[at + 2]!) {
      chunk[at + 2] = highNs;
      chunk[at + 3] = timeNs;
      this.#dirty = true;
    }
  }

  /** Whether a trace has shown the pair since the last {@link report}. */
  get isChanged(): boolean {
    return this.traces !== this.#reportedTraces;
  }

  /** Edges and traces since the last call. */
  report(): { readonly edges: number; readonly traces: number } {
    const more = { edges: this.edges - this.#reportedEdges, traces: this.traces - this.#reportedTraces };
    this.#reportedEdges = this.edges;
    this.#reportedTraces = this.traces;
    return more;
  }

  /** Takes in what another clock knows, which is not reported again. Its window replaces this one where they do not meet. */
  merge({ newest, hardLowNs, hardHighNs, edges, traces, cells }: PairBounds): void {
    if (Math.abs(newest - this.newest) >= this.#buckets) this.#forget();
    if (newest > this.newest) this.#advance(newest);
    const { chunk, base } = this.cells;
    for (let bucket = Math.max(newest, this.newest) - this.#buckets + 1; bucket <= newest; bucket++) {
      const from = this.#slot(bucket) * CELLS;
      const at = base + from;
      if (cells[from]! > chunk[at]!) {
        chunk[at] = cells[from]!;
        chunk[at + 1] = cells[from + 1]!;
      }
      if (cells[from + 2]! < chunk[at + 2]!) {
        chunk[at + 2] = cells[from + 2]!;
        chunk[at + 3] = cells[from + 3]!;
      }
    }
    this.hardLowNs = Math.max(this.hardLowNs, hardLowNs);
    this.hardHighNs = Math.min(this.hardHighNs, hardHighNs);
    this.edges += edges;
    this.traces += traces;
    this.#reportedEdges += edges;
    this.#reportedTraces += traces;
    this.#dirty = true;
  }

  #forget(): void {
    this.#clear(0, this.#buckets);
    this.hardLowNs = Number.NEGATIVE_INFINITY;
    this.hardHighNs = Number.POSITIVE_INFINITY;
    this.newest = Number.NEGATIVE_INFINITY;
  }

  #slot(bucket: number): number {
    return ((bucket % this.#buckets) + this.#buckets) % this.#buckets;
  }

  /** The window moves on: the buckets that it leaves are used anew. */
  #advance(bucket: number): void {
    if (bucket - this.newest >= this.#buckets) this.#clear(0, this.#buckets);
    else for (let next = this.newest + 1; next <= bucket; next++) this.#clear(this.#slot(next), this.#slot(next) + 1);
    this.newest = bucket;
    this.#dirty = true;
  }

  #clear(from: number, to: number): void {
    const { chunk, base } = this.cells;
    for (let at = base + from * CELLS; at < base + to * CELLS; at += CELLS) {
      chunk[at] = Number.NEGATIVE_INFINITY;
      chunk[at + 2] = Number.POSITIVE_INFINITY;
    }
  }

  /** Whether a bound outside the window moves it; what was known is then forgotten when the move is backward or far. */
  #believes(bucket: number): boolean {
    if (bucket > this.newest && (bucket - this.newest) * this.#bucketNs <= BELIEVED_AHEAD_NS) return true;
    if (Math.abs(bucket - this.#elsewhere) >= this.#buckets) this.#sightings = 0;
    this.#elsewhere = bucket;
    if (++this.#sightings < SIGHTINGS) return false;
    this.#sightings = 0;
    this.#forget();
    return true;
  }

  /** Sets {@link fit} and the figures beside it for a moment (Unix ns). */
  estimate(timeNs: number): void {
    if (this.#dirty) this.#refit();
    if (this.fit !== FIT_DRIFT) return;
    // A drift is no prophecy: outside the window its ends hold.
    const half = (this.#buckets / 2) * this.#bucketNs;
    const distance = Math.min(half, Math.max(-half, timeNs - this.#centreNs));
    this.offsetNs = this.#atCentreNs + this.#slope * distance;
  }

  #refit(): void {
    this.#dirty = false;
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    const { chunk, base } = this.cells;
    const end = base + this.#buckets * CELLS;
    for (let at = base; at < end; at += CELLS) {
      if (chunk[at]! > low) low = chunk[at]!;
      if (chunk[at + 2]! < high) high = chunk[at + 2]!;
    }
    this.lowNs = low;
    this.highNs = high;
    this.offsetNs = 0;
    this.errorNs = 0;
    this.hard = this.hardLowNs > 0 || this.hardHighNs < 0;
    if (low > high) {
      this.fit = this.edges >= MIN_DRIFT_EDGES && this.#fitLine() ? FIT_DRIFT : FIT_INFEASIBLE;
    } else if (low === Number.NEGATIVE_INFINITY || high === Number.POSITIVE_INFINITY) {
      this.fit = FIT_NONE;
    } else if (low <= 0 && high >= 0) {
      this.fit = FIT_ZERO;
      this.errorNs = Math.max(-low, high);
    } else {
      this.fit = FIT_CONSTANT;
      // Half a nanosecond goes away from 0, so that the result is the same seen from either host.
      this.offsetNs = Math.sign(low) * Math.round(Math.abs(low + high) / 2);
      this.errorNs = (high - low) / 2;
    }
  }

  /** The slope whose band between the bounds is widest; false when no believable slope leaves a band. */
  #fitLine(): boolean {
    let from = Number.POSITIVE_INFINITY;
    let to = Number.NEGATIVE_INFINITY;
    const { chunk, base } = this.cells;
    for (let bucket = this.newest - this.#buckets + 1; bucket <= this.newest; bucket++) {
      const at = base + this.#slot(bucket) * CELLS;
      if (chunk[at] === Number.NEGATIVE_INFINITY && chunk[at + 2] === Number.POSITIVE_INFINITY) continue;
      if (bucket < from) from = bucket;
      if (bucket > to) to = bucket;
    }
    this.#centreNs = ((from + to + 1) / 2) * this.#bucketNs;
    let left = -MAX_DRIFT;
    let right = MAX_DRIFT;
    for (let step = 0; step < SLOPE_STEPS; step++) {
      const third = (right - left) / 3;
      if (this.#band(left + third) < this.#band(right - third)) left += third;
      else right -= third;
    }
    const slope = (left + right) / 2;
    const width = this.#band(slope);
    if (width < 0 || Math.abs(slope) < MIN_DRIFT) return false;
    this.#slope = slope;
    this.#atCentreNs = this.#bandLow + width / 2;
    this.errorNs = width / 2;
    return true;
  }

  #bandLow = 0;

  /** Width of the band that a slope leaves between the bounds; negative when they cross. */
  #band(slope: number): number {
    const { chunk, base } = this.cells;
    const end = base + this.#buckets * CELLS;
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    for (let at = base; at < end; at += CELLS) {
      if (chunk[at]! !== Number.NEGATIVE_INFINITY)
        low = Math.max(low, chunk[at]! - slope * (chunk[at + 1]! - this.#centreNs));
      if (chunk[at + 2]! !== Number.POSITIVE_INFINITY)
        high = Math.min(high, chunk[at + 2]! - slope * (chunk[at + 3]! - this.#centreNs));
    }
    this.#bandLow = low;
    return high - low;
  }
}
