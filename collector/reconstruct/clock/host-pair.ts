// What all traces together say about the clocks of two hosts: bounds on the offset in time buckets, and the offset that fits them.
// Reference: backends-and-ui.md section 7.4.

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
/** Doubles per bucket: its number, highest lower bound and its time, lowest upper bound and its time. */
const CELLS = 5;

export class HostPair {
  /** Host slots; the offset is what is added to times of `b` to read them on the clock of `a`. */
  readonly a: number;
  readonly b: number;
  /** Edges and traces that gave bounds, as long as the pair is known. */
  edges = 0;
  traces = 0;
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
  readonly #cells: Float64Array;
  readonly #buckets: number;
  readonly #bucketNs: number;
  #hardLow = Number.NEGATIVE_INFINITY;
  #hardHigh = Number.POSITIVE_INFINITY;
  #dirty = false;
  #elsewhere = Number.NEGATIVE_INFINITY;
  #sightings = 0;
  #slope = 0;
  #centreNs = 0;
  #atCentreNs = 0;

  constructor(a: number, b: number, buckets: number, bucketNs: number) {
    this.a = a;
    this.b = b;
    this.#buckets = buckets;
    this.#bucketNs = bucketNs;
    this.#cells = new Float64Array(buckets * CELLS).fill(Number.NEGATIVE_INFINITY);
  }

  /** HOT: one synchronous edge says low <= offset <= high at a time (Unix ns); hard bounds are those of early starts. */
  bound(lowNs: number, highNs: number, hardLowNs: number, hardHighNs: number, timeNs: number): void {
    const bucket = Math.floor(timeNs / this.#bucketNs);
    const at = (((bucket % this.#buckets) + this.#buckets) % this.#buckets) * CELLS;
    const cells = this.#cells;
    if (this.newest !== Number.NEGATIVE_INFINITY && Math.abs(bucket - this.newest) >= this.#buckets && !this.#believes(bucket)) return;
    this.edges++;
    if (hardLowNs > this.#hardLow) this.#hardLow = hardLowNs;
    if (hardHighNs < this.#hardHigh) this.#hardHigh = hardHighNs;
    if (cells[at]! < bucket) {
      cells[at] = bucket;
      cells[at + 1] = Number.NEGATIVE_INFINITY;
      cells[at + 3] = Number.POSITIVE_INFINITY;
      if (bucket > this.newest) this.newest = bucket;
      this.#dirty = true;
    } else if (cells[at]! > bucket) return;
    if (lowNs > cells[at + 1]!) {
      cells[at + 1] = lowNs;
      cells[at + 2] = timeNs;
      this.#dirty = true;
    }
    if (highNs < cells[at + 3]!) {
      cells[at + 3] = highNs;
      cells[at + 4] = timeNs;
      this.#dirty = true;
    }
  }

  /** Whether a bound outside the window moves it; what was known is then forgotten when the move is backward or far. */
  #believes(bucket: number): boolean {
    if (bucket > this.newest && (bucket - this.newest) * this.#bucketNs <= BELIEVED_AHEAD_NS) return true;
    if (Math.abs(bucket - this.#elsewhere) >= this.#buckets) this.#sightings = 0;
    this.#elsewhere = bucket;
    if (++this.#sightings < SIGHTINGS) return false;
    this.#sightings = 0;
    this.#cells.fill(Number.NEGATIVE_INFINITY);
    this.#hardLow = Number.NEGATIVE_INFINITY;
    this.#hardHigh = Number.POSITIVE_INFINITY;
    this.newest = Number.NEGATIVE_INFINITY;
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
    const cells = this.#cells;
    const oldest = this.newest - this.#buckets;
    for (let at = 0; at < cells.length; at += CELLS) {
      if (cells[at]! <= oldest) continue;
      if (cells[at + 1]! > low) low = cells[at + 1]!;
      if (cells[at + 3]! < high) high = cells[at + 3]!;
    }
    this.lowNs = low;
    this.highNs = high;
    this.offsetNs = 0;
    this.errorNs = 0;
    this.hard = this.#hardLow > 0 || this.#hardHigh < 0;
    if (low > high) {
      this.fit = this.edges >= MIN_DRIFT_EDGES && this.#fitLine(oldest) ? FIT_DRIFT : FIT_INFEASIBLE;
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
  #fitLine(oldest: number): boolean {
    let from = Number.POSITIVE_INFINITY;
    let to = Number.NEGATIVE_INFINITY;
    const cells = this.#cells;
    for (let at = 0; at < cells.length; at += CELLS) {
      if (cells[at]! <= oldest) continue;
      if (cells[at]! < from) from = cells[at]!;
      if (cells[at]! > to) to = cells[at]!;
    }
    this.#centreNs = ((from + to + 1) / 2) * this.#bucketNs;
    let left = -MAX_DRIFT;
    let right = MAX_DRIFT;
    for (let step = 0; step < SLOPE_STEPS; step++) {
      const third = (right - left) / 3;
      if (this.#band(left + third, oldest) < this.#band(right - third, oldest)) left += third;
      else right -= third;
    }
    const slope = (left + right) / 2;
    const width = this.#band(slope, oldest);
    if (width < 0 || Math.abs(slope) < MIN_DRIFT) return false;
    this.#slope = slope;
    this.#atCentreNs = this.#bandLow + width / 2;
    this.errorNs = width / 2;
    return true;
  }

  #bandLow = 0;

  /** Width of the band that a slope leaves between the bounds; negative when they cross. */
  #band(slope: number, oldest: number): number {
    const cells = this.#cells;
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    for (let at = 0; at < cells.length; at += CELLS) {
      if (cells[at]! <= oldest) continue;
      if (cells[at + 1]! !== Number.NEGATIVE_INFINITY) low = Math.max(low, cells[at + 1]! - slope * (cells[at + 2]! - this.#centreNs));
      if (cells[at + 3]! !== Number.POSITIVE_INFINITY) high = Math.min(high, cells[at + 3]! - slope * (cells[at + 4]! - this.#centreNs));
    }
    this.#bandLow = low;
    return high - low;
  }
}
